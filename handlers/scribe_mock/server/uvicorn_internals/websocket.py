"""uvicorn's WebSocket with a bound on clients that do not read."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

#: The most bytes that wait to be sent on a WebSocket.
MAX_UNREAD_BYTES = 1024 * 1024


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which disconnects a client that does not read its answers to pings.

    Messages before an invalid frame are processed; uvicorn would drop them.
    """

    def data_received(self, data: bytes) -> None:
        """Bytes arrived from the client."""
        self.conn.receive_data(data)
        self.handle_events()
        if self.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self.transport.abort()
        elif self.conn.parser_exc is not None and not self.transport.is_closing():
            self.handle_parser_exception()
