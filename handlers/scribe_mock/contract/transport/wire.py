"""HTTP/1.1 byte for byte, to send requests that HTTP libraries refuse to send, too.

Each request has a connection of its own. The request is written by hand; h11 parses the answer.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import h11

from scribe_mock.contract.transport.connections import Connections, Line
from scribe_mock.contract.transport.message import (
    ANSWER_BYTES,
    HEAD_BYTES,
    MOST_FIELDS,
    MOST_INTERIM,
    PIECE_BYTES,
    Answer,
    Delivery,
    Request,
)
from scribe_mock.contract.transport.pace import Pace
from scribe_mock.contract.transport.reach import Elsewhere, Reach, Unreachable, explained

__all__ = ["HOLD", "Elsewhere", "Midway", "Unreachable", "Wire"]

#: The trouble when the server closes too early.
_CLOSED = "the connection was closed without a complete answer"


class _Exchange(asyncio.Protocol):
    """One connection: it parses the answer as it arrives."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.done = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._body = bytearray()
        self._received = self._interim = 0
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        method = answer.request.method
        self._parser.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
        self._parser.send(h11.EndOfMessage())

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._feed(data)

    def eof_received(self) -> bool:
        self._feed(b"")
        return False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None and not self.done.is_set():
            self._feed(_left_in(self._transport))
        self._feed(b"")
        if not self.done.is_set():
            self._finish(_CLOSED)
        self._writable.set()

    def give_up(self, trouble: str) -> None:
        """End without a complete answer; does nothing if there is one."""
        if not self.done.is_set():
            self._finish(trouble)

    def _feed(self, data: bytes) -> None:
        if self.done.is_set():
            return
        self._received += len(data)
        try:
            self._parser.receive_data(data)
            while not self.done.is_set():
                event = self._parser.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    self._limit()
                    return
                self._handle(event)
        except h11.RemoteProtocolError as error:
            self._finish(f"the answer is not HTTP: {error}" if data else _CLOSED)

    def _limit(self) -> None:
        """Give up an answer that is mostly framing, such as chunk extensions without end."""
        if self._received > 2 * (self.answer.request.answer_bytes + HEAD_BYTES):
            self._finish("the answer has far more bytes of framing than of content")

    def _handle(self, event: Any) -> None:
        if isinstance(event, h11.InformationalResponse):
            self._interim += 1
            if self._interim > MOST_INTERIM:
                self._finish(f"more than {MOST_INTERIM} interim answers (1xx) came")
            if event.status_code == 100:
                self.answer.continued = True
                self.may_go_on.set()
        elif isinstance(event, h11.Response):
            self.answer.status = event.status_code
            self.answer.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in event.headers.raw_items()
            )
            if len(self.answer.headers) > MOST_FIELDS:
                self.answer.headers = ()
                self._finish(f"the answer has more than {MOST_FIELDS} header fields")
            self.begun.set()
            self.may_go_on.set()
            self._writable.set()  # nothing more is sent, so nothing waits until the server reads
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > (most := self.answer.request.answer_bytes):
                self._body.clear()
                self._finish(f"the answer has more than {most:,} bytes")
        else:
            self._finish("")

    def _finish(self, trouble: str) -> None:
        if trouble:
            self.answer.status, self.answer.trouble = 0, trouble
        self.answer.body = bytes(self._body)
        self._body.clear()
        for event in (self.begun, self.may_go_on, self.done):
            event.set()

    async def write(self, transport: asyncio.Transport, pieces: Iterable[bytes]) -> None:
        """Send pieces, and stop as soon as an answer begins."""
        for piece in pieces:
            if self.begun.is_set() or transport.is_closing():
                return
            transport.write(piece)
            await self._writable.wait()
            # The event loop reads what has arrived between two runs of this task, but it may run
            # this task first after one pause: so there are two.
            await asyncio.sleep(0)
            await asyncio.sleep(0)


def _without_token(request: Request) -> Request:
    """The request as another host may see it."""
    kept = tuple(one for one in request.headers if one[0].lower() != "authorization")
    return replace(request, headers=kept)


def _left_in(transport: asyncio.BaseTransport) -> bytes:
    """The bytes that had arrived when sending failed: an early answer may precede the reset."""
    if transport.get_extra_info("ssl_object") is not None:
        return b""
    found = b""
    with suppress(OSError), socket.socket(fileno=os.dup(_number_of(transport))) as again:
        while len(found) < ANSWER_BYTES and (part := again.recv(PIECE_BYTES)):
            found += part
    return found


def _number_of(transport: asyncio.BaseTransport) -> int:
    number: int = transport.get_extra_info("socket").fileno()
    return number


#: Seconds that a held body waits for an early answer by default.
HOLD = 2.0

#: Called when half of the body is sent; the rest is sent when it returns.
Midway = Callable[[], Awaitable[None]]


