"""uvicorn's WebSocket with a bound on clients that do not read."""

from typing import cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from scribe_mock.server.breakable import Breakable
from scribe_mock.server.steering.call import CONNECTION

#: The most bytes that wait to be sent on a WebSocket.
MAX_UNREAD_BYTES = 1024 * 1024


class BoundedWebSocket(Breakable, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which disconnects a client that does not read its answers to pings.

    Messages before an invalid frame are processed; uvicorn would drop them.
    """

    def data_received(self, data: bytes) -> None:
        """Bytes arrived from the client."""
        if self.broken:
            return
        self.conn.receive_data(data)
        self.handle_events()
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()
        elif self.conn.parser_exc is not None and not self.transport.is_closing():
            self.handle_parser_exception()

    def give_up(self) -> None:
        """Answer nothing more: the connection is about to end."""
        super().give_up()
        self.handshake_complete = True

    def handle_connect(self, event: Request) -> None:
        """The head of the handshake is complete."""
        super().handle_connect(event)
        if not self.handshake_complete:
            cast(Scope, self.scope)[CONNECTION] = self

    def handle_ping(self) -> None:
        """A ping arrived; websockets has written the pong already."""
        if self.deaf:
            self.conn.data_to_send()
        else:
            super().handle_ping()
