"""How many requests are under way: few at first, more for as long as the server keeps up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Requests under way at first; and at most, beside those that a rule sends together.
_FIRST, _MOST = 4, 16
#: At most on a server that takes so many seconds for an answer: three times as many are still fewer
#: requests a second than a quicker server gets.
_MOST_IF_SLOW, _SLOW = 48, 0.25
#: The server keeps up when an answer takes less than this, or than twice the least ...
_QUICK = 0.5
#: ... and it does not when an answer takes longer than this and four times the least, in seconds.
_TOO_LONG = 2.0


class Line:
    """Lets so many pass at a time; the others wait in a line, and are served in order.

    Args:
        allowed: How many may be inside.
    """

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._inside = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @property
    def is_full(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    @asynccontextmanager
    async def take(self, count: int = 1) -> AsyncIterator[None]:
        """Be inside, as so many."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((place, count))
        self.admit()
        try:
            await place
            yield
        finally:
            if place.done() and not place.cancelled():
                self._inside -= count
            self.admit()

    def admit(self) -> None:
        """Let in whoever may enter; to be called when more are allowed."""
        while self._waiting:
            place, count = self._waiting[0]
            if not place.done():
                if self._inside and self._inside + count > self.allowed:
                    return
                self._inside += count
                place.set_result(None)
            self._waiting.popleft()


class Connections(Line):
    """Bounds the requests that are under way, and tries to find out how many the server can take.

    A server that answers one request after another would else be given so many at a time that the
    last ones get no answer before the timeout, which is not its fault.

    Args:
        most: What the run allows, however well the server keeps up.
    """

    def __init__(self, most: int) -> None:
        super().__init__(min(_FIRST, most))
        self._most = most
        self._least = float("inf")
        self._since_change = 0

    def answered(self, seconds: float) -> None:
        """Take note of how long a success took, with a short request.

        Refusals can come from a proxy or from the HTTP parser, which are quicker than the rest.
        """
        self._least = min(self._least, seconds)
        self._since_change += 1
        if seconds < max(_QUICK, 2 * self._least):
            most = _MOST if self._least < _SLOW else _MOST_IF_SLOW
            if self.is_full and self.allowed < min(most, self._most):
                self.allowed += 1
        elif seconds > max(_TOO_LONG, 4 * self._least) and self._since_change > self.allowed:
            self.allowed = max(1, self.allowed // 2)
            self._since_change = 0
        self.admit()
