"""Follows sessions, and tells the webhooks of their owners what happens to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.events import Event, happened
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

    def begin(self, sessions: Iterable[Session]) -> None:
        """Follow sessions that were there before; what happened to them is not told any more."""
        for session in sessions:
            now = self._clocks.of(session).now()
            followed = self._followed.setdefault(session.session_id, _Followed(session))
            followed.session = session
            followed.told.update(event for event, _ in happened(session, now))
            self._wait(session)

    def changed(self, session_id: str, session: Session | None) -> None:
        """A session was stored or changed; None when it is gone."""
        if session is None:
            if self._followed.pop(session_id, None) is not None:
                self._alarm.cancel(_key(session_id))
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
            tell = partial(self._tell, session_id)
            self._alarm.set(_key(session_id), due, tell, session_id=session_id, owner=session.owner)


def _key(session_id: str) -> str:
    return f"session {session_id}"
