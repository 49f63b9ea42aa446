"""Reads the pages of Ogg files (RFC 3533), also behind damaged and foreign bytes."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
CONTINUED, FIRST, LAST = 1, 2, 4
_MAGIC = b"OggS"
_HEAD = struct.Struct("<4sBBqIIIB")
# How often the next whole page is looked for: each costs a checksum of up to 65 kB.
_MOST_SEARCHES = 1000


def checksum(page: bytes) -> int:
    """Return the CRC of a page whose checksum field is zero.

    Ogg's CRC is zlib's with all bits in reverse order, and without its inversions.
    """
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)


@dataclass
class Page:
    """One page; `size` is the number of its bytes."""

    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: bytes
    size: int


@dataclass
class Mark:
    """What was known of a stream where a page ended.

    Args:
        packets: the packets that are complete.
        granule: the page's granule position.
        follows: whether the page's number is the one after that of the page before it.
    """

    packets: int
    granule: int
    follows: bool


@dataclass
class Stream:
    """The packets of one logical stream, and the granule positions that came with them."""

    serial: int
    packets: list[bytes] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    pages: int = 0
    ended: bool = False
    _partial: list[bytes] = field(default_factory=list)
    _last_sequence: int = -1
    _follows: bool = True

    def add(self, page: Page) -> None:
        """Add a page, the packets that end on it and the beginning of one that goes on."""
        follows = page.sequence == self._last_sequence + 1 or not self.pages
        self._last_sequence = page.sequence
        self._follows = self._follows and follows
        self.pages += 1
        lacing, position = page.lacing, 0
        if not page.flags & CONTINUED or not follows:
            self._partial.clear()
        if page.flags & CONTINUED and not self._partial:
            lacing, position = _without_rest(lacing)
        before = len(self.packets)
        for size in lacing:
            self._partial.append(page.body[position : position + size])
            position += size
            if size < 255:
                self.packets.append(b"".join(self._partial))
                self._partial.clear()
        if page.granule >= 0 and len(self.packets) > before:
            self.marks.append(Mark(len(self.packets), page.granule, self._follows))
            self._follows = True
        self.ended = self.ended or bool(page.flags & LAST)


def _without_rest(lacing: bytes) -> tuple[bytes, int]:
    """Return a page's segments without the end of a packet that began before, and its size."""
    count = next((index + 1 for index, size in enumerate(lacing) if size < 255), len(lacing))
    return lacing[count:], sum(lacing[:count])


class Pages:
    """Iterates over the whole pages of a file.

    Attributes:
        skipped: bytes that are no whole page: where they begin, and how many they are.
        missing: bytes that the last page lacks.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.skipped: list[tuple[int, int]] = []
        self.missing = 0
        self._searches = 0

    def __iter__(self) -> Iterator[Page]:
        position, end = 0, len(self._data)
        while position < end:
            page = self._page(position)
            if page is None:
                position = self._search(position)
            else:
                yield page
                position += page.size

    def _page(self, position: int) -> Page | None:
        """Return the page that begins there if it is whole."""
        data = self._data
        head = data[position : position + _HEAD.size]
        if len(head) < _HEAD.size or not head.startswith(_MAGIC):
            return None
        _, version, flags, granule, serial, sequence, crc, segments = _HEAD.unpack(head)
        body = position + _HEAD.size + segments
        lacing = data[position + _HEAD.size : body]
        end = body + sum(lacing)
        page = data[position:end]
        if version or len(lacing) < segments or end > len(data):
            return None
        if checksum(page[:22] + bytes(4) + page[26:]) != crc:
            return None
        return Page(flags, granule, serial, sequence, lacing, data[body:end], end - position)

    def _search(self, position: int) -> int:
        """Skip what is no page; return where the next one begins, or the end of the file."""
        data = self._data
        at = data.find(_MAGIC, position + 1)
        while at >= 0 and self._searches < _MOST_SEARCHES and self._page(at) is None:
            self._searches += 1
            at = data.find(_MAGIC, at + 1)
        if at < 0 or self._searches >= _MOST_SEARCHES:
            at = len(data)
            self.missing = self._lacking(position)
        if not self.missing:
            self.skipped.append((position, at - position))
        return at

    def _lacking(self, position: int) -> int:
        """Return how many bytes a page lacks at which the file ends."""
        data = self._data
        if not data.startswith(_MAGIC, position):
            return 0
        head = data[position : position + _HEAD.size].ljust(_HEAD.size, b"\0")
        body = position + _HEAD.size + head[-1]
        end = body + sum(data[position + _HEAD.size : body])
        return max(0, end - len(data), _HEAD.size - (len(data) - position))
