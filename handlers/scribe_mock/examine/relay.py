"""A relay between a client and the mock, whose port can refuse connections.

A fault of the mock's own can break what has arrived, but can't keep a client from arriving.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_BLOCK = 64 * 1024
#: Makes a close a reset: linger, for no time.
_RESET = struct.pack("ii", 1, 0)


class Relay:
    """Relays TCP connections of the loopback interface for as long as an `async with` lasts.

    Args:
        host, port: Where they lead.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._first: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        # Keeps the port while it refuses: bound, but not listening.
        self._place = _bound(0)
        self.url = f"http://127.0.0.1:{self._place.getsockname()[1]}"
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        self._place.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def accept(self) -> None:
        """Relay connections from now on."""
        if self._server is None:
            listener = _bound(self._place.getsockname()[1])
            self._server = await asyncio.start_server(self._serve, sock=listener)

    async def refuse(self) -> None:
        """Reset all connections, and refuse others."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            _reset(writer)

    async def refuse_from_first(self, came: Callable[[], None], seconds: float) -> None:
        """Reset the next connection, and refuse others for so many seconds.

        Args:
            came: Called when it came.
            seconds: How long the port refuses from then on.
        """
        self._first = asyncio.get_running_loop().create_future()
        await self._first
        came()
        await self.refuse()
        await asyncio.sleep(seconds)
        await self.accept()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if self._first is not None and not self._first.done():
                self._first.set_result(None)
                _reset(writer)
                return
            with suppress(OSError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._writers.add(back)
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            self._writers.discard(back)
            back.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all that arrives, and how it ends: a reset stays a reset."""
    try:
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        _reset(writer)
        raise


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    found = writer.get_extra_info("socket")
    if found is not None:
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def _bound(port: int) -> socket.socket:
    """A socket that has a port of the loopback interface, but does not listen."""
    made = socket.socket()
    # Two sockets share the port: the one that keeps it, and the one that listens.
    made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR), 1)
    made.bind(("127.0.0.1", port))
    return made
