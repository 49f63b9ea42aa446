"""How a server leaves, so that a client with a kept connection sees no request fail.

It says on `/_mock/ready` that it is about to stop, and each answer asks to close its connection. A
kept connection ends so with its next answer, or after the seconds of silence that end it always.
A server that closed it at once could do so while the next request is on its way.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from scribe_mock.server.uvicorn_internals.http import BoundedProtocol

#: The most seconds that connections get to end, after the server has stopped to listen.
GRACE_SECONDS = 30.0


@dataclass(slots=True)
class Departure:
    """One server that leaves.

    Args:
        seconds: How long it goes on to accept new connections.
    """

    seconds: float
    _listens_until: float | None = None

    def go_on(
        self, now: float, servers: Collection[asyncio.Server], connections: Collection[object]
    ) -> bool:
        """Take the next step; whether the server may stop.

        Args:
            now: The event loop's time.
            servers: What listens.
            connections: The open connections.
        """
        if self._listens_until is None:
            self._listens_until = now + self.seconds
        if now < self._listens_until:
            return False
        for server in servers:
            server.close()
        for connection in connections:
            if isinstance(connection, BoundedProtocol) and connection.only_waits:
                connection.shutdown()
        return not connections or now > self._listens_until + GRACE_SECONDS
