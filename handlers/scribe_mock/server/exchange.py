"""One request and its answer: request ids, CORS, and early answers."""

import asyncio
import itertools
import os
import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from scribe_mock.api.stopping import STOPPING
from scribe_mock.errors import ClientGone
from scribe_mock.server.steering.call import REQUEST_ID
from scribe_mock.steering.record import Record

#: After an early answer the rest of the request is read and dropped, within these bounds, so that a
#: browser that is still uploading reads the answer instead of a reset (RFC 9112, 9.6).
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 30.0
DRAIN_IDLE_SECONDS = 5.0

_EXPOSED = (
    b"Retry-After, X-Request-Id, WWW-Authenticate, Allow, X-Mock-Diagnostics, "
    b"Accept-Ranges, Content-Range"
)
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
#: A preflight allows every header that it asks for and that HTTP has a form for (RFC 9110, 5.1), so
#: that headers which tracing and SDKs add stop no page (CONTRACT.md, "Every answer").
_HEADER_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_MOST_ALLOWED_HEADERS = 100
#: Two hours: no browser caches a preflight for longer.
_PREFLIGHT_SECONDS = b"7200"

#: What a connection that ended without a close frame counts as (RFC 6455, 7.4.1).
_ABNORMAL = 1006

#: The inspector sends this field with what it asks of the API, so that looking on changes nothing:
#: such a request meets no fault, and is neither in the journal nor in the log.
INSPECTION = b"x-mock-inspection"

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")

# Ids must differ, but need not be secret: a random start and a counter need no system call.
_request_ids = itertools.count(secrets.randbits(60))


def _begin_elsewhere() -> None:
    """Let the ids of a process that was forked be others than its parent's."""
    global _request_ids
    _request_ids = itertools.count(secrets.randbits(60))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_elsewhere)


def new_request_id() -> bytes:
    """An id for a request without a valid X-Request-Id."""
    return b"req_%015x" % next(_request_ids)


