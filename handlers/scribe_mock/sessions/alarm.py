"""Calls functions at times of any clock, with one timer for all of them."""

import asyncio
import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from scribe_mock.sessions.clock import Clock, system_time
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope

#: The longest wait in real seconds before the clocks are read again: the system's time may be set.
_LONGEST_WAIT = 600.0
#: The shortest wait for a clock that does not quite show the time yet.
_SHORTEST_WAIT = 0.001


@dataclass(slots=True)
class _Entry:
    """What is to be done when the clock of a session shows `at`; `due` is the system's time then.

    `due` is infinite while the clock stands still before that.
    """

    session_id: str
    owner: str
    at: float
    action: Callable[[], None]
    due: float = math.inf


class Alarm:
    """Times of clocks and what is done then. Use it in the server's event loop alone.

    When a clock is moved, all that is due by it is done at once; while it stands still it has no
    part in the timer.

    Args:
        clocks: All clocks.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._entries: dict[str, _Entry] = {}
        self._owned: dict[str, dict[str, _Entry]] = {}
        # Times that were set again or cancelled stay here until they come up or are too many.
        self._times: list[tuple[float, int, str]] = []
        self._count = count()
        self._timer: asyncio.TimerHandle | None = None
        clocks.watch(self._moved)

    def set(
        self, key: str, at: float, action: Callable[[], None], *, session_id: str, owner: str
    ) -> None:
        """Call `action` when a session's clock shows `at`, instead of what the key had before."""
        if at == math.inf:
            self.cancel(key)
            return
        before = self._take(key)
        entry = self._entries[key] = _Entry(session_id, owner, at, action)
        self._owned.setdefault(owner, {})[key] = entry
        if before is not None and before.at == at:
            entry.due = before.due
            return
        self._time(key, entry, self._left(entry, {}))
        self._drop_stale()
        if self._times and (self._timer is None or self._times[0][2] == key):
            self._wait()

    def cancel(self, key: str) -> None:
        """Do nothing at the time of this key."""
        self._take(key)
        self._drop_stale()

    def clear(self) -> None:
        """Cancel everything."""
        self._entries.clear()
        self._owned.clear()
        self._times.clear()
        self._wait()

    def _take(self, key: str) -> _Entry | None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            owned = self._owned[entry.owner]
            del owned[key]
            if not owned:
                del self._owned[entry.owner]
        return entry

    def _left(self, entry: _Entry, shown: dict[Clock, float]) -> float:
        """Real seconds until the entry's time; zero or less if it is over.

        Args:
            entry: The entry.
            shown: What the clocks show; one that is missing is read and added.
        """
        clock = self._clocks.find(entry.session_id, entry.owner)
        if clock not in shown:
            shown[clock] = clock.now()
        left = entry.at - shown[clock]
        return math.inf if left > 0 and clock.frozen else left

    def _time(self, key: str, entry: _Entry, left: float) -> None:
        entry.due = system_time() + left
        if entry.due < math.inf:
            heapq.heappush(self._times, (entry.due, next(self._count), key))

    def _holds(self, due: float, key: str) -> bool:
        return key in self._entries and self._entries[key].due == due

    def _drop_stale(self) -> None:
        if len(self._times) > 64 + 2 * len(self._entries):
            newest = {(due, key): (due, number, key) for due, number, key in self._times}
            self._times = sorted(t for (due, key), t in newest.items() if self._holds(due, key))

    def _moved(self, scope: Scope) -> None:
        """Time anew all that goes by the clocks of a scope, and do what is due by them."""
        shown: dict[Clock, float] = {}
        of_owner = self._entries if scope.owner is None else self._owned.get(scope.owner, {})
        for key, entry in of_owner.items():
            if scope.covers(entry.session_id, entry.owner):
                self._time(key, entry, self._left(entry, shown))
        self._drop_stale()
        self._ring()

    def _ring(self) -> None:
        """Do what is due, the earliest first."""
        while self._times and self._times[0][0] <= system_time():
            due, _, key = heapq.heappop(self._times)
            if not self._holds(due, key):
                continue
            entry = self._entries[key]
            left = self._left(entry, {})
            if left > 0:
                self._time(key, entry, max(left, _SHORTEST_WAIT))
            else:
                self._take(key)
                entry.action()
        self._wait()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._times:
            delay = min(max(self._times[0][0] - system_time(), 0.0), _LONGEST_WAIT)
            self._timer = asyncio.get_running_loop().call_later(delay, self._ring)
