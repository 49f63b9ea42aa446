"""What happens to a session, as the events that webhooks tell (CONTRACT.md, "Webhooks")."""

from enum import StrEnum

from scribe_mock.sessions.session import Session
from scribe_mock.sessions.states import State


class Event(StrEnum):
    """One event; the value is its name in a webhook."""

    STARTED = "session.started"
    ENDED = "session.ended"
    COMPLETED = "session.completed"
    PARTIAL = "session.partial"
    FAILED = "session.failed"
    EXPIRED = "session.expired"


def happened(session: Session, now: float) -> list[tuple[Event, float]]:
    """The events of a session until now, in order, each with its time in seconds since 1970."""
    events = [(Event.STARTED, session.created_at)]
    state = session.state(now)
    if session.ended_at is not None:
        events.append((Event.ENDED, session.ended_at))
    if state.done:
        events.append((Event(f"session.{state}"), session.done_at))
    if state is State.EXPIRED:
        events.append((Event.EXPIRED, session.expires_at))
    return events
