"""A receiver of webhooks on this machine, for as long as a rule needs it."""

import asyncio
import secrets
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import h11

#: The most deliveries that are kept, the most connections at once, and the most bytes of a body.
_KEPT, _CONNECTIONS, _BODY_BYTES = 2000, 64, 16 * 1024
#: Seconds that a delivery may take to arrive.
_SECONDS = 10.0
_PIECE_BYTES = 16 * 1024
_CONTINUE = h11.InformationalResponse(status_code=100, headers=[])


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery, as it arrived; names of header fields are in lower case."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return next((value for key, value in self.headers if key == name), None)


class Receiver:
    """Answers each POST with 200, and keeps what was sent; a context manager.

    It uses plain sockets: asyncio's own server loses a connection that comes while it closes.
    """

    def __init__(self) -> None:
        self._told: deque[Told] = deque(maxlen=_KEPT)
        self._news = asyncio.Condition()
        self._connections: dict[socket.socket, asyncio.Task[None]] = {}
        #: Nobody else knows the path.
        self._path = f"/hook/{secrets.token_hex(8)}"
        self.url = ""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_CONNECTIONS)
        self._listener.setblocking(False)
        host, port = self._listener.getsockname()
        self.url = f"http://{host}:{port}{self._path}"
        self._loop.add_reader(self._listener, self._accept)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for task in self._connections.values():
            task.cancel()
        await asyncio.gather(*self._connections.values(), return_exceptions=True)
        for connection in self._connections:
            connection.close()

    def all(self) -> list[Told]:
        """The deliveries so far, the oldest first."""
        return list(self._told)

    async def wait(self, wanted: Callable[[Told], bool], seconds: float) -> Told | None:
        """The first delivery that is wanted, as soon as it is there; None after so many seconds."""

        def found() -> Told | None:
            return next(filter(wanted, self._told), None)

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: found() is not None)
        return found()

    def _accept(self) -> None:
        """Take a connection that waits; too many are closed at once."""
        with suppress(OSError):
            connection, _ = self._listener.accept()
            if len(self._connections) < _CONNECTIONS:
                self._connections[connection] = self._loop.create_task(self._serve(connection))
            else:
                connection.close()

    async def _serve(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        # A delivery that is not complete has not arrived.
        with suppress(TimeoutError, OSError, h11.ProtocolError):
            async with asyncio.timeout(_SECONDS):
                await self._receive(connection)
        del self._connections[connection]
        connection.close()

    async def _receive(self, connection: socket.socket) -> None:
        http = h11.Connection(our_role=h11.SERVER)
        head: h11.Request | None = None
        body = b""
        while not isinstance(event := http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                if http.they_are_waiting_for_100_continue:
                    await self._send(connection, http, _CONTINUE)
                http.receive_data(await self._loop.sock_recv(connection, _PIECE_BYTES))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body = (body + bytes(event.data))[:_BODY_BYTES]
            else:
                return
        assert head is not None
        ours = head.method == b"POST" and head.target.decode("latin-1") == self._path
        fields = [(b"content-length", b"0"), (b"connection", b"close")]
        answer = h11.Response(status_code=200 if ours else 404, headers=fields)
        await self._send(connection, http, answer)
        if ours:
            await self._keep(head, body)

    async def _send(self, connection: socket.socket, http: h11.Connection, event: Any) -> None:
        await self._loop.sock_sendall(connection, http.send(event) or b"")

    async def _keep(self, head: h11.Request, body: bytes) -> None:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers
        )
        async with self._news:
            self._told.append(Told(headers, body))
            self._news.notify_all()
