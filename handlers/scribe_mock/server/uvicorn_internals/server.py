"""What uvicorn's server knows of its connections and signals."""

import uvicorn

from scribe_mock.server.uvicorn_internals.http import BoundedProtocol


def http_connections(server: uvicorn.Server) -> list[BoundedProtocol]:
    """The open HTTP connections of a server."""
    found = list(server.server_state.connections)
    return [connection for connection in found if isinstance(connection, BoundedProtocol)]


def all_connections(server: uvicorn.Server) -> list[object]:
    """The open connections of a server, WebSockets too."""
    return list(server.server_state.connections)


def tell_requests(server: uvicorn.Server, **facts: object) -> None:
    """Put facts into the state that requests find in their scope, those in progress too."""
    server.lifespan.state.update(facts)
    for connection in http_connections(server):
        if connection.cycle is not None:
            connection.cycle.scope.get("state", {}).update(facts)


def forget_signals(server: uvicorn.Server) -> None:
    """Keep a server from raising the signal that stopped it a second time."""
    server._captured_signals.clear()
