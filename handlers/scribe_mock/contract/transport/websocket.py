"""A WebSocket as a browser opens it: no Authorization, then frames, then the close of the server.

A refused handshake is an ordinary HTTP response, so h11 parses it, whatever its body is like.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import h11
from websockets.client import ClientProtocol
from websockets.frames import CloseCode
from websockets.uri import WebSocketURI

from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import ANSWER_BYTES, HEAD_BYTES, MOST_FIELDS
from scribe_mock.contract.transport.reach import Reach, explained

#: Seconds for the handshake, and for the server to close, unless others are given.
TIMEOUT = 5.0
#: The most frames, and bytes, of a server that has nothing to send but the close, and some pings.
_MOST_FRAMES, _MOST_BYTES = 1000, 1024 * 1024


@dataclass(kw_only=True)
class ClientStream:
    """How a WebSocket went.

    Args:
        status: 101, the status of a refusal, or 0 when no answer came.
        headers, body: Of a refusal.
        code: The close code of the server (RFC 6455, section 7.4); 1006 when the connection ended
            without one, None when the server did not close.
        reason: The reason that it gave.
        trouble: What went wrong, such as a connection that broke; empty if nothing did.
        sent_bytes: Bytes of the frames that were sent.
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
    reach: Reach | None = None,
) -> ClientStream:
    """Open a WebSocket, send frames and see how it ends.

    Args:
        address: A ws:// or wss:// URL.
        frames: Text and binary frames.
        wait: Wait for the server to close; otherwise close at once, as a closed browser tab does.
        seconds: For the connection, for the handshake, and for the server to close.
        reach: Which hosts may be connected to; None for any.

    Raises:
        Elsewhere: the address leads to another host.
    """
    found, origin, reach = ClientStream(), address.origin, reach or Reach()
    reach.require(origin)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(
                origin.host, origin.port, ssl=reach.tls(origin)
            )
    except (TimeoutError, UnicodeError) as error:
        found.trouble = f"{origin} can't be reached: {error}"
        return found
    except OSError as error:
        found.trouble = str(explained(origin, error))
        return found
    try:
        await _Connection(found, address, reader, writer, seconds).run(frames, wait=wait)
    except TimeoutError:
        found.trouble = f"the server read nothing for {seconds:g} seconds"
    except (OSError, h11.ProtocolError) as error:
        found.trouble = f"the connection broke: {error}"
    finally:
        writer.transport.abort()  # closing would wait for a server that reads nothing
    return found


class _Connection:
    """One connection from the handshake to its close."""

    def __init__(
        self,
        found: ClientStream,
        address: Address,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seconds: float,
    ) -> None:
        self._found = found
        self._reader = reader
        self._writer = writer
        self._seconds = seconds
        origin = address.origin
        path, _, query = address.path.partition("?")
        uri = WebSocketURI(origin.secure, origin.host, origin.port, path, query)
        self._protocol = ClientProtocol(uri, max_size=ANSWER_BYTES)
        self._http = _upgrade()
        self._over = False
        self._frames = self._bytes = 0

    async def run(self, frames: Sequence[str | bytes], *, wait: bool) -> None:
        self._protocol.send_request(self._protocol.connect())
        await self._flush()
        await self._read_until(lambda: self._over or self._found.status == 101)
        if self._found.status != 101:
            if not self._found.status and not self._found.trouble:
                self._found.trouble = "the handshake got no complete answer"
            return
        for frame in frames:
            if self._over:
                return
            if isinstance(frame, str):
                self._protocol.send_text(frame.encode())
            else:
                self._protocol.send_binary(frame)
            await self._flush()
            self._found.sent_bytes += len(frame)
        if not wait and not self._over:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            await self._flush()
        await self._read_until(lambda: self._over)

    async def _flush(self) -> None:
        """Write what the protocol wants to send, such as frames and pongs."""
        # Not `writelines`: in Python 3.12.0 to 3.13.1 it never makes `drain` wait (CVE-2024-12254).
        for data in self._protocol.data_to_send():
            self._writer.write(data)
        async with asyncio.timeout(self._seconds):
            await self._writer.drain()

    async def _read_until(self, reached: Callable[[], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while not reached():
                    data = await self._reader.read(65536)
                    if self._found.status != 101:
                        self._read_handshake(data)
                    if self._found.status in (0, 101):
                        self._read_frames(data)
                    if not data:
                        self._over = True
                    elif self._found.status == 101 and not self._over:
                        await self._flush()

    def _read_handshake(self, data: bytes) -> None:
        """Find out whether the handshake is accepted, and collect the answer when it is not."""
        found = self._found
        self._http.receive_data(data)
        while not self._over and found.status != 101:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.InformationalResponse):
                found.status = 101 if event.status_code == 101 else 0
            elif isinstance(event, h11.Response):
                found.status = event.status_code
                found.headers = tuple(
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in event.headers.raw_items()
                )[:MOST_FIELDS]
            elif isinstance(event, h11.Data):
                found.body += event.data
                self._over = len(found.body) > ANSWER_BYTES
            else:
                self._over = True

    def _read_frames(self, data: bytes) -> None:
        """Let the protocol read. It answers pings and closes; messages are ignored."""
        found, protocol = self._found, self._protocol
        if data:
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
        self._frames += len(protocol.events_received())
        self._bytes += len(data)
        if found.status != 101:
            return
        if protocol.handshake_exc is not None:
            found.status, found.trouble = 0, f"the handshake is wrong: {protocol.handshake_exc}"
        elif protocol.close_rcvd is not None:
            found.code, found.reason = protocol.close_rcvd.code, protocol.close_rcvd.reason
        elif not data:
            found.code = CloseCode.ABNORMAL_CLOSURE
        elif protocol.parser_exc is not None:
            found.trouble = f"the connection broke: {protocol.parser_exc}"
        elif self._frames > _MOST_FRAMES or self._bytes > _MOST_BYTES:
            found.trouble = f"the server sent {self._frames:,} frames, {self._bytes:,} bytes"
        else:
            return
        self._over = True


def _upgrade() -> h11.Connection:
    """A parser that waits for the answer to a request for an upgrade."""
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    headers = [("Host", "h"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    parser.send(h11.Request(method="GET", target="/", headers=headers))
    parser.send(h11.EndOfMessage())
    return parser