def request_id_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The id of a request: its own, if that is well-formed."""
    request_id = headers.get(b"x-request-id")
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        return new_request_id()
    return request_id


def fields_of_every_answer(
    headers: Iterable[tuple[bytes, bytes]],
) -> Sequence[tuple[bytes, bytes]]:
    """The header fields of every answer to a request with these headers: its id, and CORS."""
    return Exchange({"headers": headers}, _nothing, _nothing).fields


def _allowing(origin: bytes) -> Sequence[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
    ]


async def _nothing(*_: Any) -> Any:
    raise ClientGone


_NO_FIELDS: Mapping[bytes, bytes] = MappingProxyType({})


class Exchange(Record):
    """One request and its answer, on their way through the gateway, and in the journal.

    In the journal it is the entry of the request; then `is_recorded` is true.
    """

    __slots__ = (
        "_receive",
        "_send",
        "_started",
        "_state",
        "fields",
        "headers",
        "is_early",
        "is_recorded",
        "own_fields",
        "preflight",
        "seconds",
        "unread",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._started = time.perf_counter()
        #: How long it took until the answer was sent, in seconds.
        self.seconds: float | None = None
        self._receive = receive
        self._send = send
        self._state = scope.get("state", _NO_FIELDS)
        #: Whether the answer was sent before the body had arrived.
        self.is_early = False
        self.status = self.answer_bytes = 0
        self.unread = False
        #: Whether it is in the journal.
        self.is_recorded = False
        #: The answer's header fields, without those that every answer has.
        self.own_fields: Sequence[tuple[bytes, bytes]] = ()
        self.preflight: dict[str, bytes] | None = None
        fields = [(b"vary", b"Origin")]
        #: The header fields of every answer: its id, and CORS.
        self.fields: Sequence[tuple[bytes, bytes]] = fields
        headers: dict[bytes, bytes] = dict(scope["headers"])
        self.headers: Mapping[bytes, bytes] = headers
        if len(headers) == len(scope["headers"]):
            scope["scribe_mock.fields"] = headers
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            self.unread = True
        self.request_id = scope[REQUEST_ID] = request_id_of(headers)
        fields.append((b"x-request-id", self.request_id))
        if INSPECTION in headers and headers.get(b"sec-fetch-site") == b"same-origin":
            scope["scribe_mock.inspection"] = True
        prefer = headers.get(b"prefer")
        if prefer is not None or b"__prefer=" in scope.get("query_string", b""):
            scope["scribe_mock.prefer"] = prefer
        origin = headers.get(b"origin")
        if origin is not None:
            fields += _allowing(origin)
            if scope.get("method") == "OPTIONS" and b"access-control-request-method" in headers:
                self.preflight = {
                    name[23:].decode("latin-1"): value
                    for name, value in headers.items()
                    if name.startswith(b"access-control-request-")
                }

    async def receive(self) -> Message:
        """The next part of the request."""
        message = await self._receive()
        part = message.get("body")
        if part:
            if self.is_recorded:
                self.arrived(part)
            else:
                self.request_bytes += len(part)
        if not message.get("more_body", False):
            if message["type"] == "http.request":
                self.whole = True
            self.unread = False
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on with our header fields, and read the rest of the request."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.own_fields = message.get("headers", ())
            headers = [*self.own_fields, *self.fields]
            if self.unread:
                self.is_early = True
                headers.append((b"connection", b"close"))
            elif STOPPING in self._state:
                headers.append((b"connection", b"close"))
            message["headers"] = headers
            await self._send(message)
            return
        self.answer_bytes += len(message.get("body", b""))
        if not self.is_early or message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            self._note_answer()
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _note_answer(self) -> None:
        """Note that the client has the answer, which may look into the journal from now on.

        Only an early one is noted so: others are the last that happens to a request.
        """
        self.duration = self.seconds = time.perf_counter() - self._started
        if self.outcome is None:
            self.outcome = "answered"

    async def _drain(self) -> None:
        seen = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.unread and seen < DRAIN_BYTES:
                    message = await asyncio.wait_for(self.receive(), DRAIN_IDLE_SECONDS)
                    seen += len(message.get("body", b""))

    def leave(self) -> None:
        """Keep nothing but what the journal shows: the request is over."""
        self._receive = self._send = _nothing
        # The garbage collector need not look at what a finished entry no longer refers to.
        self.headers, self.fields, self.own_fields = _NO_FIELDS, (), ()
        self._state = _NO_FIELDS

    def answer_headers(self) -> list[tuple[str, str]]:
        """The answer's header fields, without secrets."""
        return _with_fields_of_every_answer(self, super().answer_headers(), self.is_early)

    def end(self) -> float:
        """Seconds until the answer was sent, or until now if there is none."""
        if self.seconds is None:
            self.seconds = time.perf_counter() - self._started
        return self.seconds

    async def answer_preflight(self, asked: Mapping[str, bytes]) -> None:
        """Answer a CORS preflight (Fetch standard, "CORS protocol")."""
        names = [name.strip() for name in asked.get("headers", b"").split(b",")]
        allowed = [name for name in names if _HEADER_NAME.fullmatch(name)]
        headers = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", b", ".join(allowed[:_MOST_ALLOWED_HEADERS])),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        ]
        if asked.get("private-network", b"").lower() == b"true":
            headers.append((b"access-control-allow-private-network", b"true"))
        await self.send({"type": "http.response.start", "status": 204, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def hear(self) -> Message:
        """The next message of a WebSocket."""
        message = await self._receive()
        if message["type"] == "websocket.receive":
            text = message.get("text")
            data = message.get("bytes") or (text or "").encode("utf-8", "surrogatepass")
            self.request_bytes += len(data)
        elif message["type"] == "websocket.disconnect":
            self._closed(message.get("code", 1005), by_client=True)
        return message

    async def say(self, message: Message) -> None:
        """Send a message of a WebSocket; the fields of every answer go into a refusal."""
        kind = message["type"]
        if kind == "websocket.http.response.start":
            self.status = message["status"]
            self.own_fields = message["headers"]
            message = {**message, "headers": [*self.own_fields, *self.fields]}
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close":
            self._closed(message["code"], by_client=False)
        await self._send(message)

    def _closed(self, code: int, *, by_client: bool) -> None:
        if self.code is None:
            self.code = str(code)
            if by_client and code == _ABNORMAL and self.outcome is None:
                self.outcome = "client_left"


class PastExchange(Record):
    """A request in the journal that another server has answered, or this one before.

    Its `is_early` says whether the answer was sent before the body had arrived.
    """

    __slots__ = ("is_early",)

    is_early: bool

    def answer_headers(self) -> list[tuple[str, str]]:
        """The answer's header fields, without secrets."""
        return _with_fields_of_every_answer(self, super().answer_headers(), self.is_early)


def _with_fields_of_every_answer(
    record: Record, own: list[tuple[str, str]], is_early: bool
) -> list[tuple[str, str]]:
    if not record.status:
        return []
    request = [(name.encode(), value.encode()) for name, value in record.request_headers()]
    every = fields_of_every_answer([*request, (b"x-request-id", record.request_id)])
    more = [(name.decode(), value.decode("latin-1")) for name, value in every]
    closes = [("connection", "close")] if is_early else []
    return [*own, *more, *closes]
