"""Calls functions at times of the clock, with one timer for all of them."""

import asyncio
import heapq
import math
from collections.abc import Callable
from itertools import count

from scribe_mock.sessions.clock import Clock

#: The longest wait in real seconds before the clock is read again: the system's time may be set.
_LONGEST_WAIT = 600.0


class Alarm:
    """Times of the clock and what is done then. Use it in the server's event loop alone.

    When the clock is moved, all that is due is done at once; while it stands still there is no
    timer.

    Args:
        clock: The one clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._actions: dict[str, tuple[float, Callable[[], None]]] = {}
        # Times that were set again or cancelled stay here until they come up or are too many.
        self._times: list[tuple[float, int, str]] = []
        self._count = count()
        self._timer: asyncio.TimerHandle | None = None
        clock.watch(self._ring)

    def set(self, key: str, at: float, action: Callable[[], None]) -> None:
        """Call `action` at this time, in seconds since 1970, instead of what the key had before."""
        before = self._actions.get(key)
        if at == math.inf:
            self.cancel(key)
            return
        self._actions[key] = (at, action)
        if before is None or before[0] != at:
            heapq.heappush(self._times, (at, next(self._count), key))
            self._drop_stale()
            if self._timer is None or self._times[0][2] == key:
                self._wait()

    def cancel(self, key: str) -> None:
        """Do nothing at the time of this key."""
        self._actions.pop(key, None)
        self._drop_stale()

    def clear(self) -> None:
        """Cancel everything."""
        self._actions.clear()
        self._times.clear()
        self._wait()

    def _holds(self, at: float, key: str) -> bool:
        return key in self._actions and self._actions[key][0] == at

    def _drop_stale(self) -> None:
        if len(self._times) > 64 + 2 * len(self._actions):
            newest = {(at, key): (at, number, key) for at, number, key in self._times}
            self._times = sorted(t for (at, key), t in newest.items() if self._holds(at, key))

    def _ring(self) -> None:
        """Do what is due, the earliest first."""
        while self._times and self._times[0][0] <= self._clock.now():
            at, _, key = heapq.heappop(self._times)
            if self._holds(at, key):
                self._actions.pop(key)[1]()
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._times:
            return
        seconds = self._times[0][0] - self._clock.now()
        if seconds <= 0 or not self._clock.frozen:
            delay = min(max(seconds, 0.0), _LONGEST_WAIT)
            self._timer = asyncio.get_running_loop().call_later(delay, self._ring)
