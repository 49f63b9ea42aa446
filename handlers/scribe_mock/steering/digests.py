"""The digests of bodies that no store has any more."""

import asyncio
from collections.abc import Iterable

from scribe_mock.store.body import Body

#: The most bytes that wait for their digest.
_MOST_WAITING = 64 * 1024 * 1024
#: Bodies below this size are hashed at once: that takes less time than a thread.
_SMALL = 16 * 1024


class Digests:
    """Hashes bodies in a thread before they are released. Use it in the event loop alone."""

    def __init__(self) -> None:
        self._queue: list[Body] = []
        self._waiting_bytes = 0
        self._task: asyncio.Task[None] | None = None

    def let_go(self, body: Body) -> None:
        """Release a body that only the journal refers to, once its digest is known.

        When too many bytes wait already, its digest is lost.
        """
        size = body.size
        if body.sha256 is None and size > _SMALL:
            if self._waiting_bytes + size <= _MOST_WAITING:
                self._waiting_bytes += size
                self._queue.append(body)
                if self._task is None:
                    self._task = asyncio.create_task(self._work())
                return
        elif body.sha256 is None:
            body.digest()
        body.release()

    async def of(self, bodies: Iterable[Body]) -> None:
        """Wait until the digests of these bodies are known."""
        unknown = [body for body in bodies if body.sha256 is None]
        if unknown:
            await asyncio.to_thread(_hash, unknown)

    async def _work(self) -> None:
        while self._queue:
            bodies, self._queue = self._queue, []
            await asyncio.to_thread(_hash, bodies)
            for body in bodies:
                self._waiting_bytes -= body.size
                body.release()
        self._task = None


def _hash(bodies: Iterable[Body]) -> None:
    for body in bodies:
        if body.readers:
            body.digest()
