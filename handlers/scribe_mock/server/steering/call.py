"""One request on its way through a fault."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scribe_mock.errors import ClientGone, ServiceUnavailable
from scribe_mock.steering.fault import Fault, Target

#: The key of a scope under which the server puts the connection of the request.
CONNECTION = "scribe_mock.connection"
#: The same for the id of the request.
REQUEST_ID = "scribe_mock.request_id"


class Connection(Protocol):
    """The connection of a request, as faults use it."""

    #: Whether the client may be slow for as long as a fault says.
    patient: bool
    #: Whether a WebSocket gets no pongs.
    deaf: bool

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""

    async def wait_until_gone(self) -> None:
        """Wait until the connection has ended."""

    async def flushed(self, seconds: float) -> None:
        """Wait until the client's kernel has all that was written, at most so many seconds."""

    def reset(self) -> None:
        """End it with a TCP reset; nothing more is answered."""

    def close(self) -> None:
        """End it in order: the client sees an end without an answer."""

    def close_unread(self) -> None:
        """Send what is written, then close without reading what has arrived."""

    def narrow(self) -> None:
        """Let the kernel buffer little of what the client sends."""


@dataclass(slots=True)
class Call:
    """A request, what is known of it, and the app that would answer it.

    Args:
        target: What is known of it.
        app: Answers it.
        scope, receive, send: ASGI's.
    """

    target: Target
    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    #: The fault that decides what it meets, once there is one, and what takes back that it fired.
    fault: Fault = field(init=False)
    spare_fault: Callable[[Fault], Awaitable[None]] = field(init=False)
    #: Whether that fault had no occasion to do what it does.
    spared: bool = field(init=False, default=False)

    async def proceed(self, receive: Receive | None = None, send: Send | None = None) -> None:
        """Let the app answer it, with another `receive` or `send` if given."""
        await self.app(self.scope, receive or self.receive, send or self.send)

    async def spare(self) -> None:
        """Take back that its fault fired: it had no occasion to do what it does."""
        self.spared = True
        await self.spare_fault(self.fault)

    @property
    def connection(self) -> Connection:
        """Its connection; raises ServiceUnavailable where the server does not give it away."""
        return connection_of(self.scope)

    @property
    def request_id(self) -> str:
        """The `X-Request-Id` of its answer."""
        request_id: bytes = self.scope[REQUEST_ID]
        return request_id.decode("latin-1")

    def note(self, **facts: Any) -> None:
        """Write facts into the journal's record of the request."""
        note(self.scope, **facts)

    def announced_bytes(self) -> int | None:
        """Its Content-Length."""
        for name, value in self.scope["headers"]:
            if name == b"content-length":
                return int(value)
        return None

    def end(self, how: str, outcome: str) -> None:
        """End the connection without an answer, by `reset` or `close`; raises ClientGone."""
        self.note(outcome=outcome)
        if how == "reset":
            self.connection.reset()
        else:
            self.connection.close()
        raise ClientGone


def connection_of(scope: Scope) -> Connection:
    """The connection of a request; raises ServiceUnavailable where the server has none to give."""
    connection: Connection | None = scope.get(CONNECTION)
    if connection is None:
        raise ServiceUnavailable(
            "This fault needs the connection, which the server that runs the mock does not give "
            "away. Use `scribe-mock serve` or MockServer."
        )
    return connection


def note(scope: Scope, **facts: Any) -> None:
    """Write facts into the journal's record of a request, if it has one."""
    record = scope.get("scribe_mock.record")
    if record is not None:
        for name, value in facts.items():
            setattr(record, name, value)


class Replay:
    """Gives parts of a body that were read already, then the rest.

    Args:
        parts: The parts.
        receive: Gives the rest; None if there is none.
    """

    def __init__(self, parts: list[bytes], receive: Receive, more: bool) -> None:
        self._parts = parts[::-1]
        self._receive = receive
        self._more = more

    async def __call__(self) -> Message:
        """ASGI's receive."""
        if self._parts:
            body = self._parts.pop()
            more = self._more or bool(self._parts)
            return {"type": "http.request", "body": body, "more_body": more}
        return await self._receive()


async def read_up_to(receive: Receive, size: int) -> tuple[list[bytes], int, bool]:
    """Read a body until it has `size` bytes or its end comes.

    Returns:
        Its parts, their size, which can be above `size`, and whether there is more.

    Raises:
        ClientGone: the connection ended before.
    """
    parts: list[bytes] = []
    count, more = 0, True
    while more and count < size:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        parts.append(part)
        count += len(part)
        more = message.get("more_body", False)
    return parts, count, more
