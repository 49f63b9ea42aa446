"""The HTTP protocol under the app: uvicorn's, with bounds and with our envelope for its faults.

These faults belong to no operation, so the spec tells of them in prose and under
`x-outside-operations`: 400 for what is not HTTP, 408 for a request that stalls, 431 for a head
that is too large.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from scribe_mock.server.gateway import fields_of_every_answer

#: Bytes of a request line and its header fields together.
MAX_HEAD_BYTES = 64 * 1024
#: What one read from a socket gives at most: it may hold a body before the head that follows.
_READ_BYTES = 256 * 1024

#: Bytes that lie ready on a WebSocket, at most.
MAX_UNREAD_BYTES = 1024 * 1024

#: Seconds for a head to be complete, between two parts of a body, for a whole request, and for an
#: answer of which nothing is read. The last is long: the kernel takes more of it in large steps.
HEAD_SECONDS = 30.0
IDLE_SECONDS = 30.0
REQUEST_SECONDS = 900.0
UNREAD_SECONDS = 900.0

#: What a WebSocket's handshake has once each (RFC 6455, 4.1), and what it can't have: a body.
_HANDSHAKE = {
    b"upgrade": re.compile(rb"websocket", re.IGNORECASE),
    b"sec-websocket-key": re.compile(rb"[A-Za-z0-9+/]{22}=="),
    b"sec-websocket-version": re.compile(rb"13"),
}
_BODY = {b"content-length", b"transfer-encoding"}


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose requests are bounded in the size of their head and in time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = True
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._too_large = False
        self._began = self._heard = self._read = self.loop.time()
        self._unsent = 0
        # The answer to what is no request, while requests before it wait for theirs.
        self._farewell = b""

    def on_message_begin(self) -> None:
        """A request begins."""
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._began = self._heard

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field; one that trails a body counts for nothing (RFC 9110, 6.5.1)."""
        self._count(len(name) + len(value) + 4)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete; it has one Host, or none in HTTP/1.0 (RFC 9112, 3.2)."""
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError("the head has not one Host")
        if not self.parser.should_upgrade() or self._should_upgrade():
            self._in_head = False
            self._unparsed_bytes = 0
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete; a head that asks for another protocol is all of its own."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """A request has its answer."""
        was_last = not self.pipeline
        super().on_response_complete()
        if self._farewell and was_last:
            self._part()
        elif self._in_head:
            # The next request has begun: the connection does not rest.
            self._unset_keepalive_if_required()

    def resume_writing(self) -> None:
        """The client has read nearly all that lay ready for it."""
        super().resume_writing()
        self._read = self.loop.time()

    def on_body(self, body: bytes) -> None:
        """A part of the body, handed on as it is: uvicorn would copy it twice on its way."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        if not cycle.body:
            cycle.body = body  # type: ignore[assignment]
        else:
            if isinstance(cycle.body, bytes):
                cycle.body = bytearray(cycle.body)
            cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._farewell:
            return
        self._heard = self.loop.time()
        self._parse(data)
        if self._in_head:
            # A field that never ends does not reach `on_header`.
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MAX_HEAD_BYTES + _READ_BYTES:
                self._too_large = True
                self.send_400_response("")

    def _parse(self, data: bytes) -> None:
        rest: memoryview | None = memoryview(data)
        try:
            while rest is not None:
                rest = self._feed(rest)
        except httptools.HttpParserError:
            self.send_400_response("")

    def _feed(self, data: memoryview) -> memoryview | None:
        """Parse; returns what follows a head whose upgrade is not taken up."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            elif self.parser.get_method() == b"CONNECT":
                self.send_400_response("")
            else:
                self._begin_again()
                return data[upgrade.args[0] :]
        return None

    def _should_upgrade(self) -> bool:
        """Whether the head is a WebSocket's handshake; another upgrade is not taken up."""
        if not self.parser.should_upgrade() or self.parser.get_method() != b"GET":
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        found = [(name, value) for name, value in self.headers if name in _HANDSHAKE]
        if any(name in _BODY for name, _ in self.headers) or len(found) != len(_HANDSHAKE):
            return False
        whole = {name for name, value in found if _HANDSHAKE[name].fullmatch(value.strip())}
        return len(whole) == len(_HANDSHAKE)

    def _begin_again(self) -> None:
        """Read the head without its `Upgrade`, which a server may ignore (RFC 9110, 7.8).

        It takes a new parser: to the old one, what follows is no body but the other protocol.
        """
        version = self.parser.get_http_version().encode()
        first = self.parser.get_method() + b" " + self.url + b" HTTP/" + version
        fields = [(name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(_head(first, fields))

    def shutdown(self) -> None:
        """Stop when the request under way is done, but don't wait for one that only waits."""
        cycle = self.cycle
        waits = cycle is not None and cycle.scope.get("state", {}).get("waits", False)
        if waits and not cycle.response_complete:
            self.transport.close()
        else:
            super().shutdown()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._too_large = True
            raise ValueError("the head is too large")

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused; uvicorn would send plain text."""
        if self._too_large:
            self._refuse(
                "431 Request Header Fields Too Large",
                "headers_too_large",
                f"The request line and header fields have more than {MAX_HEAD_BYTES} bytes.",
            )
        else:
            self._refuse(
                "400 Bad Request", "invalid_request", "This is not a valid HTTP/1.1 request."
            )

    def close_if_stalled(self, now: float) -> None:
        """Answer 408 and close when the client takes too long; `now` is the loop's time."""
        self._drop_if_unread(now)
        if self.transport.is_closing() or self._farewell:
            return
        reading_body = self.cycle is not None and self.cycle.more_body and not self._in_head
        if reading_body and not self.cycle.response_complete:
            stalled = not self.flow.read_paused and now - self._heard > IDLE_SECONDS
            stalled = stalled or now - self._began > REQUEST_SECONDS
        else:
            stalled = self._in_head and now - self._began > HEAD_SECONDS
            stalled = stalled and not self.flow.read_paused
        if stalled:
            self._refuse(
                "408 Request Timeout",
                "request_timeout",
                f"The request stalled: nothing came for {IDLE_SECONDS:g} seconds, or it was not "
                f"complete after {REQUEST_SECONDS:g}.",
            )

    def _drop_if_unread(self, now: float) -> None:
        """Drop the connection when the client reads nothing of what lies ready for it."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._read = unsent, now
        elif now - self._read > UNREAD_SECONDS:
            self.transport.abort()

    def _refuse(self, status: str, code: str, message: str) -> None:
        """Answer what is no whole request, after those before it, and close."""
        body = json.dumps({"error": {"code": code, "message": message}}).encode()
        fields = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *fields_of_every_answer(self.headers or ()),
        ]
        self._farewell = _head(f"HTTP/1.1 {status}".encode(), fields) + body
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._part()
        elif not self._in_head:
            self._give_up(cycle)

    def _give_up(self, cycle: Any) -> None:
        """Answer for a request under way, whose body is at fault."""
        if self.pipeline:
            self.pipeline.popleft()
            return
        if cycle.response_started:
            self._farewell = b""
        self._part()

    def _part(self) -> None:
        self.transport.write(self._farewell)
        self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which keeps few answers to pings for a client that reads none.

    The messages before a fault count as well: uvicorn would drop those.
    """

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self.conn.receive_data(data)
        self.handle_events()
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()
        elif self.conn.parser_exc is not None and not self.transport.is_closing():
            self.handle_parser_exception()


def _head(first: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    lines = [first, *(name + b": " + value for name, value in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"
