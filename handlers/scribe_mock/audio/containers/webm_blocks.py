"""Finds the blocks of a WebM file, also behind missing, damaged or foreign bytes."""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from scribe_mock.audio.audio_errors import AudioError, DamagedAudio
from scribe_mock.audio.containers.webm_elements import (
    ENTERED,
    EXPECTED,
    KNOWN,
    LONGEST_HEAD,
    UNKNOWN,
    ElementId,
    element_head,
    is_unfinished_head,
    read_number,
)

# A simple block's id, size, track, time and flags; with a size of one and of two bytes.
_SHORT_HEAD, _LONG_HEAD = struct.Struct(">BBBhB"), struct.Struct(">BHBhB")
_SIMPLE_BLOCK = ElementId.SIMPLE_BLOCK
_EBML = ElementId.EBML.to_bytes(4, "big")
# Foreign bytes look like an element with an id of one byte easily, so that is looked at more.
_LARGEST_SHORT_ID = 0xFF
_LONGEST_TIMESTAMP = 8
_BLOCKS = {ElementId.SIMPLE_BLOCK, ElementId.BLOCK}
_LACING = 6
# How one block stores the sizes of several frames (RFC 9559, section 10.3); any other value: EBML.
_XIPH_LACING, _FIXED_LACING = 1, 2
# Times are bounded, so that they fit into 64 bits.
_LARGEST_TIME = (1 << 48) - 1
# How often the reader looks for the next whole element before it gives up: each costs a search.
_MOST_SEARCHES = 500
# A block of one track below 127, a group that begins with one, a cluster or a file: places to go
# on. Sizes have one, two or eight bytes.
_SIZE = rb"(?:[\x81-\xfe]|[\x40-\x7e].|\x01.{7})"
_PLACE = re.compile(
    rb"\xa3" + _SIZE + rb"[\x81-\xfe]..[\x00-\x0f\x80-\x8f]"
    rb"|\xa0" + _SIZE + rb"\xa1" + _SIZE + rb"[\x81-\xfe]"
    rb"|\x1fC\xb6u(?:" + _SIZE + rb"|\x01\xff{7}|\xff)[\xe7\xbf\xab\xa7\xec]"
    rb"|\x1aE\xdf\xa3",
    re.DOTALL,
)  # fmt: skip


@dataclass
class Damage:
    """Bytes that are no elements.

    Args:
        at: where they begin.
        size: how many they are.
        block: the block before which they are.
        cut: whether they begin with a block that is not whole.
    """

    at: int
    size: int
    block: int
    cut: bool


@dataclass
class Blocks:
    """The blocks of the audio track in the order of the file.

    Args:
        starts: where the frame of each begins; of those with several frames there is an entry each.
        ends: where it ends.
        times: its time in units of the file, or None for a frame that follows another in a block.
        heads: the first block of each cluster.
        files: the first block of each file: several may be joined.
        damage: bytes that were skipped.
        missing: bytes that the file announces after its end.
    """

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    times: list[int | None] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    missing: int = 0


