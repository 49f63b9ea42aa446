"""A chunk cut out of a recording."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordingChunk:
    """One chunk of a recording: a complete file, and its true place in the recording in seconds."""

    data: bytes
    start_s: float
    end_s: float
    duration_s: float
    speech: bool
