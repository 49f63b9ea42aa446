"""The outermost middleware: request ids, CORS, early answers, and unexpected errors."""

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
from scribe_mock.server.steering.call import REQUEST_ID

logger = logging.getLogger("scribe_mock.requests")

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

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})|%2[fF]")


class Gateway:
    """The whole server as one ASGI app, made of several apps under different paths.

    Args:
        apps: Path prefix → ASGI app; the longest prefix wins, and "" is for all other paths.
        streams: The app for all WebSockets.
        start: Called once before the first request, with or without the lifespan protocol.
        stop: Called when the lifespan ends.
        log_requests: Log one line per answer, except for requests of the mock's own pages.
    """

    def __init__(
        self,
        apps: Mapping[str, ASGIApp],
        *,
        streams: ASGIApp,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        log_requests: bool,
    ) -> None:
        # The prefixes and their apps, the longest first, by the first segment of their paths.
        self._apps: dict[str, list[tuple[str, ASGIApp]]] = {}
        for prefix in sorted(filter(None, apps), key=len, reverse=True):
            first = prefix[1:].partition("/")[0]
            self._apps.setdefault(first, []).append((prefix, apps[prefix]))
        self._rest = apps[""]
        self._streams = streams
        self._stop = stop
        self._start: Callable[[], Awaitable[None]] | None = start
        self._starting = asyncio.Lock()
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, one WebSocket, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._start is not None:
            await self._begin()
        if scope["type"] == "websocket":
            scope[REQUEST_ID] = request_id_of(dict(scope["headers"]))
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
        # A second Ctrl-C cancels this wait, and `stop` must run then, too.
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
            await self._app_for(scope)(scope, exchange.receive, exchange.send)
        except ClientGone:
            raise
        except Exception as error:
            if exchange.status:
                raise
            await answer_to(error)(scope, exchange.receive, exchange.send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        for prefix, app in self._apps.get(path[1:].partition("/")[0], ()):
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                return app
        return self._rest


# Ids must differ, but need not be secret: a random start and a counter need no system call.
_request_ids = itertools.count(secrets.randbits(60))


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
) -> list[tuple[bytes, bytes]]:
    """The header fields of every answer to a request with these headers: its id, and CORS."""
    return Exchange({"headers": headers}, _nothing, _nothing).fields


def _with_fields(scope: Scope, send: Send) -> Send:
    """Add the fields of every answer to the one that refuses a WebSocket's handshake."""

    async def send_with_fields(message: Message) -> None:
        if message["type"] == "websocket.http.response.start":
            fields = Exchange(scope, _nothing, _nothing).fields
            message = {**message, "headers": [*message["headers"], *fields]}
        await send(message)

    return send_with_fields


async def _nothing(*_: Any) -> Any:
    raise ClientGone


class Exchange:
    """One request and its answer, on their way through the gateway."""

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
        headers = dict(scope["headers"])
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            self.unread = True
        request_id = scope.get(REQUEST_ID) or request_id_of(headers)
        self.fields.append((b"x-request-id", request_id))
        scope[REQUEST_ID] = request_id
        prefer = headers.get(b"prefer")
        if prefer is not None or b"__prefer=" in scope.get("query_string", b""):
            scope["scribe_mock.prefer"] = prefer
        origin = headers.get(b"origin")
        if origin is not None:
            self._allow(origin)
            if scope.get("method") == "OPTIONS" and b"access-control-request-method" in headers:
                self.preflight = {
                    name[23:].decode("latin-1"): value
                    for name, value in headers.items()
                    if name.startswith(b"access-control-request-")
                }

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
        """Pass the answer on with our header fields, and read the rest of the request."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *self.fields]
            if self.unread:
                self._late = True
                headers.append((b"connection", b"close"))
            message["headers"] = headers
            await self._send(message)
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


async def _stop(scope: Scope, exchange: Exchange) -> None:
    """Answer a request that is not complete when a stopping server ends its wait."""
    exchange.unread = False
    if not exchange.status:
        error = ServiceUnavailable(
            "The server stopped before the request was complete. Send it again."
        )
        await answer_to(error)(scope, exchange.receive, exchange.send)


def _check_path(raw_path: bytes) -> None:
    """Raise NotFound for a path with an invalid encoding, or with an encoded slash."""
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
    """Whether a page of the mock sent the request: an open inspector sends many."""
    own = (b"sec-fetch-site", b"same-origin") in scope["headers"]
    return own and not scope["path"].startswith("/voice/")


def _log(scope: Scope, exchange: Exchange, seconds: float) -> None:
    status: Any = exchange.status or "client left"
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    logger.info("%s %s %s %.1f ms", scope["method"], path, status, seconds * 1000)
