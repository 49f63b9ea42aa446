"""The frames of an MP3: how long they are and where the sound is, seen without a decoder."""

from collections.abc import Iterator
from dataclasses import dataclass

#: Bits 4 and 3 of the second byte → samples a second; MPEG 2.5, 2 and 1 (ISO/IEC 13818-3, 2.4.2.3).
_RATES = {0: (11025, 12000, 8000), 2: (22050, 24000, 16000), 3: (44100, 48000, 32000)}
#: Kilobits a second by the first four bits of the third byte.
_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


@dataclass(frozen=True, slots=True)
class Mp3Frame:
    """One frame.

    Args:
        size: Its length in bytes.
        seconds: How long it lasts.
        sound_bits: How many of its bits describe sound; silence needs next to none.
    """

    size: int
    seconds: float
    sound_bits: int


def mp3_frames(data: bytes) -> Iterator[Mp3Frame]:
    """All frames of an MP3, with or without an ID3 tag before them.

    Args:
        data: The file; of anything else there are no frames, or few.
    """
    place = _tag_size(data)
    while 0 <= (place := data.find(b"\xff", place)) <= len(data) - 4:
        frame = _frame(data, place)
        if frame is not None:
            yield frame
        place += frame.size if frame else 1


def _tag_size(data: bytes) -> int:
    """The bytes of an ID3v2 tag at the start; its length has seven bits in each byte."""
    if not data.startswith(b"ID3"):
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


def _frame(data: bytes, place: int) -> Mp3Frame | None:
    _, second, third, fourth = data[place : place + 4]
    rates = _RATES.get(second >> 3 & 3)
    layer_3 = second >> 5 == 7 and second >> 1 & 3 == 1
    bit_rate, rate = third >> 4, third >> 2 & 3
    if not layer_3 or rates is None or bit_rate in (0, 15) or rate == 3:
        return None
    mpeg_1 = second >> 3 & 3 == 3
    samples = 1152 if mpeg_1 else 576
    bits = (_MPEG_1 if mpeg_1 else _MPEG_2)[bit_rate] * 1000
    size = samples // 8 * bits // rates[rate] + (third >> 1 & 1)
    side = place + 4 + (0 if second & 1 else 2)
    sound = _sound_bits(data[side : side + 32], mpeg_1=mpeg_1, mono=fourth >> 6 == 3)
    return Mp3Frame(size, samples / rates[rate], sound)


def _sound_bits(side: bytes, *, mpeg_1: bool, mono: bool) -> int:
    """The sum of `part2_3_length` in the side information (ISO/IEC 11172-3, 2.4.1.7)."""
    if mpeg_1:
        place, parts, length = (18, 2, 59) if mono else (20, 4, 59)
    else:
        place, parts, length = (9, 1, 63) if mono else (10, 2, 63)
    bits = int.from_bytes(side.ljust(32, b"\0"))
    starts = (place + part * length for part in range(parts))
    return sum(bits >> 256 - 12 - start & 0xFFF for start in starts)
