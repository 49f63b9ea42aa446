"""Finds the boxes of an MP4 file, also behind missing and foreign bytes."""

import re
import struct
from dataclasses import dataclass, field

# The boxes that a file or a fragment consists of; those that contain others with the first one.
_TOP = re.compile(
    rb"moof.{4}mfhd|moov.{4}mvhd|mdat|ftyp|styp|sidx|mfra|emsg|prft|uuid|free|skip|wide|udta|meta",
    re.DOTALL,
)
# How often the next box is looked for.
_MOST_SEARCHES = 500
# The boxes with the times of a fragment are within so many bytes.
_LONGEST_START = 512


@dataclass
class _Top:
    name: bytes
    start: int
    end: int


@dataclass
class Layout:
    """The boxes at the top of a file.

    Attributes:
        skipped: bytes that are no whole box: where they begin, and how many they are.
        missing: bytes that the last box lacks.
    """

    data: bytes
    skipped: list[tuple[int, int]] = field(default_factory=list)
    missing: int = 0
    _boxes: list[_Top] = field(default_factory=list)

    def read(self) -> None:
        """Find all boxes."""
        position, end = 0, len(self.data)
        while end - position >= 8:
            name, stop = self._head(position)
            if not stop or not (self._is_known(position) or self._is_known(stop)):
                position = self._skip(position, position + 1)
            elif stop > end:
                position = self._cut(name, position, stop)
            elif name == b"mdat" and self._is_swallowing(position, stop):
                position = self._skip(position, position + 8)
                if self._boxes and self._boxes[-1].name == b"moof":
                    del self._boxes[-1]  # its samples are not all there
            else:
                self._boxes.append(_Top(name, position, stop))
                position = stop
        if any(self.data[position:]):
            self.skipped.append((position, end - position))

    def _head(self, position: int) -> tuple[bytes, int]:
        """Return a box's name and where it ends, 0 if there is no box."""
        size, name = struct.unpack_from(">I4s", self.data, position)
        if not all(32 <= byte < 127 or byte == 0xA9 for byte in name):
            return name, 0
        if size == 1 and position + 16 <= len(self.data):
            size = struct.unpack_from(">Q", self.data, position + 8)[0]
            return name, position + size if size >= 16 else 0
        if size == 0 and name == b"mdat":
            return name, len(self.data)
        return name, position + size if size >= 8 else 0

    def _is_known(self, position: int) -> bool:
        return position == len(self.data) or bool(_TOP.match(self.data, position + 4))

    def _is_swallowing(self, position: int, stop: int) -> bool:
        """Return whether the next fragment begins within some sound: a part of it is missing."""
        if self._is_known(stop):
            return False
        found = self._next(position + 8)
        return found is not None and (found < stop or self._is_time_lost(found))

    def _is_time_lost(self, following: int) -> bool:
        """Return whether the next fragment begins much later than the last one should end."""
        last = [box.start for box in self._boxes if box.name == b"moof"][-2:]
        times = [self._time(at) for at in (*last, following)]
        if len(times) < 3 or None in times:
            return False
        before, here, after = (time or 0 for time in times)
        return after - here > 1.5 * (here - before)

    def _time(self, moof: int) -> int | None:
        """Return the decode time of a fragment (ISO/IEC 14496-12, 8.8.12)."""
        at = self.data.find(b"tfdt", moof, moof + _LONGEST_START)
        if at < 0:
            return None
        wide = self.data[at + 4 : at + 5] == b"\1"
        return int.from_bytes(self.data[at + 8 : at + (16 if wide else 12)], "big")

    def _skip(self, position: int, begin: int) -> int:
        found = self._next(begin) if len(self.skipped) < _MOST_SEARCHES else None
        stop = len(self.data) if found is None else found
        self.skipped.append((position, stop - position))
        return stop

    def _cut(self, name: bytes, position: int, stop: int) -> int:
        """Go on behind a box that ends after the file."""
        if self._next(position + 1) is not None:
            if name == b"mdat" and self._boxes and self._boxes[-1].name == b"moof":
                del self._boxes[-1]
            return self._skip(position, position + 1)
        self.missing = stop - len(self.data)
        if name == b"mdat":
            self._boxes.append(_Top(name, position, stop))
        return len(self.data)

    def _next(self, position: int) -> int | None:
        """Return where the next box of a known name begins."""
        match = _TOP.search(self.data, position + 4)
        return match.start() - 4 if match else None

    def mended(self) -> bytes:
        """Return the file without what is no box; the last one ends where the file does."""
        if not self.skipped and not self.missing and not any(map(self._is_moved, self._boxes)):
            return self.data
        keeps_places = self._has_right_offsets()
        parts: list[bytes] = []
        position = 0
        for box in self._boxes:
            if keeps_places and box.start - position >= 8:
                parts.append(struct.pack(">I4s", box.start - position, b"free"))
                parts.append(bytes(box.start - position - 8))
            part = self.data[box.start : box.end]
            if box.end > len(self.data):  # a size of 0: to the end of the file
                part = bytes(4) + part[4:]
            if self._is_moved(box):
                at = part.find(b"tfhd") + 12
                part = part[:at] + struct.pack(">Q", sum(map(len, parts))) + part[at + 8 :]
            parts.append(part)
            position = box.end
        return b"".join(parts)

    def _is_moved(self, box: _Top) -> bool:
        """Return whether a fragment counts the places of its samples from where it was once.

        Only those that count from their own start are of interest (ISO/IEC 14496-12, 8.8.7).
        """
        if box.name != b"moof":
            return False
        head = self.data[box.start : box.start + _LONGEST_START]
        at, run = head.find(b"tfhd"), head.find(b"trun")
        if min(at, run) < 0 or len(head) < max(at + 20, run + 16) or not head[at + 7] & 1:
            return False
        offset = int(struct.unpack_from(">I", head, run + 12)[0])
        base = int(struct.unpack_from(">Q", head, at + 12)[0])
        return base != box.start and offset == box.end - box.start + 8

    def _has_right_offsets(self) -> bool:
        """Return whether the index points to the sound where it is, so that nothing may move."""
        moov = next((box for box in self._boxes if box.name == b"moov"), None)
        at = self.data.find(b"stco", moov.start, moov.end) if moov else -1
        if at < 0 or at + 16 > len(self.data):
            return False
        offset = int(struct.unpack_from(">I", self.data, at + 12)[0])
        return any(box.name == b"mdat" and offset - box.start in (8, 16) for box in self._boxes)
