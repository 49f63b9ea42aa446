"""Puts sessions into any state by hand, for fixtures and the control API."""

import math
from dataclasses import replace

from scribe_mock.errors import SessionNotProcessing
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.outcomes import Outcome
from scribe_mock.sessions.session import Session, next_generation
from scribe_mock.sessions.states import State


def finish(session: Session, now: float, state: State) -> None:
    """End processing now, with this outcome.

    Raises:
        SessionNotProcessing: the session is in another state.
    """
    if session.outcome is None or now >= session.done_at:
        raise SessionNotProcessing(
            f"The session {session.session_id} is {session.state(now)}; "
            "only one that is processing can be finished. End it first."
        )
    session.outcome = outcome = session.outcome.forced(state)
    session.done_at = now
    session.documents = [
        document
        if document.result is None or document.template_id is None
        else replace(document, ready_at=now, result=outcome.result(document.template_id))
        for document in session.documents
    ]


def place(session: Session, now: float, state: State, outcome: Outcome, lifetime: float) -> None:
    """Put the session into any state; `processing` then lasts until `finish`.

    `created` removes the chunks, since a session with chunks is recording. Uploads that began
    before do not go into the session any more.

    Args:
        session: The session.
        now: Seconds since 1970.
        state: The state that the session is to have.
        outcome: The result of processing, for the states that have one.
        lifetime: Seconds from creation to expiry, where the old times do not fit the state.
    """
    session.outcome, session.ended_at, session.done_at, session.documents = None, None, math.inf, []
    session.generation = next_generation()
    session.started = state is not State.CREATED
    if not session.started:
        session.chunks = Chunks()
    if state is State.EXPIRED:
        session.created_at, session.expires_at = min(session.created_at, now - lifetime), now
        return
    if session.expires_at <= now:
        session.created_at, session.expires_at = now, now + lifetime
    if state is State.PROCESSING:
        session.end(now, outcome, math.inf)
    elif state.done:
        session.end(now, outcome.forced(state), 0)
