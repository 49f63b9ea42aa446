"""The result of examining audio, as plain data."""

from dataclasses import dataclass
from functools import cached_property

#: The code of the finding about chunks that a client made too long.
TOO_LONG = "longer_than_20_s"


@dataclass(frozen=True)
class AudioFinding:
    """One thing that is wrong: a code, a sentence, what to do, and whether it is serious."""

    code: str
    message: str
    advice: str
    serious: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """What is known of one chunk.

    Args:
        container: `webm`, `wav`, `ogg`, `mp4`, `mp3`, another name of what was found, or None.
        codec: name of the codec, or None.
        rate: samples per second, or None.
        channels: number of channels, or None.
        duration_s: length in seconds, or None.
        loudness_dbfs: mean power of the speech, or else of the loudest fifth of a second, in the
            loudest channel against full scale, or None.
        peak_dbfs: loudest sample against full scale, or None.
        speech_share: share of the time in which somebody speaks, 0 to 1, or None.
        speech_regions: begin and end of each stretch of speech, in seconds.
        findings: what is wrong.
    """

    container: str | None = None
    codec: str | None = None
    rate: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    loudness_dbfs: float | None = None
    peak_dbfs: float | None = None
    speech_share: float | None = None
    speech_regions: tuple[tuple[float, float], ...] = ()
    findings: tuple[AudioFinding, ...] = ()

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings."""
        return tuple(finding.code for finding in self.findings)

    @property
    def serious(self) -> bool:
        """Whether one of the findings is serious."""
        return any(finding.serious for finding in self.findings)
