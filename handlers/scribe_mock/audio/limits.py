"""The limits on one upload, and on decoding one recording."""

import time
from dataclasses import dataclass, field

from scribe_mock.audio.audio_errors import TooLongAudio, TooMuchWork

#: The most bytes of one upload, chunked or single.
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
#: The most bytes of what was spoken, to compare it with what arrived. A single upload is an hour of
#: Opus; what was spoken is often at hand as WAV, of which an hour at 16 kHz, mono, has 115 MB.
MAX_REFERENCE_BYTES = 128 * 1024 * 1024
#: The recommended longest chunk, in seconds, as in discovery.
MAX_CHUNK_SECONDS = 20
#: Recordings of so many bytes are long: they have the lowest priority, and short ones pass them.
LONG_BYTES = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds on one recording.

    Args:
        max_seconds: longest decoded duration, in seconds.
        max_work_seconds: most processor time spent on it, in seconds.
        max_wait_seconds: most real time until it is decoded, with its wait for others, in seconds.
    """

    max_seconds: float = 4 * 3600.0
    max_work_seconds: float = 60.0
    max_wait_seconds: float = 300.0


@dataclass
class Budget:
    """Checks the limits while one recording is processed.

    It counts the processor time of this thread, not real time, so that a busy machine refuses no
    good audio.

    Args:
        limits: the limits.
        started: processor time at which the work began, in seconds.
    """

    limits: Limits
    started: float = field(default_factory=time.thread_time)

    def check_work(self) -> None:
        """Raise TooMuchWork once the processor time is used up."""
        if time.thread_time() - self.started > self.limits.max_work_seconds:
            raise TooMuchWork(
                f"a recording that needs more than {self.limits.max_work_seconds:g} s to decode",
                "audio that can be decoded in less time",
            )

    def check_seconds(self, seconds: float) -> None:
        """Raise TooLongAudio if a recording of that many seconds is too long."""
        if seconds > self.limits.max_seconds:
            raise TooLongAudio(
                f"a recording that lasts, or claims to last, {describe_seconds(seconds)}",
                f"at most {describe_seconds(self.limits.max_seconds)}",
            )


def describe_seconds(seconds: float) -> str:
    """Return a duration as text, such as `2.5 h` or `12 s`."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 120:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.3g} s"
