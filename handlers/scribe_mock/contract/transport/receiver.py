"""A receiver of webhooks on this machine, for as long as a rule needs it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import h11

#: The most deliveries that are kept, the most connections at once, and the most bytes of a body.
_KEPT, _CONNECTIONS, _BODY_BYTES = 2000, 64, 16 * 1024
#: Seconds that a delivery may take to arrive.
_SECONDS = 10.0
_PIECE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery, as it arrived; names of header fields are in lower case."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return next((value for key, value in self.headers if key == name), None)


class Receiver:
    """Answers each POST with 200, and keeps what was sent; a context manager."""

    def __init__(self) -> None:
        self._told: deque[Told] = deque(maxlen=_KEPT)
        self._news = asyncio.Condition()
        self._busy: set[asyncio.Task[None]] = set()
        #: Nobody else knows the path.
        self._path = f"/hook/{secrets.token_hex(8)}"
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}{self._path}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._accept_no_more()
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _accept_no_more(self) -> None:
        """Finish accepting; Python 3.11 leaves a socket open that it accepts during `close`."""
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):
            for listener in self._server.sockets:
                loop.remove_reader(listener.fileno())
        await asyncio.sleep(0)

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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            if len(self._busy) <= _CONNECTIONS:
                async with asyncio.timeout(_SECONDS):
                    await self._receive(reader, writer)
        except (TimeoutError, OSError, h11.ProtocolError, asyncio.CancelledError):
            pass  # a delivery that is not complete has not arrived
        finally:
            self._busy.discard(task)
            writer.close()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(our_role=h11.SERVER)
        head: h11.Request | None = None
        body = b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    interim = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(connection.send(interim) or b"")
                connection.receive_data(await reader.read(_PIECE_BYTES))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body = (body + bytes(event.data))[:_BODY_BYTES]
            else:
                break
        if head is None or not isinstance(event, h11.EndOfMessage):
            return
        ours = head.method == b"POST" and head.target.decode("latin-1") == self._path
        fields = [(b"content-length", b"0"), (b"connection", b"close")]
        answer = h11.Response(status_code=200 if ours else 404, headers=fields)
        for part in (answer, h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()
        if ours:
            await self._keep(head, body)

    async def _keep(self, head: h11.Request, body: bytes) -> None:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers
        )
        async with self._news:
            self._told.append(Told(headers, body))
            self._news.notify_all()
