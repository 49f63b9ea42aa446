"""uvicorn's protocols with bounds, and the error envelope for what uvicorn refuses itself.

These errors belong to no operation, so the spec has them in prose and under `x-outside-operations`:
400 for what is not HTTP, 408 for a request that stalls, 431 for a head that is too large.

This module alone uses names of uvicorn that uvicorn does not promise to keep; a test checks that
each exists in the installed version:

- `HttpToolsProtocol`: `.cycle`, `.expect_100_continue`, `.flow`, `.headers`, `.parser`,
  `.pipeline`, `.url`, `.loop`, `.transport`, `._should_upgrade`, `.send_400_response`,
  `._start_asgi_task`, `.timeout_keep_alive`, `.timeout_keep_alive_handler`,
  `.on_response_complete`, `.shutdown`
- `RequestResponseCycle`: `.body`, `.default_headers`, `.disconnected`, `.flow`, `.keep_alive`,
  `.message_event`, `.more_body`, `.response_complete`, `.response_started`, `.scope`, `.send`,
  `.transport`, `.on_response`, `STATUS_LINE`, `HEADER_VALUE_RE`
- `FlowControl`: `.pause_reading`, `.read_paused`, `.write_paused`, and `HIGH_WATER_LIMIT`
- `WebSocketsSansIOProtocol`: `.conn`, `.handle_events`, `.handle_parser_exception`, `.transport`
- `Server`: `.server_state`, `._captured_signals`
"""

from typing import Any, NoReturn

import httptools
import uvicorn
from starlette.types import Message
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from scribe_mock.server import http_heads
from scribe_mock.server.exchange import fields_of_every_answer
from scribe_mock.server.idle_timer import IdleTimer

#: The most bytes of one read from a socket: it may contain a body before the next head.
_READ_BYTES = 256 * 1024

#: The most bytes that wait to be sent on a WebSocket.
MAX_UNREAD_BYTES = 1024 * 1024

