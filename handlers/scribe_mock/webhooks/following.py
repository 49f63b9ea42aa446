"""Follows sessions, and tells the webhooks of their owners what happens to them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.events import Event, happened
from scribe_mock.sessions.noting import Noted, not_shared
from scribe_mock.sessions.session import Session
from scribe_mock.webhooks.deliveries import Deliveries
from scribe_mock.webhooks.registry import Registry


@dataclass(slots=True)
class _Followed:
    """A session as it is now, and what was told of it."""

    session: Session
    told: set[Event] = field(default_factory=set)


class Following:
    """Tells each event once for a session, whether a request or the time brings it about.

    Only the sessions of tokens that have webhooks are followed.

    Args:
        clocks: All clocks.
        alarm: Waits for the times at which sessions change by time alone.
        registry: All webhooks.
        deliveries: Delivers what there is to tell.
    """

    def __init__(
        self, clocks: Clocks, alarm: Alarm, registry: Registry, deliveries: Deliveries
    ) -> None:
        self._clocks = clocks
        self._alarm = alarm
        self._registry = registry
        self._deliveries = deliveries
        self._followed: dict[str, _Followed] = {}
        #: Looks at a session at a time at which it changes by itself.
        self.due: Callable[[str], None] = self._tell
        #: Is told of each session of which something was told, or which is gone.
        self.noted: Noted = not_shared

    def begin(self, sessions: Iterable[Session]) -> None:
        """Follow sessions that were there before; what happened to them is not told any more."""
        for session in sessions:
            now = self._clocks.of(session).now()
            followed = self._followed.setdefault(session.session_id, _Followed(session))
            followed.session = session
            followed.told.update(told_until(session, now))
            self.noted(session.session_id)
            self._wait(session)

    def recall(self, session: Session, told: Iterable[str]) -> None:
        """Follow a session of which these events were told."""
        self._followed[session.session_id] = _Followed(session, set(map(Event, told)))

    def told(self, session_id: str) -> Sequence[str] | None:
        """What was told of a session; None if it is not followed."""
        followed = self._followed.get(session_id)
        return None if followed is None else sorted(followed.told)

    def leave(self, owner: str) -> None:
        """Follow the sessions of an owner no more, until one of them is recalled or changes."""
        for session_id, followed in list(self._followed.items()):
            if followed.session.owner == owner:
                self._alarm.cancel(_key(session_id))
                del self._followed[session_id]

    def changed(self, session_id: str, session: Session | None) -> None:
        """A session was stored or changed; None when it is gone."""
        if session is None:
            if self._followed.pop(session_id, None) is not None:
                self._alarm.cancel(_key(session_id))
            self.noted(session_id)
        elif self._registry.of(session.owner):
            followed = self._followed.setdefault(session_id, _Followed(session))
            followed.session = session
            self._tell(session_id)

    def clear(self) -> None:
        """Follow no session any more."""
        for session_id in self._followed:
            self._alarm.cancel(_key(session_id))
        self._followed.clear()

    def _tell(self, session_id: str) -> None:
        """Tell what happened to a session and was not told yet."""
        followed = self._followed[session_id]
        session = followed.session
        for event, at in happened(session, self._clocks.of(session).now()):
            if event not in followed.told:
                followed.told.add(event)
                self.noted(session_id)
                for webhook in self._registry.of(session.owner):
                    if event in webhook.events:
                        self._deliveries.add(webhook, event, at, session_id)
        self._wait(session)

    def _wait(self, session: Session) -> None:
        session_id = session.session_id
        due = session.changes_at(self._clocks.of(session).now())
        if due is None:
            self._alarm.cancel(_key(session_id))
        else:
            tell = partial(self.due, session_id)
            self._alarm.set(_key(session_id), due, tell, session_id=session_id, owner=session.owner)


def told_until(session: Session, now: float) -> list[Event]:
    """The events of a session that have happened until now."""
    return [event for event, _ in happened(session, now)]


def _key(session_id: str) -> str:
    return f"session {session_id}"
