"""What the rules about End, Get, Update and Process template have in common."""

from collections.abc import Callable, Sequence
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.recipes.step import TOO_MUCH_JSON
from scribe_mock.contract.rules.creating_bodies import NOT_JSON

#: First part of a rule's id → operationId and section of CONTRACT.md.
_SUBJECTS = {
    "end": ("endSession", "End session"),
    "get": ("getSession", "Get session"),
    "patch": ("updateSession", "Update session"),
    "process": ("processTemplate", "Process template"),
}


def session_rule(
    rule_id: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
    """Make a rule about the operation that the first part of its id names."""
    operation, source = _SUBJECTS[rule_id.partition(".")[0]]
    return rule(rule_id, sentence, source=source, grade=grade, operation=operation, needs=needs)


async def _call(probe: Probe, subject: str, session: ProbeSession, **how: Any) -> Any:
    if subject == "end":
        return await probe.end(session, **how)
    return await probe.patch(session, **how)


def bad_json(subject: str) -> list[Rule]:
    """The rules about invalid bodies of End or Update."""

    async def not_json(probe: Probe) -> Faults:
        session = await probe.create()
        for body in NOT_JSON:
            answer = await _call(probe, subject, session, body=body)
            yield judge.refused(answer, 400, "invalid_request")

    async def too_large(probe: Probe) -> Faults:
        body = b"{}".ljust(TOO_MUCH_JSON)
        answer = await _call(probe, subject, await probe.create(), body=body)
        yield judge.refused(answer, 413, "request_too_large")

    async def not_an_object(probe: Probe) -> Faults:
        session = await probe.create()
        bodies: tuple[Any, ...] = ([], "text", 1)
        for value in bodies:
            answer = await _call(probe, subject, session, value=value)
            yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)

    return [
        session_rule(
            f"{subject}.not_json", "A body that is not JSON: 400 invalid_request.", Grade.INFERRED
        )(not_json),
        session_rule(
            f"{subject}.too_large",
            "JSON of more than 1 MiB: 413 request_too_large.",
            Grade.INFERRED,
        )(too_large),
        session_rule(
            f"{subject}.not_an_object",
            "JSON that is not an object: 422.",
            Grade.PROTOCOL,
        )(not_an_object),
    ]


def breaks(rule_id: str, sentence: str, bodies: Sequence[Any], grade: Grade) -> Rule:
    """Make a rule that sends bodies which break the schema."""
    subject = rule_id.partition(".")[0]

    async def check(probe: Probe) -> Faults:
        session = await probe.create()
        for value in bodies:
            answer = await _call(probe, subject, session, value=value, label=str(value)[:80])
            yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)
            if answer.accepted:
                session = await probe.create()

    return session_rule(rule_id, sentence, grade)(check)
