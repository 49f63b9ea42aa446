"""Which sessions may be evicted when memory is short, and in which order."""

import heapq
from collections.abc import Callable

from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.session import Session

#: The time at which a session is over, and its id.
_Pair = tuple[float, str]


class Eviction:
    """Finished sessions, then expired ones, those that have been over for longest first.

    Each is judged by the clock that it goes by. Outdated pairs stay in the heaps until they come to
    the top or are too many.

    Args:
        clocks: All clocks.
        find: The stored session with an id, or None.
    """

    def __init__(self, clocks: Clocks, find: Callable[[str], Session | None]) -> None:
        self._clocks = clocks
        self._find = find
        self._done: dict[Clock, list[_Pair]] = {}
        self._expiring: dict[Clock, list[_Pair]] = {}

    def add(self, session: Session, stored: int) -> None:
        """Note when a session is over.

        Args:
            session: A session that was stored or changed, or that another clock counts for now.
            stored: How many sessions there are.
        """
        heaps = self._done if session.outcome is not None else self._expiring
        clock = self._clocks.of(session)
        heap = heaps.get(clock)
        if heap is None:
            self._drop_clocks(heaps)
            heap = heaps[clock] = []
        heapq.heappush(heap, (_over_at(session), session.session_id))
        if len(heap) > 64 + 2 * stored:
            heap[:] = sorted({pair for pair in heap if self._holds(heaps, clock, pair)})

    def choose(self, over: int, size_of: Callable[[str], int]) -> tuple[list[str], int]:
        """The sessions to evict to get `over` bytes, and how many bytes are missing then.

        Those that are not evicted in the end have to be added again.

        Args:
            over: How many bytes are wanted.
            size_of: How many bytes it gives to evict a session.
        """
        chosen: dict[str, None] = {}
        for heaps in (self._done, self._expiring):
            now = {clock: clock.now() for clock, heap in heaps.items() if heap}
            # How long ago the first session of each clock was over, the longest first.
            heads = [(heaps[clock][0][0] - now[clock], id(clock), clock) for clock in now]
            heapq.heapify(heads)
            while over > 0 and heads and heads[0][0] <= 0:
                clock = heapq.heappop(heads)[2]
                pair = heapq.heappop(heaps[clock])
                if pair[1] not in chosen and self._holds(heaps, clock, pair):
                    chosen[pair[1]] = None
                    over -= size_of(pair[1])
                if heaps[clock]:
                    heapq.heappush(heads, (heaps[clock][0][0] - now[clock], id(clock), clock))
        return list(chosen), max(over, 0)

    def _drop_clocks(self, heaps: dict[Clock, list[_Pair]]) -> None:
        """Forget the clocks that count for no session any more, once they may be half of all."""
        if len(heaps) <= 64 + 2 * self._clocks.count:
            return
        for clock, heap in list(heaps.items()):
            while heap and not self._holds(heaps, clock, heap[0]):
                heapq.heappop(heap)
            if not heap:
                del heaps[clock]

    def _holds(self, heaps: dict[Clock, list[_Pair]], clock: Clock, pair: _Pair) -> bool:
        session = self._find(pair[1])
        if session is None or self._clocks.of(session) is not clock:
            return False
        done = session.outcome is not None
        return done == (heaps is self._done) and _over_at(session) == pair[0]


def _over_at(session: Session) -> float:
    return session.done_at if session.outcome is not None else session.expires_at
