"""How many entries the journal has lost, and whose."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.record import Record

#: How many owners, and how many sessions, have a count of their own.
_MOST_COUNTED = 10_000


class Evictions:
    """Counts evicted entries by owner and by session, so that one test's noise is no other's.

    When too many have a count, the oldest lose theirs: then their losses count for all those of
    whom nothing is known.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._total = 0
        self._of_owners: dict[str, int] = {}
        self._of_sessions: dict[str, int] = {}
        self._lost_owners = 0
        self._lost_sessions = 0
        #: The latest time of an evicted entry.
        self.latest = float("-inf")

    @classmethod
    def counted(
        cls,
        total: int,
        latest: float,
        of_owners: dict[str, int],
        of_sessions: dict[str, int],
        lost: tuple[int, int],
    ) -> Self:
        """Evictions that were counted elsewhere.

        Args:
            total: How many there are.
            latest: The latest time of an evicted entry.
            of_owners: How many of them are of which owner.
            of_sessions: How many of them are of which session.
            lost: How many count for all owners, and for all sessions, of whom nothing is known.
        """
        evictions = cls()
        evictions._total, evictions.latest = total, latest
        evictions._of_owners, evictions._of_sessions = of_owners, of_sessions
        evictions._lost_owners, evictions._lost_sessions = lost
        return evictions

    def add(self, records: Sequence[Record]) -> None:
        """Count entries that the journal loses."""
        if not records:
            return
        self._total += len(records)
        self.latest = max(self.latest, records[-1].at)
        whose = Counter((record.caller, record.owner, record.session_id) for record in records)
        owners, sessions = self._of_owners, self._of_sessions
        for (caller, owner, session_id), count in whose.items():
            owners[caller] = owners.get(caller, 0) + count
            if owner is not None and owner != caller:
                owners[owner] = owners.get(owner, 0) + count
            if session_id is not None:
                sessions[session_id] = sessions.get(session_id, 0) + count
        self._bound()

    def _bound(self) -> None:
        while len(self._of_owners) > _MOST_COUNTED:
            self._lost_owners += self._of_owners.pop(next(iter(self._of_owners)))
        while len(self._of_sessions) > _MOST_COUNTED:
            self._lost_sessions += self._of_sessions.pop(next(iter(self._of_sessions)))

    def of(self, scope: Scope) -> int:
        """How many entries of a scope are lost, at most."""
        if scope.session_id is not None:
            return self._of_sessions.get(scope.session_id, self._lost_sessions)
        if scope.owner is not None:
            return self._of_owners.get(scope.owner, self._lost_owners)
        return self._total

    def forget(self, scope: Scope) -> None:
        """Count no earlier losses of this scope."""
        if scope.session_id is not None:
            self._of_sessions.pop(scope.session_id, None)
            self._of_sessions[scope.session_id] = 0
        elif scope.owner is not None:
            self._of_owners.pop(scope.owner, None)
            self._of_owners[scope.owner] = 0
        else:
            self.clear()
        self._bound()
