"""The outermost station: request ids, CORS, early answers, and errors that nothing else caught."""

import asyncio
import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.errors import ClientGone, NotFound, ServiceUnavailable

logger = logging.getLogger("scribe_mock.requests")

#: After an early answer, what the client still sends is read and dropped within these bounds, so
#: that a browser in mid-upload reads the answer instead of a reset (RFC 9112, 9.6).
DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 30.0
DRAIN_IDLE_SECONDS = 5.0

_EXPOSED = (
    b"Retry-After, X-Request-Id, WWW-Authenticate, Allow, X-Mock-Diagnostics, "
    b"Accept-Ranges, Content-Range"
)
_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = {"authorization", "content-type", "prefer", "x-request-id"}
#: Two hours: browsers cache a preflight no longer.
_PREFLIGHT_SECONDS = b"7200"

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})|%2[fF]")


class Gateway:
    """The whole server as one ASGI app: the rooms behind it, each under a path of its own.

    Args:
        rooms: Path prefix → ASGI app; the longest prefix wins, "" takes the rest.
        streams: Serves all WebSockets.
        start: Runs once, before the first request, with or without the lifespan protocol.
        stop: Runs when the lifespan ends.
        log_requests: Log one line per answer, but for what pages of the mock ask for themselves.
    """

    def __init__(
        self,
        rooms: Mapping[str, ASGIApp],
        *,
        streams: ASGIApp,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        log_requests: bool,
    ) -> None:
        named = [(prefix, app) for prefix, app in rooms.items() if prefix]
        self._rooms = sorted(named, key=lambda room: -len(room[0]))
        self._rest = rooms[""]
        self._streams = streams
        self._stop = stop
        self._start: Callable[[], Awaitable[None]] | None = start
        self._starting = asyncio.Lock()
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's lifespan; a WebSocket is refused."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._start is not None:
            await self._begin()
        if scope["type"] == "websocket":
            await self._streams(scope, receive, _with_fields(scope, send))
            return
        exchange = Exchange(scope, receive, send)
        started = time.perf_counter()
        try:
            await self._serve(scope, exchange)
        except ClientGone:
            exchange.status = 0
        except asyncio.CancelledError:
            await _stop(scope, exchange)
        if self._log_requests and not _from_own_page(scope):
            _log(scope, exchange, time.perf_counter() - started)

    async def _begin(self) -> None:
        async with self._starting:
            if self._start is not None:
                await self._start()
                self._start = None

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._begin()
        await send({"type": "lifespan.startup.complete"})
        # A second Ctrl-C cancels this instead of asking, and what `stop` ends would hold it up.
        with suppress(asyncio.CancelledError):
            await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, exchange: "Exchange") -> None:
        try:
            if exchange.preflight is not None:
                await exchange.answer_preflight(exchange.preflight)
                return
            raw_path = scope.get("raw_path") or b""
            if b"%" in raw_path:
                _check_path(raw_path)
            await self._room(scope)(scope, exchange.receive, exchange.send)
        except ClientGone:
            raise
        except Exception as error:
            if exchange.status:
                raise
            await answer_to(error)(scope, exchange.receive, exchange.send)

    def _room(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        for prefix, app in self._rooms:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                return app
        return self._rest


# Ids are to be told apart, not to be secret: a random start and a count, without a system call.
_request_ids = itertools.count(secrets.randbits(60))


def new_request_id() -> bytes:
    """An id for a request that brought none."""
    return b"req_%015x" % next(_request_ids)


def fields_of_every_answer(
    headers: Iterable[tuple[bytes, bytes]],
) -> list[tuple[bytes, bytes]]:
    """The fields that the answer to a request with these has, whoever answers: its id, and CORS."""
    return Exchange({"headers": headers}, _nothing, _nothing).fields


def _with_fields(scope: Scope, send: Send) -> Send:
    """Give the answer that refuses a WebSocket's handshake the fields of every answer."""

    async def send_with_fields(message: Message) -> None:
        if message["type"] == "websocket.http.response.start":
            fields = fields_of_every_answer(scope["headers"])
            message = {**message, "headers": [*message["headers"], *fields]}
        await send(message)

    return send_with_fields


async def _nothing(*_: Any) -> Any:
    raise ClientGone


class Exchange:
    """One request and its answer, as the gateway watches them pass."""

    __slots__ = ("_late", "_receive", "_scope", "_send", "fields", "preflight", "status", "unread")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._late = False
        self.status = 0
        self.unread = False
        self.preflight: dict[str, bytes] | None = None
        self.fields: list[tuple[bytes, bytes]] = [(b"vary", b"Origin")]
        origin = request_id = None
        asked: dict[str, bytes] = {}
        for name, value in scope["headers"]:
            if name == b"content-length":
                self.unread = value != b"0"
            elif name == b"transfer-encoding":
                self.unread = True
            elif name == b"x-request-id":
                request_id = value if _REQUEST_ID.fullmatch(value) else None
            elif name == b"origin":
                origin = value
            elif name.startswith(b"access-control-request-"):
                asked[name[23:].decode("latin-1")] = value
        self.fields.append((b"x-request-id", request_id or new_request_id()))
        if origin is not None:
            self._allow(origin)
            if scope.get("method") == "OPTIONS" and "method" in asked:
                self.preflight = asked

    def _allow(self, origin: bytes) -> None:
        self.fields += [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED),
        ]

    async def receive(self) -> Message:
        """The next part of the request."""
        message = await self._receive()
        if not message.get("more_body", False):
            self.unread = False
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on with our header fields; drain the request after an early one."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *self.fields]
            if self.unread:
                self._late = True
                headers.append((b"connection", b"close"))
            await self._send({**message, "headers": headers})
        elif self._late and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._drain()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    async def _drain(self) -> None:
        seen = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.unread and seen < DRAIN_BYTES:
                    message = await asyncio.wait_for(self.receive(), DRAIN_IDLE_SECONDS)
                    seen += len(message.get("body", b""))

    async def answer_preflight(self, asked: Mapping[str, bytes]) -> None:
        """Answer a CORS preflight (Fetch standard, "CORS protocol")."""
        names = [name.strip() for name in asked.get("headers", b"").decode("latin-1").split(",")]
        allowed = [
            name
            for name in names
            if name.lower() in _ALLOWED_HEADERS
            or re.fullmatch(r"x-mock-[a-z0-9-]+", name, re.IGNORECASE)
        ]
        headers = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", ", ".join(allowed).encode()),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        ]
        if asked.get("private-network", b"").lower() == b"true":
            headers.append((b"access-control-allow-private-network", b"true"))
        await self.send({"type": "http.response.start", "status": 204, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _stop(scope: Scope, exchange: Exchange) -> None:
    """Answer a request that the server, being stopped, has waited for long enough."""
    exchange.unread = False
    if not exchange.status:
        error = ServiceUnavailable(
            "The server stopped before the request was complete. Send it again."
        )
        await answer_to(error)(scope, exchange.receive, exchange.send)


def _check_path(raw_path: bytes) -> None:
    """Refuse what no path of ours can mean; an encoded slash never becomes another path."""
    broken = _BROKEN_PERCENT.search(raw_path)
    if broken is None:
        with suppress(UnicodeDecodeError):
            unquote(raw_path.decode("ascii"), errors="strict")
            return
    shown = raw_path[:200].decode("ascii", "replace")
    raise NotFound(
        f"The path {shown} matches nothing: its percent-encoding is broken, not UTF-8, or hides "
        "a slash (%2F). Encode each path segment as RFC 3986 says."
    )


def _from_own_page(scope: Scope) -> bool:
    """Whether a page of the mock asks for its own sake: an open inspector asks all the time."""
    own = (b"sec-fetch-site", b"same-origin") in scope["headers"]
    return own and not scope["path"].startswith("/voice/")


def _log(scope: Scope, exchange: Exchange, seconds: float) -> None:
    status: Any = exchange.status or "client left"
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    logger.info("%s %s %s %.1f ms", scope["method"], path, status, seconds * 1000)
