"""The two statuses that the record and the history show besides the state of a session."""

from scribe_mock.sessions.session import Session
from scribe_mock.sessions.states import State

#: The `processing_status` of a session in each state (CONTRACT.md, "Update session").
_PROCESSING_STATUS = {
    State.PROCESSING: "in-progress",
    State.COMPLETED: "success",
    State.PARTIAL: "partial",
    State.FAILED: "failed",
    State.EXPIRED: "expired",
}

#: The `processing_status` with which a client takes a session out of the history.
CANCELLED = "cancelled"


def user_status(session: Session) -> str:
    """What the client set, else how far it is: `init`, `recording_started` or `commit`."""
    if session.user_status is not None:
        return session.user_status
    if session.outcome is not None:
        return "commit"
    return "recording_started" if session.started else "init"


def processing_status(session: Session, now: float) -> str | None:
    """What the client set, else how processing goes; None before End session."""
    if session.processing_status is not None:
        return session.processing_status
    return _PROCESSING_STATUS.get(session.state(now))
