"""The outermost middleware: which app answers, unexpected errors, the journal and metrics."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.errors import ApiError, ClientGone, NotFound, ServiceUnavailable
from scribe_mock.server.exchange import Exchange
from scribe_mock.server.observation import Observation
from scribe_mock.server.recorder import Recorder

#: Answer whatever the store does; the first does not even ask it.
_LIVE = "/_mock/live"
_WITHOUT_STORE = frozenset({_LIVE, "/_mock/health", "/_mock/metrics"})

_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})|%2[fF]")


class Gateway:
    """The whole server as one ASGI app, made of several apps under different paths.

    Args:
        apps: Path prefix → ASGI app; the longest prefix wins, and "" is for all other paths.
        streams: The app for all WebSockets.
        start: Called once before the first request, with or without the lifespan protocol.
        stop: Called when the lifespan ends.
        recorder: Writes requests to the API, and WebSockets, into the journal, if there is one.
        observation: Tells the metrics, the traces and the log of each request.
        look: Learns before a request what other servers have changed, and returns why that is not
            possible; None for a server that is alone.
    """

    def __init__(
        self,
        apps: Mapping[str, ASGIApp],
        *,
        streams: ASGIApp,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        recorder: Recorder | None,
        observation: Observation,
        look: Callable[[str], Awaitable[ApiError | None]] | None = None,
    ) -> None:
        self.serve(apps)
        self._streams = streams
        self._stop = stop
        self._start: Callable[[], Awaitable[None]] | None = start
        self._starting = asyncio.Lock()
        self._recorder = recorder
        self._observation = observation
        self._look = look

    def serve(self, apps: Mapping[str, ASGIApp]) -> None:
        """Serve these apps from the next request on; those before are finished as they began."""
        # The prefixes and their apps, the longest first, by the first segment of their paths.
        self._apps: dict[str, list[tuple[str, ASGIApp]]] = {}
        for prefix in sorted(filter(None, apps), key=len, reverse=True):
            first = prefix[1:].partition("/")[0]
            self._apps.setdefault(first, []).append((prefix, apps[prefix]))
        self._rest = apps[""]
        #: The apps that work with what servers share.
        self._sharing = (self._rest, apps.get("/_mock"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, one WebSocket, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._start is not None:
            await self._begin()
        exchange = Exchange(scope, receive, send)
        if scope["type"] == "websocket":
            problem = None if self._look is None else await self._look(scope["path"])
            await self._stream(scope, exchange, problem)
            return
        app, problem = self._app_for(scope), None
        if self._look is not None and app in self._sharing and exchange.preflight is None:
            problem = await self._look(scope["path"]) if scope["path"] != _LIVE else None
        seen = app is self._rest and "scribe_mock.inspection" not in scope
        recorder = self._recorder if seen else None
        if recorder is not None:
            recorder.begin(scope, exchange)
        span = self._observation.begin(scope)
        try:
            if problem is not None and scope["path"] not in _WITHOUT_STORE:
                raise problem
            if exchange.preflight is None and b"%" not in (scope.get("raw_path") or b""):
                await app(scope, exchange.receive, exchange.send)
            else:
                await self._serve_special(app, scope, exchange)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            await _stop(scope, exchange)
        except Exception as error:
            if exchange.status:
                raise
            with suppress(ClientGone):
                await answer_to(error)(scope, exchange.receive, exchange.send)
        finally:
            if recorder is not None:
                recorder.finish(scope, exchange)
            self._observation.finish(scope, exchange, span)

    async def _stream(self, scope: Scope, exchange: Exchange, problem: ApiError | None) -> None:
        """Serve a WebSocket; its entry in the journal counts the bytes of its messages."""
        if self._recorder is not None:
            self._recorder.begin(scope, exchange)
        span = self._observation.begin(scope)
        streams = self._streams if problem is None else answer_to(problem)
        try:
            await streams(scope, exchange.hear, exchange.say)
        finally:
            if self._recorder is not None:
                self._recorder.finish(scope, exchange)
            self._observation.finish(scope, exchange, span)

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

    async def _serve_special(self, app: ASGIApp, scope: Scope, exchange: Exchange) -> None:
        """Serve a preflight, or a request of which the path must be looked at."""
        if exchange.preflight is not None:
            await exchange.answer_preflight(exchange.preflight)
            return
        _check_path(scope["raw_path"])
        await app(scope, exchange.receive, exchange.send)

    def _app_for(self, scope: Scope) -> ASGIApp:
        path = scope["path"]
        for prefix, app in self._apps.get(path[1:].partition("/")[0], ()):
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                return app
        return self._rest


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
