"""Sends the generated requests one after another, and objects to what no document allows.

The objections are limited to what the contract promises: documented status codes, a refusal of JSON
that breaks the schema, and a success for JSON that keeps it. Any bytes are a valid binary body.
"""

from collections.abc import Iterable, Iterator

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.fuzzing.json_bodies import grade_of, is_about_body, label
from scribe_mock.contract.transport.message import Answer, Request

#: Statuses that any operation may answer, such as for a path that is too long.
_ANYWHERE = (400, 404, 405, 413, 414, 422, 429)


async def send_all(
    probe: Probe, requests: Iterable[Request], session: ProbeSession | None
) -> list[Fault]:
    """Send requests one after another.

    Args:
        probe: The rule's.
        requests: What to send.
        session: The session that they are for, if any.

    Returns:
        What to object to, in the order of the requests.

    Raises:
        Skip: the run stops, as after a crash of the server.
    """
    faults: list[Fault] = []
    for request in requests:
        answer = await send_one(probe, request, session)
        if answer is not None:
            faults += objections(answer)
    return faults


async def send_one(probe: Probe, request: Request, session: ProbeSession | None) -> Answer | None:
    """The answer; None if the operation fails, which is a finding of its own; raises Skip."""
    try:
        return await probe.send(request, session)
    except Skip as skip:
        # The other requests are tried all the same.
        if probe.run.gone or "--max-bytes" in str(skip):
            raise
        return None


def objections(answer: Answer) -> Iterator[Fault]:
    """What a document does not allow of an answer; other rules judge its body."""
    operation = answer.request.operation
    if answer.broken or answer.status in (401, 403):
        return
    documented = specification.operations()[operation].responses
    if answer.status not in _ANYWHERE and str(answer.status) not in documented:
        yield _fault(answer, "UndefinedStatusCode", "a status that the operation documents")
    if not is_about_body(answer, operation):
        return
    if answer.accepted:
        expected = "JSON that breaks the schema is refused"
        yield _fault(answer, "AcceptedNegativeData", expected, grade_of(answer, operation))
    else:
        expected = "JSON that keeps the schema is accepted"
        yield _fault(answer, "RejectedPositiveData", expected, Grade.INFERRED)


def _fault(answer: Answer, kind: str, expected: str, grade: Grade | None = None) -> Fault:
    operation = answer.request.operation
    return Fault(
        expected=expected,
        got=f"{answer} for {operation} with {label(answer.request.body)}",
        answer=answer,
        key=f"{operation}|{kind}|{answer.status}",
        grade=grade,
    )
