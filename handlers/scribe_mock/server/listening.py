"""The listening socket, and the HTTP server around an app."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from scribe_mock.api.stopping import STOPPING
from scribe_mock.api.stream import MAX_MESSAGE_BYTES
from scribe_mock.errors import AddressError
from scribe_mock.server.certificates import Certificate
from scribe_mock.server.departure import Departure
from scribe_mock.server.uvicorn_internals.http import BoundedProtocol
from scribe_mock.server.uvicorn_internals.server import (
    all_connections,
    forget_signals,
    http_connections,
    tell_requests,
)
from scribe_mock.server.uvicorn_internals.websocket import BoundedWebSocket

#: Seconds that requests in flight get to finish after Ctrl-C or SIGTERM.
GRACE_SECONDS = 30

#: Ticks of uvicorn's main loop, ten a second, between two checks for stalled connections.
_SWEEP_TICKS = 10


class Server(uvicorn.Server):
    """uvicorn's server, which also closes stalled connections.

    Args:
        app: What it serves.
        certificate: For https; without one it serves http.
        max_connections: The most connections; more get 503 and are closed.
        leave_seconds: How long it goes on to accept connections after SIGTERM, while it says that
            it leaves; None to stop at once.
        on_ready: Called when it serves.
    """

    def __init__(
        self,
        app: ASGIApp,
        certificate: Certificate | None = None,
        *,
        max_connections: int = 5000,
        leave_seconds: float | None = None,
        on_ready: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # uvicorn calls it, and asks for no class.
                http=cast(Any, partial(BoundedProtocol, max_connections=max_connections)),
                ws=BoundedWebSocket,
                ws_max_size=MAX_MESSAGE_BYTES,
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ssl_certfile=None if certificate is None else certificate.certfile,
                ssl_keyfile=None if certificate is None else certificate.keyfile,
            )
        )
        self.ready = threading.Event()
        self._leave_seconds = leave_seconds
        self._on_ready = on_ready
        self._departure: Departure | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop; `ready` is not set when the app failed to start."""
        # uvicorn ends the process itself then, with an exit code that means something else here.
        with suppress(SystemExit):
            super().run(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; `ready` is set unless the app failed to start."""
        await super().startup(sockets)
        if self.started:
            self.ready.set()
            if self._on_ready is not None:
                self._on_ready()

    def leave(self, seconds: float) -> None:
        """Stop after so many seconds, and so that no request on a kept connection fails."""
        if not self.started:
            self.should_exit = True
        elif self._departure is None:
            tell_requests(self, **{STOPPING: True})
            self._departure = Departure(seconds)

    async def on_tick(self, counter: int) -> bool:
        """Close stalled connections about once a second."""
        now = asyncio.get_running_loop().time()
        if self._departure is not None:
            gone = self._departure.go_on(now, self.servers, all_connections(self))
            self.should_exit = self.should_exit or gone
        if counter % _SWEEP_TICKS == 0:
            for connection in http_connections(self):
                connection.close_if_stalled(now)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave, or stop when requests in progress are done; a second signal stops at once."""
        if sig == signal.SIGTERM and self._leave_seconds is not None and self._departure is None:
            self.leave(self._leave_seconds)
            return
        super().handle_exit(sig, frame)
        forget_signals(self)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises AddressError if the address cannot be listened on.

    Args:
        host: A name or an address, IPv4 or IPv6.
        port: 0 for any free one.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"{host} is not an address to listen on: {error.strerror}.") from None
    except ValueError:  # a label of no or too many letters, or a zero byte
        raise AddressError(f"{host!r:.300} is not an address to listen on: no such name.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise AddressError(
            f"Can't listen on {host} port {port}: {error.strerror}. "
            "Choose another with --port, or any free one with --port 0."
        ) from None
    return listener


def address_of(listener: socket.socket, certificate: Certificate | None = None) -> str:
    """`http://host:port` of a listening socket, or `https:` where the server has a certificate.

    An unspecified address is shown as localhost.
    """
    scheme = "http" if certificate is None else "https"
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine can connect to a listening socket."""
    host, *_ = listener.getsockname()
    return ip_address(host.partition("%")[0]).is_loopback