@dataclass(kw_only=True)
class Wire:
    """Sends requests over a limited number of connections.

    Args:
        concurrency: Most connections at the same time.
        timeout: Seconds until an answer must be complete.
        hold: Seconds that a held body waits for an early answer.
        reach: Which hosts it connects to.
        pace: When a request may be sent.
        sent_bytes: Bytes of request bodies sent so far.
        requests: Requests sent so far.
    """

    concurrency: int
    timeout: float
    hold: float = HOLD
    reach: Reach = field(default_factory=Reach)
    pace: Pace = field(default_factory=Pace)
    sent_bytes: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        #: Every connection holds one of these, also that of a stream.
        self.slots = asyncio.Semaphore(self.concurrency)
        #: Those that are sent alone; those that are sent together are bounded by the slots alone.
        self.connections = Connections(self.concurrency)
        #: Those that need each other: with more of them than slots, two could wait for each other.
        self.several = Line(self.concurrency)

    async def send(
        self,
        request: Request,
        *,
        gate: asyncio.Barrier | None = None,
        paced: bool = True,
        midway: Midway | None = None,
    ) -> Answer:
        """Send one request and wait for its answer, of any status.

        Args:
            request: What to send.
            gate: Awaited between connecting and sending, so that several requests start together.
            paced: Whether to wait for a turn; False when the caller has done so.
            midway: Called when half of the body is sent.

        Raises:
            Unreachable: no connection could be made, or it may not be made.
        """
        self.reach.require(request.origin)
        if not self.reach.is_home(request.origin):
            request = _without_token(request)
        alone = gate is None and midway is None
        async with self.connections.take() if alone else nullcontext(), self.slots:
            if paced:
                await self.pace.turn()
            self.requests += 1
            answer = Answer(request=request)
            transport, exchange = await self._connect(request, answer)
            try:
                if gate is not None:
                    await gate.wait()
                answer.began = time.monotonic()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.timeout):
                        await self._deliver(request, exchange, transport, midway)
                        await exchange.done.wait()
                exchange.give_up(f"no complete answer came within {self.timeout:g} seconds")
                answer.ended = time.monotonic()
                self.pace.note(answer)
            finally:
                transport.abort()
            if alone and answer.accepted and request.is_plain:
                self.connections.answered(answer.ended - answer.began)
            return answer

    async def _connect(
        self, request: Request, answer: Answer
    ) -> tuple[asyncio.Transport, _Exchange]:
        loop = asyncio.get_running_loop()
        origin = request.origin
        try:
            async with asyncio.timeout(min(self.timeout, 4.5)):
                return await loop.create_connection(
                    lambda: _Exchange(answer),
                    origin.host,
                    origin.port,
                    ssl=self.reach.tls(origin),
                )
        except TimeoutError:
            raise Unreachable(f"{origin} does not answer: no connection in time") from None
        except UnicodeError as error:
            raise Unreachable(f"{origin} can't be reached: {error}") from None
        except OSError as error:
            raise explained(origin, error) from None

    async def _deliver(
        self,
        request: Request,
        exchange: _Exchange,
        transport: asyncio.Transport,
        midway: Midway | None,
    ) -> None:
        size, half = len(request.body or b""), len(request.body or b"") // 2
        await exchange.write(transport, [request.head()])
        if request.delivery in (Delivery.HELD, Delivery.EXPECTING, Delivery.WITHHELD):
            asks = request.delivery is Delivery.EXPECTING
            waited = exchange.may_go_on if asks else exchange.begun
            with suppress(TimeoutError):
                await asyncio.wait_for(waited.wait(), self.hold)
            exchange.answer.early = exchange.begun.is_set() and not exchange.answer.trouble
        if request.delivery is Delivery.WITHHELD and not exchange.begun.is_set():
            exchange.give_up("no answer came before the body was sent")
            return
        if request.delivery is Delivery.CUT or midway is not None:
            await self._write(exchange, transport, request.pieces(0, half))
            if midway is None:
                await asyncio.sleep(0.05)  # let it arrive before the cut
                exchange.give_up("the connection was cut in the middle of the body")
                return
            await midway()
            await self._write(exchange, transport, request.pieces(half, size))
        elif request.body is not None:
            await self._write(exchange, transport, request.pieces(0, size))

    async def _write(
        self, exchange: _Exchange, transport: asyncio.Transport, pieces: Iterable[bytes]
    ) -> None:
        for piece in pieces:
            if exchange.begun.is_set():
                return
            self.sent_bytes += len(piece)
            await exchange.write(transport, [piece])

    async def together(self, requests: list[Request]) -> list[Answer]:
        """Send requests at the same time: first all connect, then all send.

        The caller has taken as many of `several`.

        Args:
            requests: No more than `concurrency`.

        Raises:
            Unreachable: for one of them no connection could be made; nothing was sent.
        """
        await self.pace.turn(len(requests))
        gate = asyncio.Barrier(len(requests))
        sending = [
            asyncio.ensure_future(self.send(one, gate=gate, paced=False)) for one in requests
        ]
        try:
            return await asyncio.gather(*sending)
        finally:
            for one in sending:
                one.cancel()  # if one has no connection, the others would wait for it for ever
