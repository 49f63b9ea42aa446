"""The figures of all processes of one server, in memory that they share.

Each process has a place of its own there, and writes what it has counted into it every second. So
whichever of them is asked for the figures adds up those of all. A place keeps its figures when its
process ends, and whoever gets it next begins with them: sums never go down.
"""

import asyncio
import json
import mmap
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress

from scribe_mock.steering.metrics import Samples, added

#: What fits into a place, in bytes; figures are bounded and have a third of it at most.
_PLACE_BYTES = 1024 * 1024
#: Before the figures of a place: their length and their checksum.
_HEAD = struct.Struct("<QI")
#: Seconds between two times at which a process writes its figures.
_SECONDS = 1.0
#: How often a place is read once more that another process is just writing.
_TRIES = 10


class SharedMetrics:
    """The places of all processes; made before they are.

    Args:
        count: How many places there are.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._memory = mmap.mmap(-1, count * _PLACE_BYTES)

    def read(self, place: int) -> Samples:
        """The figures of a place; empty if it has none."""
        for _ in range(_TRIES):
            start = place * _PLACE_BYTES
            length, checksum = _HEAD.unpack_from(self._memory, start)
            start += _HEAD.size
            data = self._memory[start : start + min(length, _PLACE_BYTES)]
            if length and zlib.crc32(data) == checksum:
                samples: Samples = json.loads(data)
                return samples
        return {}

    def write(self, place: int, samples: Samples) -> None:
        """Write the figures of a place."""
        data = json.dumps(samples, separators=(",", ":")).encode()
        start = place * _PLACE_BYTES
        self._memory[start + _HEAD.size : start + _HEAD.size + len(data)] = data
        _HEAD.pack_into(self._memory, start, len(data), zlib.crc32(data))

    def others(self, place: int) -> list[Samples]:
        """The figures of all other places."""
        return [self.read(other) for other in range(self._count) if other != place]


class OwnPlace:
    """The place of one process.

    Args:
        shared: All places.
        place: Its number.
    """

    def __init__(self, shared: SharedMetrics, place: int) -> None:
        self._shared = shared
        self._place = place
        self._before = shared.read(place)
        self._task: asyncio.Task[None] | None = None

    def all_of(self, own: Samples) -> Samples:
        """The figures of all processes, with those of this one."""
        sums = added(own, self._before)
        for other in self._shared.others(self._place):
            sums = added(sums, other)
        return sums

    def start(self, samples: Callable[[], Samples]) -> None:
        """Write what `samples` returns from now on."""
        self._task = asyncio.create_task(self._keep_writing(samples))

    async def stop(self) -> None:
        """Write the last figures."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_writing(self, samples: Callable[[], Samples]) -> None:
        try:
            while True:
                self._shared.write(self._place, added(samples(), self._before))
                await asyncio.sleep(_SECONDS)
        finally:
            self._shared.write(self._place, added(samples(), self._before))
