"""The bytes of chunks and references in Redis."""

from collections.abc import Sequence

from scribe_mock.store.redis.connection import Connection
from scribe_mock.store.redis.stored_chunk import LARGE, StoredChunk

#: Seconds for which the parts of a large body stay without a chunk that has them: longer than the
#: slowest client may take between two parts.
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
        key = self.large(blob)
        await self._redis.run(("RPUSH", key, part), ("EXPIRE", key, _ORPHAN_SECONDS))

    async def parts_of(self, session_id: str, stored: StoredChunk) -> Sequence[bytes]:
        """The bytes of a chunk; none if they are gone."""
        if stored.kind == LARGE:
            return await self.parts(stored.blob)
        key = f"{self._redis.prefix}bytes:{session_id}"
        [data] = await self._redis.run(("HGET", key, stored.blob))
        return [] if data is None else [data]

    async def parts(self, blob: bytes) -> list[bytes]:
        """All parts of a large body."""
        key, found = self.large(blob), list[bytes]()
        while True:
            first = len(found)
            [more] = await self._redis.run(("LRANGE", key, first, first + _PARTS_AT_ONCE - 1))
            found += more
            if len(more) < _PARTS_AT_ONCE:
                return found

    def large(self, blob: bytes) -> str:
        """The key of the parts of a large body."""
        return f"{self._redis.prefix}large:{blob.decode()}"
