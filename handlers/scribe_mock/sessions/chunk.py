"""One stored chunk of a session's audio, without its bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from scribe_mock.sessions.diagnosis import TOO_LONG, AudioFinding, Diagnosis


@dataclass(slots=True)
class Chunk:
    """What a session knows of one stored chunk; the store has the bytes.

    `start_s` and `end_s` are the chunk's place in the recording that it was cut from, in seconds,
    and `speech` whether it has speech; None for a chunk that was uploaded as it is. `diagnosis` is
    None until the chunk was examined. `recording_findings` are about the recording that it was cut
    from, and cannot be seen in the chunk. `recording_s` is how long that lasts; None for a stream,
    which may go on. `replaced` counts earlier uploads of the same number. `sha256` is the digest of
    its bytes, in hex; None until somebody asked for it.
    """

    sequence: int
    extension: str
    original_filename: str
    content_type: str
    size: int
    received_at: float
    start_s: float | None = None
    end_s: float | None = None
    duration_s: float | None = None
    speech: bool | None = None
    diagnosis: Diagnosis | None = None
    recording_findings: tuple[AudioFinding, ...] = ()
    recording_s: float | None = None
    replaced: int = 0
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The stored name, made of the sequence number and the extension alone."""
        return f"{self.sequence}.{self.extension}"

    @property
    def is_cut(self) -> bool:
        """Whether the server cut it from a recording, and gave it its number."""
        return self.start_s is not None

    @property
    def is_silent(self) -> bool:
        """Whether it was examined, and nothing was heard."""
        return self.diagnosis is not None and "silent" in self.diagnosis.codes

    @property
    def findings(self) -> Sequence[AudioFinding]:
        """What is wrong with the chunk alone, and with the recording that it was cut from."""
        if self.diagnosis is None:
            return self.recording_findings
        examined = self.diagnosis.findings
        if self.is_cut:  # no client can make it shorter
            examined = tuple(finding for finding in examined if finding.code != TOO_LONG)
        return (*self.recording_findings, *examined)
