"""One write for the head and the body of an answer."""

import asyncio
from collections.abc import Callable


class JoinedWrites:
    """The transport for one answer: its head is sent together with the first part of its body.

    uvicorn writes both one after the other; one system call less saves a tenth of a small upload.

    Args:
        transport: The connection's own transport.
        started: Whether the answer has begun; before that, a write is `100 Continue`.
        on_complete: Called at the end of the answer.
    """

    __slots__ = ("_head", "_on_complete", "_started", "_transport")

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        started: Callable[[], bool],
        on_complete: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._started = started
        self._on_complete = on_complete
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Write bytes, but hold back the head until the next call."""
        if self._head:
            data, self._head = self._head + data, b""
        elif self._head is None and self._started():
            self._head = data
            return
        self._transport.write(data)

    def complete(self) -> None:
        """Write a head that has no body, and end the answer."""
        self._write_head()
        self._on_complete()

    def close(self) -> None:
        """Write what is held back, and close the connection."""
        self._write_head()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def _write_head(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""
