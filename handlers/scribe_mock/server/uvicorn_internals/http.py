"""uvicorn's HTTP protocol with bounds on heads, on time, and on clients that do not read."""

from typing import Any, NoReturn

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from scribe_mock.server import http_heads
from scribe_mock.server.breakable import Breakable
from scribe_mock.server.exchange import fields_of_every_answer
from scribe_mock.server.half_closed import HalfClosed
from scribe_mock.server.idle_timer import IdleTimer
from scribe_mock.server.steering.call import CONNECTION
from scribe_mock.server.uvicorn_internals.answer import Answer

#: The most bytes of one read from a socket: it may contain a body before the next head.
_READ_BYTES = 256 * 1024

#: The most seconds for a head, between two parts of a body, for a whole request, and without any
#: progress of an answer. The last is long, since the kernel accepts more bytes in large steps only.
HEAD_SECONDS = 30.0
IDLE_SECONDS = 30.0
REQUEST_SECONDS = 900.0
UNREAD_SECONDS = 900.0


class BoundedProtocol(Breakable, HalfClosed, HttpToolsProtocol):  # type: ignore[misc]
    """One connection, whose requests are bounded in the size of their head and in time."""

    def __init__(self, *args: Any, max_connections: int = 5000, **options: Any) -> None:
        super().__init__(*args, **options)
        self._max_connections = max_connections
        self._one_too_many = False
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

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._one_too_many = len(self.connections) > self._max_connections

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
        if self._one_too_many:
            raise ValueError("the server has too many connections")
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
                cycle.scope[CONNECTION] = self
                self.patient = False

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
        elif self.half_closed:
            self.transport.close()
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
            cycle.body = body
        else:
            if isinstance(cycle.body, bytes):
                cycle.body = bytearray(cycle.body)
            cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived from the client."""
        if self._last_answer or self.broken:
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

    @property
    def only_waits(self) -> bool:
        """Whether the request in progress only waits for something to happen."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return bool(cycle.scope.get("state", {}).get("waits", False))

    def shutdown(self) -> None:
        """Stop when the request in progress is done, but do not wait for one that only waits."""
        cycle = self.cycle
        if self.broken:
            self.transport.abort()
            return
        state = {} if cycle is None or cycle.response_complete else cycle.scope.get("state", {})
        waits = state.get("waits", False)
        state.get("on_stop", bool)()
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
        if self._one_too_many and not self._too_large:
            self._refuse(*http_heads.TOO_MANY_CONNECTIONS)
        else:
            self._refuse(*(http_heads.HEAD_TOO_LARGE if self._too_large else http_heads.NOT_HTTP))

    def close_if_stalled(self, now: float) -> None:
        """Answer 408 and close if the client is too slow; `now` is the event loop's time."""
        self._drop_if_unread(now)
        if self.transport.is_closing() or self._last_answer:
            return
        reading_body = self.cycle is not None and self.cycle.more_body and not self._in_head
        if reading_body and not self.cycle.response_complete:
            idle = now - self._heard > IDLE_SECONDS and not self.patient
            stalled = not self.flow.read_paused and idle
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

    def give_up(self) -> None:
        """Answer nothing more: the connection is about to end."""
        super().give_up()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _drop_if_unread(self, now: float) -> None:
        """Drop the connection if the client reads nothing of its answer."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._read = unsent, now
        elif now - self._read > UNREAD_SECONDS:
            self.transport.abort()

    def _refuse(self, status: str, code: str, message: str) -> None:
        """Answer an invalid or incomplete request after the earlier ones, and close."""
        fields = list(fields_of_every_answer(self.headers or ()))
        if status.startswith("503"):
            fields.append(http_heads.RETRY_LATER)
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
