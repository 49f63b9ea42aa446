"""Tells a client that sends nothing more, and waits for its answer, from one that has left.

Both end their side of the connection in the same way. Only a client that has left answers what is
sent to it with a reset, so it gets an interim answer, which every client of HTTP/1.1 skips (RFC
9110, 15.2).
"""

import asyncio
import socket
from contextlib import suppress
from typing import Any

#: Seconds until the interim answer is sent, since most answers are there sooner; and seconds
#: between two looks at what came of it.
_PATIENCE, _POLL = 0.2, 0.1
_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


class HalfClosed(asyncio.Protocol):
    """The part of an HTTP protocol that knows of half-closed connections."""

    transport: asyncio.Transport
    #: uvicorn's request in progress.
    cycle: Any
    loop: asyncio.AbstractEventLoop
    scheme: str | None
    #: Whether the client sends nothing more.
    half_closed = False

    def eof_received(self) -> bool:
        """The client sends nothing more; returns whether it may wait for an answer."""
        cycle = self.cycle
        waits = cycle is not None and not (cycle.response_complete or cycle.more_body)
        # TLS knows no half-closed connections, and HTTP/1.0 no interim answers.
        if not waits or self.scheme == "https" or cycle.scope["http_version"] == "1.0":
            return False
        self.half_closed = True
        self.loop.call_later(_PATIENCE, self._ask)
        return True

    def _ask(self) -> None:
        if self._still_waits():
            self.transport.write(_INTERIM)
            self.loop.call_later(_POLL, self._look)

    def _look(self) -> None:
        if self._still_waits():
            error = 0
            with suppress(OSError, ValueError):
                connection = self.transport.get_extra_info("socket")
                error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self.transport.abort()
            else:
                self.loop.call_later(_POLL, self._look)

    def _still_waits(self) -> bool:
        """Whether nothing of the answer was sent yet, and the connection is there."""
        cycle = self.cycle
        return not (cycle.response_started or self.transport.is_closing())
