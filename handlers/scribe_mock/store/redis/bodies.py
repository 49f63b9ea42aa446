"""The bytes of chunks and references in Redis."""

from collections.abc import Sequence

from scribe_mock.store.redis.connection import Command, Connection
from scribe_mock.store.redis.stored_chunk import LARGE, StoredChunk

#: Seconds for which bytes stay without a chunk that has them: longer than the slowest client may
#: take between two parts.
_ORPHAN_SECONDS = 300
#: How many parts are read in one round trip.
_PARTS_AT_ONCE = 4


class Bodies:
    """Reads and writes bytes.

    Args:
        redis: The connections.
    """

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    async def keep_part(self, blob: bytes, part: bytes) -> None:
        """Store one more part of a large body; all go by themselves unless a chunk gets them."""
        key = self._key(blob)
        await self._redis.run(("RPUSH", key, part), ("EXPIRE", key, _ORPHAN_SECONDS))

    def keeping(self, blob: bytes, data: bytes) -> Command:
        """What stores a small body, which goes by itself unless a chunk gets it."""
        return ("SET", self._key(blob), data, "EX", _ORPHAN_SECONDS)

    async def parts_of(self, stored: StoredChunk) -> Sequence[bytes]:
        """The bytes of a chunk; none if they are gone."""
        if stored.kind == LARGE:
            return await self.parts(stored.blob)
        [data] = await self._redis.run(("GET", self._key(stored.blob)))
        return [] if data is None else [data]

    async def parts(self, blob: bytes) -> list[bytes]:
        """All parts of a large body."""
        key, found = self._key(blob), list[bytes]()
        while True:
            first = len(found)
            [more] = await self._redis.run(("LRANGE", key, first, first + _PARTS_AT_ONCE - 1))
            found += more
            if len(more) < _PARTS_AT_ONCE:
                return found

    def _key(self, blob: bytes) -> str:
        return f"{self._redis.prefix}bytes:{blob.decode()}"