class BlockReader:
    """Walks through the elements of a file, children after their parents.

    Args:
        data: the file.
        on_element: gets the id, start and end of each element's body that is no block, in order;
            it sets `track` and `tracks` when they are known.

    Attributes:
        blocks: what was found.
        track: the number of the audio track; 0 while there is none.
        tracks: the numbers of all tracks; blocks of other numbers are no blocks.
    """

    def __init__(self, data: bytes, on_element: Callable[[int, int, int], None]) -> None:
        self.blocks = Blocks()
        self.track = 0
        self.tracks: set[int] = set()
        self._data = data
        self._on_element = on_element
        self._cluster = 0
        self._searches = 0

    def read(self) -> Blocks:
        """Read the file to its end, or to where nothing more can be made of it."""
        position, end = max(0, self._data.find(_EBML)), len(self._data)
        if position:
            self.blocks.damage.append(Damage(0, position, 0, False))
        while position < end:
            position = self._element(self._simple_blocks(position))
        return self.blocks

    def _simple_blocks(self, position: int) -> int:
        """Read the simple blocks of the track that follow one another; return where they end."""
        data, blocks, cluster = self._data, self.blocks, self._cluster
        track, last = self.track | 0x80, len(data) - _LONG_HEAD.size
        while position <= last:
            name, size, number, time, flags = _LONG_HEAD.unpack_from(data, position)
            body = position + 4
            if size & 0x8000:
                name, size, number, time, flags = _SHORT_HEAD.unpack_from(data, position)
                end, body = position + 2 + (size & 0x7F), position + 6
            else:
                end, body = position + 3 + (size & 0x3FFF), position + 7
            if (
                name != _SIMPLE_BLOCK
                or number != track
                or flags & _LACING
                or not (0x80 < size < 0xFF or 0x4000 <= size < 0x7FFF)
                or not body < end <= last + _LONG_HEAD.size
            ):
                break
            blocks.starts.append(body)
            blocks.ends.append(end)
            blocks.times.append(cluster + time)
            position = end
        return position

    def _element(self, position: int) -> int:
        """Read one element; return where its first child or the next element begins."""
        data, whole = self._data, len(self._data)
        if position >= whole or (
            whole - position < LONGEST_HEAD and is_unfinished_head(data, position, whole)
        ):
            return whole
        try:
            name, size, body = element_head(data, position)
            if not self._is_plausible(name, size, body):
                return self._search(position)
            end = min(whole, body + max(0, size))
            if name in ENTERED:
                self._enter(name, body + size)
                return body
            if body + size > whole:
                return self._after_a_cut(position, body + size)
            if name in _BLOCKS:
                self._block(body, end)
            else:
                self._other(name, body, end)
        except (AudioError, ValueError, IndexError, struct.error):
            if not self.tracks:
                raise
            return self._search(position)
        return end

    def _is_plausible(self, name: int, size: int, body: int) -> bool:
        if size == UNKNOWN:
            return name in ENTERED
        if name in _BLOCKS:
            return read_number(self._data, body, False)[0] in self.tracks
        if name == ElementId.TIMESTAMP:
            return size <= _LONGEST_TIMESTAMP
        if name in KNOWN and (name > _LARGEST_SHORT_ID or name == ElementId.BLOCK_GROUP):
            return True
        if name not in KNOWN and self.blocks.heads:
            return False
        following = body + size
        return following == len(self._data) or (
            following < len(self._data) and element_head(self._data, following)[0] in KNOWN
        )

    def _enter(self, name: int, end: int) -> None:
        if name == ElementId.SEGMENT:
            self.blocks.missing = max(0, end - len(self._data))
        elif name == ElementId.CLUSTER:
            self.blocks.heads.append(len(self.blocks.times))

    def _other(self, name: int, body: int, end: int) -> None:
        if name == ElementId.TIMESTAMP:
            self._cluster = int.from_bytes(self._data[body:end], "big") & _LARGEST_TIME
            return
        if name == ElementId.EBML:
            self._cluster, self.blocks.missing = 0, 0
            self.blocks.files.append(len(self.blocks.times))
        self._on_element(name, body, end)

    def _after_a_cut(self, position: int, end: int) -> int:
        """Go on behind an element that ends after the file: it is cut, or its size is wrong."""
        found = self._next_place(position + 1)
        if found is None:
            self.blocks.missing = max(self.blocks.missing, end - len(self._data))
            return len(self._data)
        return self._search(position)

    def _search(self, position: int) -> int:
        """Skip what is no element; return where the next cluster, block or file begins.

        The block before may have swallowed the beginning of what follows: where bytes are missing,
        its size counts those that are there instead.
        """
        self._searches += 1
        blocks = self.blocks
        begin = position + 1
        swallows = bool(blocks.ends) and blocks.ends[-1] == position
        if swallows:
            begin = blocks.starts[-1]
        found = self._next_place(begin) if self._searches <= _MOST_SEARCHES else None
        if found is None:
            found = len(self._data)
        cut = swallows and found < position
        if cut:
            for values in (blocks.starts, blocks.ends, blocks.times):
                del values[-1]
            position = begin
        if blocks.heads and blocks.heads[-1] >= len(blocks.times):
            del blocks.heads[-1]  # what follows need not belong to that cluster
        blocks.damage.append(Damage(position, found - position, len(blocks.times), cut))
        return found

    def _next_place(self, position: int) -> int | None:
        """Return where an element begins that another one, or the end of the file, follows."""
        match = _PLACE.search(self._data, position)
        while match:
            at = match.start()
            with suppress(AudioError):
                if self._is_place(at):
                    return at
            match = _PLACE.search(self._data, at + 1)
        return None

    def _is_place(self, at: int) -> bool:
        data, whole = self._data, len(self._data)
        name, size, body = element_head(data, at)
        if name == ElementId.CLUSTER or name == ElementId.EBML:
            return True
        end = body + size
        if name == _SIMPLE_BLOCK and read_number(data, body, False)[0] not in self.tracks:
            return False
        if end >= whole:
            return end == whole
        return whole - end < LONGEST_HEAD or element_head(data, end)[0] in KNOWN

    def _block(self, start: int, end: int) -> None:
        number, at = read_number(self._data, start, False)
        if number != self.track:
            return
        if at + 3 > end:
            raise DamagedAudio(f"a WebM file with a block of {end - start} bytes", EXPECTED)
        time, flags = struct.unpack_from(">hB", self._data, at)
        lacing = flags >> 1 & 3
        spans = laced(self._data, at + 3, end, lacing) if lacing else [(at + 3, end)]
        self.blocks.starts += [span[0] for span in spans]
        self.blocks.ends += [span[1] for span in spans]
        self.blocks.times += [self._cluster + time, *[None] * (len(spans) - 1)]


def laced(data: bytes, position: int, end: int, lacing: int) -> list[tuple[int, int]]:
    """Return where the frames of a block that holds several begin and end."""
    if position >= end:
        raise DamagedAudio("a WebM file with an empty block", EXPECTED)
    count, position = data[position] + 1, position + 1
    if lacing == _FIXED_LACING:
        sizes = [(end - position) // count] * (count - 1)
    elif lacing == _XIPH_LACING:
        sizes, position = _xiph_sizes(data, position, count - 1)
    else:
        sizes, position = _ebml_sizes(data, position, count - 1)
    if min(sizes, default=0) < 0 or position + sum(sizes) > end:
        raise DamagedAudio("a WebM file with a block too small for its frames", EXPECTED)
    edges = accumulate(sizes, initial=position)
    return list(pairwise([*edges, end]))


def _xiph_sizes(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    sizes = []
    for _ in range(count):
        size = 0
        while data[position : position + 1] == b"\xff":
            size, position = size + 255, position + 1
        sizes.append(size + sum(data[position : position + 1]))
        position += 1
    return sizes, position


def _ebml_sizes(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    sizes: list[int] = []
    for _ in range(count):
        value, end = read_number(data, position, False)
        bias = (1 << 7 * (end - position) - 1) - 1
        sizes.append(sizes[-1] + value - bias if sizes else value)
        position = end
    return sizes, position
