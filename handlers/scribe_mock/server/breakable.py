"""A connection that a fault can break off, exactly and in the way that it says."""

import asyncio
import fcntl
import os
import socket
import struct
import termios
from contextlib import suppress
from typing import Any

#: Real seconds between the end of what the server sends and the end of the connection.
_CLOSE_SECONDS = 5.0
#: How often the kernel is asked whether the client has everything, in seconds.
_POLL_SECONDS = 0.001
#: Bytes that the kernel buffers of a throttled upload; Linux doubles this.
_NARROW_BYTES = 8 * 1024


class Breakable(asyncio.Protocol):
    """What `server.steering.call.Connection` asks for, for any protocol with a `transport`."""

    transport: asyncio.Transport
    #: Whether the client may be slow for as long as a fault says.
    patient = False
    #: Whether a WebSocket gets no pongs.
    deaf = False
    #: Whether the connection is being ended, so that what arrives is not looked at.
    broken = False
    _leaving: "asyncio.Event | None" = None

    @property
    def gone(self) -> bool:
        """Whether the connection has ended, or is about to."""
        return self.broken or self.transport.is_closing()

    async def wait_until_gone(self) -> None:
        """Wait until the connection has ended."""
        if self._leaving is None:
            self._leaving = asyncio.Event()
        if not self.gone:
            await self._leaving.wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        if self._leaving is not None:
            self._leaving.set()
        super().connection_lost(exc)

    async def flushed(self, seconds: float) -> None:
        """Wait until the client's kernel has all that was written, at most so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._unacknowledged() and loop.time() < until and not self.gone:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)

    def _unacknowledged(self) -> int:
        """Bytes that the client's kernel has not acknowledged yet."""
        count = struct.pack("i", 0)
        with suppress(OSError):  # not every system tells it
            count = fcntl.ioctl(self._socket().fileno(), termios.TIOCOUTQ, count)
        return self.transport.get_write_buffer_size() + int(struct.unpack("i", count)[0])

    def give_up(self) -> None:
        """Answer nothing more: the connection is about to end."""
        self.broken = True

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.give_up()
        # Without time to linger, the kernel resets a connection that is closed (RFC 9293, 3.10.4).
        linger = struct.pack("ii", 1, 0)
        # uvloop raises ValueError for a connection that has ended already.
        with suppress(OSError, ValueError):
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()

    def close(self) -> None:
        """End the connection in order, without reading any more of it."""
        self.give_up()
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:  # TLS; its own way to end a connection would wait for the client
            self._shut_down()
        # A kernel resets a connection that is closed while bytes of the client are unread.
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(_CLOSE_SECONDS, self.transport.abort)

    def _shut_down(self) -> None:
        """Let the client see the end of the connection below TLS."""
        with suppress(OSError), socket.socket(fileno=os.dup(self._socket().fileno())) as same:
            same.shutdown(socket.SHUT_WR)

    def close_unread(self) -> None:
        """Send what is written, then close without reading what has arrived."""
        self.give_up()
        self.transport.close()

    def narrow(self) -> None:
        """Let the kernel buffer little of what the client sends."""
        with suppress(OSError):
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW_BYTES)

    def _socket(self) -> Any:
        return self.transport.get_extra_info("socket")
