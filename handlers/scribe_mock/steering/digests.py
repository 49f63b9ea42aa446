"""The digests of bodies that no store has any more."""

import asyncio
from collections import deque
from collections.abc import Iterable

from scribe_mock.store.body import Body

#: The most bodies, and the most bytes, that wait for their digest.
_MOST_WAITING, _MOST_BYTES = 1000, 64 * 1024 * 1024
#: How long a body waits, in seconds, and how many more bodies and bytes at most came meanwhile:
#: hashing takes a fifth of the time of an upload, so a server that is busy does it later.
_WAIT_SECONDS, _BUSY, _BUSY_BYTES = 0.05, 50, 32 * 1024 * 1024


class Digests:
    """Hashes bodies in a thread before they are released. Use it in the event loop alone."""

    def __init__(self) -> None:
        self._waiting: deque[Body] = deque()
        self._bytes = 0
        self._came = self._came_bytes = 0
        self._task: asyncio.Task[None] | None = None

    def let_go(self, body: Body) -> None:
        """Release a body that only the journal refers to, once its digest is known.

        When too much waits already, the digest of the oldest one is lost.
        """
        if body.sha256 is not None:
            body.release()
            return
        self._waiting.append(body)
        self._bytes += body.size
        self._came += 1
        self._came_bytes += body.size
        while len(self._waiting) > _MOST_WAITING or self._bytes > _MOST_BYTES:
            self._take().release()
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def of(self, bodies: Iterable[Body]) -> None:
        """Wait until the digests of these bodies are known."""
        unknown = [body for body in bodies if body.sha256 is None]
        if unknown:
            await asyncio.to_thread(_hash, unknown)

    def _take(self) -> Body:
        body = self._waiting.popleft()
        self._bytes -= body.size
        return body

    async def _work(self) -> None:
        while self._waiting:
            self._came = self._came_bytes = 0
            await asyncio.sleep(_WAIT_SECONDS)
            if self._came <= _BUSY and self._came_bytes <= _BUSY_BYTES:
                bodies = [self._take() for _ in range(len(self._waiting))]
                await asyncio.to_thread(_hash, bodies)
                for body in bodies:
                    body.release()
        self._task = None


def _hash(bodies: Iterable[Body]) -> None:
    for body in bodies:
        if body.readers:
            body.digest()
