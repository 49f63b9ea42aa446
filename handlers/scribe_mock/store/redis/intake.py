"""An upload on its way into Redis."""

import hashlib
from collections.abc import Awaitable
from typing import Protocol, Self

from scribe_mock.store.body import Body
from scribe_mock.store.redis.bodies import Bodies
from scribe_mock.store.redis.stored_chunk import new_name

#: Bytes of a body that are sent to Redis together; a smaller one is sent with its chunk.
PART_BYTES = 256 * 1024
#: Parts below this size are joined: an upload of single bytes would take 34 times its size.
_SMALL_PART = 16 * 1024


class Space(Protocol):
    """What counts the bytes of uploads in progress."""

    def count(self, size: int) -> Awaitable[None] | None:
        """Count bytes; what is returned makes room for them first."""

    def unclaim(self, size: int) -> None:
        """Stop counting bytes."""


class RedisIntake:
    """An upload in progress: it is hashed as it arrives, and a large one goes to Redis meanwhile.

    Args:
        space: Counts the bytes.
        bodies: Where the bytes go.
        whole: Whether its reader needs all parts, so that none goes to Redis meanwhile.
    """

    __slots__ = (
        "_bodies",
        "_hasher",
        "_pending",
        "_space",
        "_whole",
        "blob",
        "body",
        "count",
        "parts",
        "size",
    )

    def __init__(self, space: Space, bodies: Bodies, *, whole: bool) -> None:
        self._space, self._bodies, self._whole = space, bodies, whole
        self._hasher = hashlib.sha256()
        self._pending = 0
        #: The name of the parts in Redis, once there are some.
        self.blob: bytes | None = None
        #: How many parts of it are in Redis.
        self.count = 0
        #: All parts; of a large body that is in Redis the first ones.
        self.parts: list[bytes] = []
        self.body = Body(self.parts)
        self.size = 0

    def take(self, part: bytes) -> Awaitable[None] | None:
        """Add one more part; what is returned has to be awaited before the next one."""
        room = self._space.count(len(part))
        self.size += len(part)
        self.body.size += len(part)
        self._hasher.update(part)
        self._pending += len(part)
        parts = self.parts
        if parts and len(part) < _SMALL_PART and len(parts[-1]) < _SMALL_PART:
            parts[-1] += part
        else:
            parts.append(part)
        if room is not None:
            return room
        return None if self._whole or self._pending < PART_BYTES else self._send()

    async def _send(self) -> None:
        """Send what has arrived since the last time, and keep no more than the beginning of it."""
        first = self.blob is None
        if self.blob is None:
            self.blob = new_name()
        data = b"".join(self.parts if first else self.parts[1:])
        self.parts[:] = [data] if first else self.parts[:1]
        self._pending = 0
        self.count += 1
        await self._bodies.keep_part(self.blob, data)

    async def finish(self) -> bytes:
        """The bytes that are not in Redis yet, once all have arrived."""
        if self.blob is None:
            return b"".join(self.parts)
        if self._pending:
            await self._send()
        return b""

    @property
    def sha256(self) -> str:
        """The digest of what has arrived, in hex."""
        return self._hasher.hexdigest()

    def release(self) -> None:
        """Stop counting the bytes as an upload in progress."""
        self._space.unclaim(self.size)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        # The journal asks for the digest of what was refused, too.
        self.body.sha256 = self.sha256
        self.body.release()
