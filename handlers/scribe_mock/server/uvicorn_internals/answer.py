"""Sends a small answer in one write."""

from functools import lru_cache
from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE

from scribe_mock.server import http_heads


@lru_cache(1024)
def _line(field: tuple[bytes, bytes]) -> bytes:
    """A header field as it is sent; empty for one that uvicorn has to look at."""
    name, value = field
    if name not in http_heads.PLAIN_FIELDS or HEADER_VALUE_RE.search(value):
        return b""
    return b"%b: %b\r\n" % field


class Answer:
    """One answer, of which head and body are sent in one write if the body is complete at once.

    uvicorn makes two writes and searches each header field for invalid characters by itself: a
    tenth of the time of a small upload. It still sends all other answers.
    """

    __slots__ = ("_cycle", "_head", "_send")

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer; the head is held back until the first part of the body."""
        if message["type"] == "http.response.start" and not self._cycle.response_started:
            self._head = message
            return
        if self._cycle.transport.is_closing():
            # The client has left: uvicorn is told of it at the next turn of the loop.
            self._cycle.disconnected = True
        head, self._head = self._head, None
        if head is not None:
            # Without this, both would be garbage that only the garbage collector finds.
            self._cycle.__dict__.pop("send", None)
            if self._sends_whole(head, message):
                return
            await self._send(head)
        await self._send(message)

    def _sends_whole(self, head: Message, message: Message) -> bool:
        """Send an answer, unless it needs more of uvicorn than to be written."""
        cycle, body = self._cycle, message.get("body", b"")
        if message.get("more_body") or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
            return False
        fields = [*cycle.default_headers, *head.get("headers", ())]
        length = (b"content-length", b"%d" % len(body))
        if cycle.disconnected or cycle.flow.write_paused or length not in fields:
            return False
        lines = [
            _line(f) if f[0] != b"x-request-id" else b"x-request-id: %b\r\n" % f[1] for f in fields
        ]
        if b"" in lines:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.transport.write(b"".join((STATUS_LINE[head["status"]], *lines, b"\r\n", body)))
        cycle.on_response()
        return True
