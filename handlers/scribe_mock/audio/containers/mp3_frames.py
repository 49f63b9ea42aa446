"""Headers of MP3 frames, and where frames begin in other bytes (ISO/IEC 11172-3, 2.4.1.3)."""

import re
from dataclasses import dataclass
from itertools import islice

_BITRATES_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)
# The sync and layer III, and a bit rate that exists; places with these bytes that are tried.
_HEADER, _MOST_TRIED = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb](?=[\x10-\xef])"), 1000
# So many frames in a row are not there by chance.
_CHAIN = 3


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The fields of an MP3 frame's first four bytes."""

    version: int  # 1, 2, or 25 for MPEG 2.5
    bitrate: int
    rate: int
    channels: int
    protected: bool
    size: int

    @property
    def samples(self) -> int:
        """Samples of each channel in one frame."""
        return 1152 if self.version == 1 else 576

    @property
    def side_info(self) -> int:
        """Bytes of side information."""
        if self.version == 1:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17

    @property
    def main_data_at(self) -> int:
        """Offset of the main data from the start of the frame."""
        return 4 + 2 * self.protected + self.side_info


def parse_header(head: bytes) -> FrameHeader | None:
    """Return the header of a layer III frame, or None where there is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] & 6 != 2:
        return None
    version = {0: 25, 2: 2, 3: 1}.get(head[1] >> 3 & 3)
    bitrate_index, rate_index = head[2] >> 4, head[2] >> 2 & 3
    if version is None or bitrate_index in (0, 15) or rate_index == 3:
        return None
    rate = _RATES[rate_index] // {1: 1, 2: 2, 25: 4}[version]
    bitrate = (_BITRATES_V1 if version == 1 else _BITRATES_V2)[bitrate_index]
    size = (144 if version == 1 else 72) * bitrate * 1000 // rate + (head[2] >> 1 & 1)
    channels = 1 if head[3] >> 6 == 3 else 2
    return FrameHeader(version, bitrate, rate, channels, not head[1] & 1, size)


def frame_ends(data: bytes, at: int) -> int:
    """Return where an MP3 frame ends that begins at an offset, or 0 if none begins there."""
    header = parse_header(data[at : at + 4])
    return at + header.size if header else 0


def is_chain(data: bytes, at: int) -> bool:
    """Return whether several frames of one kind follow each other, or fill the rest of the data."""
    first = parse_header(data[at : at + 4])
    header = first
    for _ in range(_CHAIN - 1):
        if header is None or first is None:
            return False
        at += header.size
        if at + 4 > len(data):
            return True
        header = parse_header(data[at : at + 4])
        if header and (header.version, header.rate) != (first.version, first.rate):
            return False
    return header is not None


def find_frames(data: bytes, begin: int, end: int) -> int:
    """Return the first offset at which MP3 frames follow each other, or -1.

    At most a thousand places that look like a header are tried: hostile bytes can have thousands.

    Args:
        data: the bytes.
        begin: where the search begins.
        end: where it ends.
    """
    for found in islice(_HEADER.finditer(data, begin, min(end + 3, len(data))), _MOST_TRIED):
        at = found.start()
        if at + 4 < len(data) and frame_ends(data, at) + 4 <= len(data) and is_chain(data, at):
            return at
    return -1
