"""A WebSocket as a browser opens it: no Authorization, then frames, then the other side's close."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    TextMessage,
)
from wsproto.events import Request as Handshake
from wsproto.utilities import ProtocolError

from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import ANSWER_BYTES

#: Seconds for the handshake, and for the other side to close, if nothing else is said.
TIMEOUT = 5.0


@dataclass(kw_only=True)
class ClientStream:
    """How a WebSocket went.

    Args:
        status: 101, the status of a refusal, or 0 when no answer came.
        headers, body: Of a refusal.
        code: With which the server closed; None when it did not.
        reason: Which it gave.
        trouble: What went wrong below the protocol.
    """

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    code: int | None = None
    reason: str = ""
    trouble: str = ""
    sent_bytes: int = 0

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        if self.status != 101:
            return f"the handshake was answered {self.status}"
        return "the socket stays open" if self.code is None else f"close {self.code} {self.reason}"


async def stream(
    address: Address,
    frames: Sequence[str | bytes],
    *,
    wait: bool = True,
    seconds: float = TIMEOUT,
) -> ClientStream:
    """Open a WebSocket, send frames and see how it ends.

    Args:
        address: A ws:// or wss:// URL.
        frames: Text and binary frames.
        wait: Wait for the server to close; else close at once, as a client does that leaves.
        seconds: For the connection, for the handshake, and for the other side to close.
    """
    found = ClientStream()
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(
                address.origin.host,
                address.origin.port,
                ssl=ssl.create_default_context() if address.origin.secure else None,
            )
    except (OSError, TimeoutError, UnicodeError) as error:
        found.trouble = f"{address.origin} can't be reached: {error}"
        return found
    try:
        await _Talk(found, reader, writer, seconds).run(address, frames, wait=wait)
    except TimeoutError:
        found.trouble = f"the server read nothing for {seconds:g} seconds"
    except (OSError, ProtocolError, EOFError) as error:
        found.trouble = found.trouble or f"the connection broke: {error}"
    finally:
        writer.transport.abort()  # a side that reads nothing would be waited for
    return found


class _Talk:
    """One connection from the handshake to its close."""

    def __init__(
        self,
        found: ClientStream,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seconds: float,
    ) -> None:
        self._found = found
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        self._socket = WSConnection(ConnectionType.CLIENT)
        self._over = False

    async def run(self, address: Address, frames: Sequence[str | bytes], *, wait: bool) -> None:
        await self._send(Handshake(host=address.origin.authority, target=address.path or "/"))
        await self._read_until(lambda: self._over or self._found.status == 101)
        if self._found.status != 101:
            return
        for frame in frames:
            if self._over:
                return
            if isinstance(frame, str):
                await self._send(TextMessage(data=frame))
            else:
                await self._send(BytesMessage(data=frame))
            self._found.sent_bytes += len(frame)
        if not wait:
            await self._send(CloseConnection(code=1000))
        await self._read_until(lambda: self._over)

    async def _send(self, event: Event) -> None:
        self._writer.write(self._socket.send(event))
        async with asyncio.timeout(self._seconds):
            await self._writer.drain()

    async def _read_until(self, reached: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while not reached():
                    data = await self._reader.read(65536)
                    self._socket.receive_data(data or None)
                    for event in self._socket.events():
                        self._take(event)
                    if not data:
                        self._over = True

    def _take(self, event: Event) -> None:
        found = self._found
        if isinstance(event, AcceptConnection):
            found.status = 101
        elif isinstance(event, RejectConnection):
            found.status = event.status_code
            found.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers
            )
            self._over = not event.has_body
        elif isinstance(event, RejectData):
            found.body += event.data
            self._over = event.body_finished or len(found.body) > ANSWER_BYTES
        elif isinstance(event, CloseConnection):
            found.code, found.reason = event.code, event.reason or ""
            self._over = True
        elif isinstance(event, Ping):
            self._writer.write(self._socket.send(event.response()))
