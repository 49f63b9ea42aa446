"""The HTTP protocol under the app: uvicorn's, with bounds and with our envelope for its faults.

These faults belong to no operation, so the spec tells of them in prose and under
`x-outside-operations`: 400 for what is not HTTP, 408 for a request that stalls, 431 for a head
that is too large.
"""

import json
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from scribe_mock.pipeline.gateway import new_request_id

#: Bytes of a request line and its header fields together.
MAX_HEAD_BYTES = 64 * 1024
#: What one read from a socket gives at most: it may hold a body before the head that follows.
_READ_BYTES = 256 * 1024

#: Seconds for a head to be complete, between two parts of a body, and for a whole request.
HEAD_SECONDS = 30.0
IDLE_SECONDS = 30.0
REQUEST_SECONDS = 900.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose requests are bounded in the size of their head and in time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = True
        self._head_bytes = 0
        self._unparsed_bytes = 0
        self._too_large = False
        self._began = self._heard = self.loop.time()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._began = self._heard

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        self._unparsed_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body, handed on as it is: uvicorn would copy it twice on its way."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        waiting: Any = cycle.body
        cycle.body = waiting + body if waiting else body  # type: ignore[assignment]
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._heard = self.loop.time()
        super().data_received(data)
        if self._in_head:
            # A field that never ends does not reach `on_header`.
            self._unparsed_bytes += len(data)
            if self._unparsed_bytes > MAX_HEAD_BYTES + _READ_BYTES:
                self._too_large = True
                self.send_400_response("")

    def shutdown(self) -> None:
        """Stop when the request under way is done, but don't wait for one that only waits."""
        cycle = self.cycle
        waits = cycle is not None and cycle.scope.get("state", {}).get("waits", False)
        if waits and not cycle.response_complete:
            self.transport.close()
        else:
            super().shutdown()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._too_large = True
            raise ValueError("the head is too large")

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused; uvicorn would send plain text."""
        if self.cycle is not None and self.cycle.response_started:
            self.transport.close()
        elif self._too_large:
            self._refuse(
                "431 Request Header Fields Too Large",
                "headers_too_large",
                f"The request line and header fields have more than {MAX_HEAD_BYTES} bytes.",
            )
        else:
            self._refuse(
                "400 Bad Request", "invalid_request", "This is not a valid HTTP/1.1 request."
            )

    def close_if_stalled(self, now: float) -> None:
        """Answer 408 and close when the client takes too long; `now` is the loop's time."""
        if self.transport.is_closing():
            return
        reading_body = self.cycle is not None and self.cycle.more_body and not self._in_head
        if reading_body and not self.cycle.response_complete:
            stalled = not self.flow.read_paused and now - self._heard > IDLE_SECONDS
            stalled = stalled or now - self._began > REQUEST_SECONDS
        else:
            stalled = self._in_head and now - self._began > HEAD_SECONDS
        if not stalled:
            return
        if reading_body and self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(
                "408 Request Timeout",
                "request_timeout",
                f"The request stalled: nothing came for {IDLE_SECONDS:g} seconds, or it was not "
                f"complete after {REQUEST_SECONDS:g}.",
            )

    def _refuse(self, status: str, code: str, message: str) -> None:
        body = json.dumps({"error": {"code": code, "message": message}}).encode()
        head = (
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\nx-request-id: "
        )
        self.transport.write(head.encode() + new_request_id() + b"\r\n\r\n" + body)
        self.transport.close()
