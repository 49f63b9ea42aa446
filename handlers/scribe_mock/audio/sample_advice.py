"""What to say of a stream by what its bytes are (see `sample_formats`)."""

from collections.abc import Mapping

from scribe_mock.audio.not_pcm import NotPcm
from scribe_mock.audio.sample_formats import SampleFormat, SampleFormats

_DECODE = "decode it to 16-bit PCM first"
_ADVICE: Mapping[SampleFormat, NotPcm] = {
    SampleFormat.FLOAT: NotPcm(
        "floating point samples", "multiply by 32767 and send them as Int16Array"
    ),
    SampleFormat.BIG_ENDIAN: NotPcm(
        "big-endian samples", "send the low byte first, as setInt16(at, value, true)"
    ),
    SampleFormat.BITS_32: NotPcm(
        "32-bit samples, or stereo with a silent side", "send 16 bits a sample, one channel"
    ),
    SampleFormat.BITS_24: NotPcm("24-bit samples", "send the upper 16 bits of each"),
    SampleFormat.MU_LAW: NotPcm("8-bit mu-law, as telephony has it", _DECODE),
    SampleFormat.A_LAW: NotPcm("8-bit A-law, as telephony has it", _DECODE),
    SampleFormat.BITS_8: NotPcm("8-bit samples", "send 16 bits a sample"),
    SampleFormat.TEXT: NotPcm(
        "text, perhaps base64", "send bytes in binary frames; encode payload once"
    ),
    SampleFormat.MP3: NotPcm("MP3", _DECODE),
    SampleFormat.COMPRESSED: NotPcm("compressed audio, or noise at full scale", _DECODE),
}


class SampleAdvice:
    """Judges a stream of bytes, and says what to do when it is not 16-bit PCM."""

    def __init__(self) -> None:
        self._formats = SampleFormats()

    def push(self, data: bytes) -> NotPcm | None:
        """Add bytes; returns what they are when it is known that they are no PCM."""
        return _advice(self._formats.push(data))

    def flush(self) -> NotPcm | None:
        """Return what a stream is that has ended, if it was too short to tell before."""
        return _advice(self._formats.flush())


def _advice(found: SampleFormat | None) -> NotPcm | None:
    return None if found is None else _ADVICE[found]
