"""How the processing goes that a request begins: as the scenario says, or as a fault does."""

import math
from dataclasses import replace

from starlette.requests import Request

from scribe_mock.api.services import Services
from scribe_mock.sessions.outcomes import Outcome, ProcessingError, TemplateResult
from scribe_mock.sessions.session import Session
from scribe_mock.sessions.states import State
from scribe_mock.steering.actions import Processing


def processing_of(
    request: Request, services: Services, session: Session, outcome: Outcome | None = None
) -> tuple[Outcome, float]:
    """The outcome of a session's processing, and its seconds; `math.inf` for ever.

    Args:
        request: Begins it, and may have a fault.
        services: The parts of the server.
        session: The session.
        outcome: What there is without a fault; None for what the scenario says.
    """
    scenario = services.fixtures.of(session)
    outcome, seconds = outcome or scenario.outcome, services.processing_seconds(scenario)
    fault: Processing | None = request.scope.get("scribe_mock.processing")
    if fault is None:
        return outcome, seconds
    if fault.seconds is not None:
        seconds = fault.seconds
    return _outcome(outcome, fault), math.inf if fault.stuck else seconds


def _outcome(outcome: Outcome, fault: Processing) -> Outcome:
    if fault.outcome is not None:
        outcome = outcome.forced(State(fault.outcome))
    if fault.fail_template is None:
        return outcome
    name = fault.fail_template
    error = ProcessingError("template_failed", f"The template {name} failed: a fault says so.")
    state = State.PARTIAL if outcome.state is State.COMPLETED else outcome.state
    return replace(
        outcome,
        state=state,
        templates={**outcome.templates, name: TemplateResult("failed", None)},
        errors=[*outcome.errors, error],
    )
