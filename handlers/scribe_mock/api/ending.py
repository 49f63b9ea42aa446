"""Ends sessions, with what their scenario says, or with as much of it as arrived."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request

from scribe_mock.api.processing import processing_of
from scribe_mock.api.representations import received_audio
from scribe_mock.api.services import Services
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.sessions.hearing import Loss, heard
from scribe_mock.sessions.outcomes import Outcome, ProcessingError
from scribe_mock.sessions.session import Session
from scribe_mock.sessions.states import State

#: How often a session is compared again because more chunks came meanwhile.
_MOST_HEARINGS = 3

#: Number, time of arrival and replacements of each chunk.
_Chunks = tuple[tuple[int, float, int], ...]


@dataclass(frozen=True)
class _Hearing:
    """An outcome, and the chunks that it is of; None where the chunks do not matter."""

    outcome: Outcome
    chunks: _Chunks | None = None

    def is_of(self, session: Session) -> bool:
        """Whether the session still has these chunks."""
        return self.chunks in (None, _chunks(session))


async def end(
    request: Request, services: Services, session: Session, sent: int | None
) -> dict[str, Any]:
    """End a session; returns what it received.

    Args:
        request: Ends it, and may have a fault for its processing.
        services: The parts of the server.
        session: The session.
        sent: The client's `audio_files_sent`.

    Raises:
        SessionNotFound: it was deleted meanwhile.
        SessionExpired, SessionEnded, SessionCompleted: it was ended, or expired, meanwhile.
    """
    for _ in range(_MOST_HEARINGS):
        hearing = await _hear(services, session.session_id)
        received = await _end(request, services, session, hearing, sent)
        if received is not None:
            return received
    # A client that goes on sending is not waited for.
    received = await _end(request, services, session, replace(hearing, chunks=None), sent)
    assert received is not None, "it depends on no chunks"
    return received


async def _end(
    request: Request, services: Services, session: Session, hearing: _Hearing, sent: int | None
) -> dict[str, Any] | None:
    """End a session; None if it has other chunks than those that were heard."""
    outcome, seconds = processing_of(request, services, session, hearing.outcome)

    def end_now(current: Session) -> dict[str, Any] | None:
        if not hearing.is_of(current):
            return None
        current.end(services.clocks.of(current).now(), outcome, seconds, sent)
        return received_audio(current)

    return await services.store.change(session.session_id, end_now)


async def _hear(services: Services, session_id: str) -> _Hearing:
    """The outcome that the session would have if it was ended now; raises SessionNotFound."""
    session = await services.store.get(session_id)
    scenario = services.fixtures.of(session)
    if not services.following_audio.includes(session):
        return _Hearing(scenario.outcome)
    chunks = _chunks(session)
    try:
        reference = await services.following_audio.reference(session)
        assert reference is not None, "it follows its audio"
        found = await services.comparisons.with_reference(session_id, reference)
    except (AudioError, OSError) as error:
        return _Hearing(_not_compared(scenario.outcome, str(error)), chunks)
    losses = [Loss(passage.start_s, passage.end_s) for passage in found.missing]
    losses += [Loss(passage.start_s, passage.end_s, arrived=True) for passage in found.distorted]
    # In a thread: an hour may have a thousand sentences, and as many losses.
    told = await asyncio.to_thread(heard, scenario.outcome, scenario.spoken.sentences, losses)
    return _Hearing(told, chunks)


def _chunks(session: Session) -> _Chunks:
    return tuple((c.sequence, c.received_at, c.replaced) for c in session.ordered_chunks())


def _not_compared(outcome: Outcome, reason: str) -> Outcome:
    if outcome.state is State.FAILED:
        return outcome
    message = f"What arrived could not be compared with what was said. {reason}"
    error = ProcessingError("audio_not_compared", message)
    return replace(outcome, state=State.PARTIAL, errors=[*outcome.errors, error])
