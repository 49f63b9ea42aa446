"""What uvicorn's server knows of its connections and signals."""

import uvicorn

from scribe_mock.server.uvicorn_internals.http import BoundedProtocol


def http_connections(server: uvicorn.Server) -> list[BoundedProtocol]:
    """The open HTTP connections of a server."""
    found = list(server.server_state.connections)
    return [connection for connection in found if isinstance(connection, BoundedProtocol)]


def forget_signals(server: uvicorn.Server) -> None:
    """Keep a server from raising the signal that stopped it a second time."""
    server._captured_signals.clear()
