"""How many requests are under way: few at first, more for as long as the server keeps up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Requests under way at first; and at most, beside those that a rule sends together.
_FIRST, _MOST = 4, 16
#: At most on a server that takes so many seconds for an answer: of these, twice as many are fewer
#: requests a second than a quicker server gets.
_MOST_IF_SLOW, _SLOW = 32, 0.25
#: The server keeps up when an answer takes less than this, or than twice the least ...
_QUICK = 0.5
#: ... and it does not when an answer takes longer than this and four times the least, in seconds.
_TOO_LONG = 2.0


class Connections:
    """Bounds the requests that are under way, and tries to find out how many the server can take.

    A server that answers one request after another would else be given so many at a time that the
    last ones get no answer before the timeout, which is not its fault.

    Args:
        most: What the run allows, however well the server keeps up.
    """

    def __init__(self, most: int) -> None:
        self._allowed = min(_FIRST, most)
        self._most = most
        self._busy = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._least = float("inf")
        self._since_change = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Be one of those under way; waiters are served in order."""
        if self._busy >= self._allowed or self._line:
            await self._turn()
        else:
            self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._admit()

    def answered(self, seconds: float) -> None:
        """Take note of how long a success took, with a short request.

        Refusals can come from a proxy or from the HTTP parser, which are quicker than the rest.
        """
        self._least = min(self._least, seconds)
        self._since_change += 1
        if seconds < max(_QUICK, 2 * self._least):
            most = _MOST if self._least < _SLOW else _MOST_IF_SLOW
            if self._line and self._allowed < min(most, self._most):
                self._allowed += 1
        elif seconds > max(_TOO_LONG, 4 * self._least) and self._since_change > self._allowed:
            self._allowed = max(1, self._allowed // 2)
            self._since_change = 0
        self._admit()

    async def _turn(self) -> None:
        """Wait in the line; who leaves it counts as under way."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._busy -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._line and self._busy < self._allowed:
            place = self._line.popleft()
            if not place.done():
                self._busy += 1
                place.set_result(None)
