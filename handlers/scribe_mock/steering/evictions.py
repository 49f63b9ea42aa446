"""How many entries the journal has lost, and whose."""

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

    def add(self, record: Record) -> None:
        """Count an entry that the journal loses."""
        self._total += 1
        self.latest = max(self.latest, record.at)
        owners, caller, owner = self._of_owners, record.caller, record.owner
        owners[caller] = owners.get(caller, 0) + 1
        if owner is not None and owner != caller:
            owners[owner] = owners.get(owner, 0) + 1
        session_id = record.session_id
        if session_id is not None:
            self._of_sessions[session_id] = self._of_sessions.get(session_id, 0) + 1
        self._bound()

    def _bound(self) -> None:
        if len(self._of_owners) > _MOST_COUNTED:
            self._lost_owners += self._of_owners.pop(next(iter(self._of_owners)))
        if len(self._of_sessions) > _MOST_COUNTED:
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
