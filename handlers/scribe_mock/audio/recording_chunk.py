"""A chunk cut out of a recording."""

from dataclasses import dataclass

from scribe_mock.sessions.diagnosis import AudioFinding


@dataclass(frozen=True)
class RecordingChunk:
    """One chunk of a recording.

    Args:
        data: a complete file.
        start_s: where it begins in the recording, in seconds.
        end_s: where it ends, in seconds.
        duration_s: its length in seconds.
        speech: whether it has speech.
        recording_s: the length of the recording in seconds.
        findings: what is wrong with the recording there, and can't be seen in the chunk.
    """

    data: bytes
    start_s: float
    end_s: float
    duration_s: float
    speech: bool
    recording_s: float
    findings: tuple[AudioFinding, ...] = ()