#: The most seconds for a head, between two parts of a body, for a whole request, and without any
#: progress of an answer. The last is long, since the kernel accepts more bytes in large steps only.
HEAD_SECONDS = 30.0
IDLE_SECONDS = 30.0
REQUEST_SECONDS = 900.0
UNREAD_SECONDS = 900.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose requests are bounded in the size of their head and in time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = True
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._too_large = False
        self._began = self._heard = self._read = self.loop.time()
        # uvicorn starts and stops a timer in each request, a twentieth of a small upload.
        close = self.timeout_keep_alive_handler
        self._idle_timer = IdleTimer(self.loop, self.timeout_keep_alive, close)
        self._unsent = 0
        # The last answer on this connection, while earlier requests wait for theirs.
        self._last_answer = b""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended; the journal wants to know whether before an answer."""
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.scope["scribe_mock.client_left"] = True
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._began = self._heard

    def on_url(self, url: bytes) -> None:
        """A part of the request line arrived."""
        self._head_bytes += len(url)
        if self._head_bytes > http_heads.MAX_HEAD_BYTES:
            self._refuse_head()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field arrived; trailers after a body are dropped (RFC 9110, 6.5.1)."""
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > http_heads.MAX_HEAD_BYTES:
            self._refuse_head()
        if self._in_head:
            # As uvicorn does it; a call for each field would cost more than the rest of this.
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete; it must have one Host, or none in HTTP/1.0 (RFC 9112, 3.2)."""
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError("the head must have one Host")
        if not self.parser.should_upgrade() or self._should_upgrade():
            self._in_head = False
            self._unparsed_bytes = 0
            super().on_headers_complete()
            if not self.parser.should_upgrade():
                cycle: Any = self.cycle
                cycle.send = Answer(cycle).send

    def on_message_complete(self) -> None:
        """The request is complete, unless it asks for another protocol."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer to a request was sent; the next request may be here already."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._last_answer:
            self._send_last_answer()
        else:
            self._idle_timer.restart()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection unless a request is in progress."""
        if self.cycle.response_complete and not self._in_head:
            super().timeout_keep_alive_handler()

    def resume_writing(self) -> None:
        """The client has read most of what waited to be sent."""
        super().resume_writing()
        self._read = self.loop.time()

    def on_body(self, body: bytes) -> None:
        """A part of the body arrived; it is passed on without the two copies that uvicorn makes."""
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
        """Bytes arrived from the client."""
        if self._last_answer:
            return
        self._heard = self.loop.time()
        self._parse(data)
        if self._in_head:
            # The parser calls `on_header` only at the end of a field.
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > http_heads.MAX_HEAD_BYTES + _READ_BYTES:
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
        """Parse bytes; returns those after a head whose upgrade is ignored, if any."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._idle_timer.stop()
                self.handle_websocket_upgrade()
            elif self.parser.get_method() == b"CONNECT":
                self.send_400_response("")
            else:
                self._begin_again()
                return data[upgrade.args[0] :]
        return None

    def _should_upgrade(self) -> bool:
        """Whether the head is a WebSocket's handshake; other upgrades are ignored."""
        asked = self.parser.should_upgrade() and self.parser.get_method() == b"GET"
        busy = self.cycle is not None and not self.cycle.response_complete
        return asked and not busy and http_heads.is_handshake(self.headers)

    def _begin_again(self) -> None:
        """Parse the head again without its `Upgrade`, which a server may ignore (RFC 9110, 7.8).

        It needs a new parser: the old one takes the following bytes for another protocol.
        """
        version = self.parser.get_http_version().encode()
        first = self.parser.get_method() + b" " + self.url + b" HTTP/" + version
        fields = [(name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(http_heads.join_head(first, fields))

    def shutdown(self) -> None:
        """Stop when the request in progress is done, but do not wait for one that only waits."""
        cycle = self.cycle
        waits = cycle is not None and cycle.scope.get("state", {}).get("waits", False)
        if waits and not cycle.response_complete:
            self.transport.close()
        else:
            super().shutdown()

    def _refuse_head(self) -> NoReturn:
        """Make the parser stop."""
        self._too_large = True
        raise ValueError("the head is too large")

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused with the envelope; uvicorn would send plain text."""
        self._refuse(*(http_heads.HEAD_TOO_LARGE if self._too_large else http_heads.NOT_HTTP))

    def close_if_stalled(self, now: float) -> None:
        """Answer 408 and close if the client is too slow; `now` is the event loop's time."""
        self._drop_if_unread(now)
        if self.transport.is_closing() or self._last_answer:
            return
        reading_body = self.cycle is not None and self.cycle.more_body and not self._in_head
        if reading_body and not self.cycle.response_complete:
            stalled = not self.flow.read_paused and now - self._heard > IDLE_SECONDS
            stalled = stalled or now - self._began > REQUEST_SECONDS
        else:
            late = now - self._began > HEAD_SECONDS
            stalled = self._in_head and late and not self.flow.read_paused
        if stalled:
            self._refuse(
                "408 Request Timeout",
                "request_timeout",
                f"The request stalled: no bytes for {IDLE_SECONDS:g} seconds, or it was not "
                f"complete after {REQUEST_SECONDS:g}.",
            )

    def _drop_if_unread(self, now: float) -> None:
        """Drop the connection if the client reads nothing of its answer."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._read = unsent, now
        elif now - self._read > UNREAD_SECONDS:
            self.transport.abort()

    def _refuse(self, status: str, code: str, message: str) -> None:
        """Answer an invalid or incomplete request after the earlier ones, and close."""
        fields = fields_of_every_answer(self.headers or ())
        self._last_answer = http_heads.refusal(status, code, message, fields)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._send_last_answer()
        elif not self._in_head:
            self._end_cycle(cycle)

    def _end_cycle(self, cycle: Any) -> None:
        """Answer a request in progress that has an invalid body."""
        if self.pipeline:
            self.pipeline.popleft()
            return
        if cycle.response_started:
            self._last_answer = b""
        self._send_last_answer()

    def _send_last_answer(self) -> None:
        self.transport.write(self._last_answer)
        self.transport.close()


class Answer:
    """One answer, of which head and body are sent in one write if the body is complete at once.

    uvicorn makes two writes and searches each header field for invalid characters by itself: a
    tenth of the time of a small upload. It still sends all other answers.
    """

    __slots__ = ("_cycle", "_head", "_send")

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer; the head is held back until the first part of the body."""
        if message["type"] == "http.response.start" and not self._cycle.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            # Without this, both would be garbage that only the garbage collector finds.
            self._cycle.__dict__.pop("send", None)
            if self._sends_whole(head, message):
                return
            await self._send(head)
        await self._send(message)

    def _sends_whole(self, head: Message, message: Message) -> bool:
        """Send an answer, unless it needs more of uvicorn than to be written."""
        cycle, body = self._cycle, message.get("body", b"")
        if message.get("more_body") or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
            return False
        fields = [*cycle.default_headers, *head.get("headers", ())]
        if (
            cycle.disconnected
            or cycle.flow.write_paused
            or (b"content-length", b"%d" % len(body)) not in fields
            or not http_heads.PLAIN_FIELDS.issuperset([name for name, _ in fields])
            or HEADER_VALUE_RE.search(b"".join([value for _, value in fields]))
        ):
            return False
        lines = [b"%b: %b\r\n" % (name, value) for name, value in fields]
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.transport.write(b"".join((STATUS_LINE[head["status"]], *lines, b"\r\n", body)))
        cycle.on_response()
        return True


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which disconnects a client that does not read its answers to pings.

    Messages before an invalid frame are processed; uvicorn would drop them.
    """

    def data_received(self, data: bytes) -> None:
        """Bytes arrived from the client."""
        self.conn.receive_data(data)
        self.handle_events()
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()
        elif self.conn.parser_exc is not None and not self.transport.is_closing():
            self.handle_parser_exception()


def http_connections(server: uvicorn.Server) -> list[BoundedProtocol]:
    """The open HTTP connections of a server."""
    found = list(server.server_state.connections)
    return [connection for connection in found if isinstance(connection, BoundedProtocol)]


def forget_signals(server: uvicorn.Server) -> None:
    """Keep a server from raising the signal that stopped it a second time."""
    server._captured_signals.clear()
