"""The revision of what several servers share."""

import asyncio
from contextlib import suppress

from scribe_mock.errors import StoreUnreachable
from scribe_mock.sessions.changes import Changes
from scribe_mock.sharing.peers import Peers
from scribe_mock.store.redis.connection import Connection

#: The changes of so many seconds count as one.
_TOGETHER_SECONDS = 0.02


class SharedChanges(Changes):
    """Counts the changes of all servers together, a moment after they were made.

    Args:
        connection: Redis, which has the revision.
        peers: The other servers.
    """

    def __init__(self, connection: Connection, peers: Peers) -> None:
        super().__init__()
        self._connection, self._peers = connection, peers
        self._key = f"{connection.prefix}revision"
        self._telling: asyncio.Task[None] | None = None

    def note(self) -> None:
        """Increase the revision of all servers, and end all waits."""
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def reached(self, revision: int) -> None:
        """Another server has increased the revision."""
        if revision != self.revision:
            self.revision = revision
            self.wake()

    async def read(self) -> None:
        """Read the revision: it may have been missed."""
        with suppress(StoreUnreachable):
            [revision] = await self._connection.run(("GET", self._key))
            await self.reached(int(revision or 0))

    async def _tell(self) -> None:
        await asyncio.sleep(_TOGETHER_SECONDS)
        self._telling = None
        with suppress(StoreUnreachable):
            [revision] = await self._connection.run(("INCR", self._key))
            await self.reached(revision)
            await self._peers.tell("revision", revision)
