"""All clocks of one server: the root, those of owners, and those of sessions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.noting import Noted, not_shared
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session

#: The most owners that may have a clock of their own.
MAX_OWNERS = 10_000

#: What the key of an entry begins with: of the root's, an owner's, and a session's clock.
_ROOT, _OWNER, _SESSION = "r", "o", "s"

#: Is told for which scope the time has changed.
Watcher = Callable[[Scope], None]


class Clocks:
    """The clocks of one server. Use them in the server's event loop alone.

    An owner's clock goes by the root, and a session's by its owner's. One is made when it is first
    moved or stopped; until then an owner and a session have the time that theirs would go by.
    """

    def __init__(self) -> None:
        self.root = Clock()
        self._of_owners: dict[str, Clock] = {}
        self._of_sessions: dict[str, Clock] = {}
        #: The owner of each session that has a clock of its own.
        self._owners: dict[str, str | None] = {}
        self._watchers: list[Watcher] = []
        self._choice_watchers: list[Watcher] = []
        #: Is told of each clock that is another one now (`sharing`).
        self.noted: Noted = not_shared

    @property
    def count(self) -> int:
        """How many clocks there are."""
        return 1 + len(self._of_owners) + len(self._of_sessions)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` whenever a clock is moved, stopped or started, after that."""
        self._watchers.append(watcher)

    def watch_choice(self, watcher: Watcher) -> None:
        """Call `watcher` whenever another clock counts for a scope, before `watch` tells it."""
        self._choice_watchers.append(watcher)

    def of(self, session: Session) -> Clock:
        """The clock that a session goes by."""
        return (
            self._of_sessions.get(session.session_id)
            or self._of_owners.get(session.owner)
            or self.root
        )

    def now(self, session: Session) -> float:
        """The time by the clock that a session goes by."""
        if self._of_sessions or self._of_owners:
            return self.of(session).now()
        return self.root.now()

    def now_of(self, owner: str) -> float:
        """The time by the clock that an owner goes by."""
        return (self.of_owner(owner) if self._of_owners else self.root).now()

    def of_owner(self, owner: str | None) -> Clock:
        """The clock that an owner goes by; None has the root."""
        return self._of_owners.get(owner or "") or self.root

    def times(self) -> Callable[[Session], float]:
        """Tells the time of many sessions as of now; each clock is read once."""
        read: dict[Clock, float] = {}

        def time_of(session: Session) -> float:
            clock = self.of(session)
            if clock not in read:
                read[clock] = clock.now()
            return read[clock]

        return time_of

    def find(self, session_id: str, owner: str) -> Clock:
        """The clock of a session of this owner, also when the session is gone."""
        return self._of_sessions.get(session_id) or self.of_owner(owner)

    def set(self, scope: Scope, *, freeze: bool | None, seconds: float) -> None:
        """Freeze or unfreeze the clock of a scope, then move it forward.

        Args:
            scope: All, an owner, or a session together with its owner.
            freeze: Whether the clock is to stand still; None leaves that as it is.
            seconds: How far to move.

        Raises:
            InvalidRequest: too many owners have clocks.
        """
        clock = self._own(scope)
        if freeze is not None:
            (clock.freeze if freeze else clock.thaw)()
        clock.advance(seconds)
        self.noted(_key(scope))
        self._tell(self._watchers, scope)

    def forget(self, scope: Scope) -> None:
        """Let a scope have the time that it would have if no clock of its own had been made.

        For all that is the system's time, and for every owner and every session too.
        """
        for key in self.names() if scope == Scope() else (_key(scope),):
            self.noted(key)
        if scope.session_id is not None:
            gone = self._of_sessions.pop(scope.session_id, None) is not None
            scope = Scope(scope.session_id, self._owners.pop(scope.session_id, None))
        elif scope.owner is not None:
            gone = self._of_owners.pop(scope.owner, None) is not None
        else:
            gone = True
            self.root.reset()
            self._of_owners.clear()
            self._of_sessions.clear()
            self._owners.clear()
        if gone:
            self._tell(self._choice_watchers, scope)
            self._tell(self._watchers, scope)

    def with_own(self) -> tuple[list[str], list[str]]:
        """The owners and the sessions that have a clock of their own."""
        return list(self._of_owners), list(self._of_sessions)

    def session_changed(self, session_id: str, session: Session | None) -> None:
        """A session was stored or changed; its clock goes with it."""
        if session is None and session_id in self._of_sessions:
            self.forget(Scope(session_id=session_id))

    def names(self) -> list[str]:
        """The keys of all clocks that have been moved or stopped."""
        return [
            _ROOT,
            *(_OWNER + owner for owner in self._of_owners),
            *(_SESSION + session_id for session_id in self._of_sessions),
        ]

    def entry(self, key: str) -> Sequence[Any] | None:
        """The setting of a clock, and the owner if it is a session's; None if there is none."""
        kind, name = key[:1], key[1:]
        if kind == _SESSION:
            clock, owner = self._of_sessions.get(name), self._owners.get(name)
        else:
            clock, owner = (self._of_owners.get(name) if kind == _OWNER else self.root), None
        return None if clock is None else (*clock.setting(), owner)

    def load(self, key: str, entry: Sequence[Any] | None) -> None:
        """Have a clock as another server has it; None removes it."""
        kind, name = key[:1], key[1:]
        if entry is None and kind != _ROOT:
            self.forget(Scope(name) if kind == _SESSION else Scope(owner=name))
            return
        offset, frozen_at, owner = entry or (0.0, None, None)
        scope = Scope(name, owner) if kind == _SESSION else Scope(owner=name or None)
        self._own(scope).restore(offset, frozen_at)
        self._tell(self._watchers, scope)

    def _own(self, scope: Scope) -> Clock:
        """The clock of this scope alone, made if there is none yet."""
        if scope.session_id is not None:
            clocks, key = self._of_sessions, scope.session_id
            self._owners[key] = scope.owner
            base = partial(self.of_owner, scope.owner)
        elif scope.owner is not None:
            clocks, key = self._of_owners, scope.owner
            base = partial(self.of_owner, None)
        else:
            return self.root
        if key not in clocks:
            if clocks is self._of_owners and len(clocks) >= MAX_OWNERS:
                raise InvalidRequest(
                    f"{MAX_OWNERS} tokens have clocks of their own, and no more can have one. "
                    "Reset some with POST /_mock/reset."
                )
            clocks[key] = Clock(base)
            self._tell(self._choice_watchers, scope)
        return clocks[key]

    def _tell(self, watchers: list[Watcher], scope: Scope) -> None:
        for watcher in watchers:
            watcher(scope)


def _key(scope: Scope) -> str:
    if scope.session_id is not None:
        return _SESSION + scope.session_id
    return _ROOT if scope.owner is None else _OWNER + scope.owner
