"""`scribe-mock serve`: one process, or several that share a socket."""

import os
import socket
from collections.abc import Callable

from scribe_mock.app import create_app
from scribe_mock.errors import StartError
from scribe_mock.server.certificates import Certificate
from scribe_mock.server.listening import Server, address_of, is_loopback, listen
from scribe_mock.settings import Settings
from scribe_mock.steering.shared_metrics import OwnPlace, SharedMetrics
from scribe_mock.welcome import welcome
from scribe_mock.workers import Workers, places


class Serving:
    """A server that is about to start; one with a single process has loaded everything.

    Args:
        settings: How it is started.
        certificate: For https.

    Raises:
        StartError: it can't start.
    """

    def __init__(self, settings: Settings, certificate: Certificate | None) -> None:
        self._settings = settings
        self._certificate = certificate
        self._server: Server | None = None
        if settings.workers == 1:
            leaves = settings.shutdown_seconds or None
            self._server = Server(
                create_app(settings),
                certificate,
                max_connections=settings.max_connections,
                leave_seconds=leaves,
            )

    def run(self) -> int:
        """Serve until told to stop; returns the exit code, or raises StartError."""
        with listen(self._settings.host, self._settings.port) as listener:
            if self._server is None:
                return self._run_workers(listener)
            self._welcome(listener)
            self._server.run([listener])
        if not self._server.ready.is_set():
            raise StartError("The server did not start; the lines above say why.")
        return 0

    def _run_workers(self, listener: socket.socket) -> int:
        settings = self._settings
        shared = SharedMetrics(places(settings.workers))

        def make(place: int, on_ready: Callable[[], object]) -> Server:
            return Server(
                create_app(settings, place=OwnPlace(shared, place)),
                self._certificate,
                max_connections=settings.max_connections,
                leave_seconds=settings.shutdown_seconds,
                on_ready=on_ready,
            )

        return Workers(settings.workers, listener, make, lambda: self._welcome(listener)).run()

    def _welcome(self, listener: socket.socket) -> None:
        address = address_of(listener, self._certificate)
        reach = is_loopback(listener)
        shown = welcome(self._settings, address, is_loopback=reach, certificate=self._certificate)
        if self._settings.workers > 1:
            first, rest = shown.split("\n", 1)
            serve = f"{self._settings.workers} processes serve"
            shown = f"{first}\n{serve}; kill -HUP {os.getpid()} replaces them one by one.\n{rest}"
        print(shown, flush=True)
