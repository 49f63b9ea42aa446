"""Rules about the state machine: each request in each state."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from scribe_mock.contract.core import judge, prepared_sessions
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.message import Answer

Final = Literal["completed", "partial", "failed"]
FINAL: tuple[Final, ...] = ("completed", "partial", "failed")
TEMPLATE = "clinical_notes_template"
PATIENT = {"patient_details": {"name": "Asha Rao", "age": 42}}


async def _in_state(probe: Probe, state: str) -> ProbeSession:
    """A session in this state; rules share those in a final state."""
    if state == "unknown":
        return ProbeSession(session_id=UNKNOWN_SESSION)
    if state == "expired":
        return await prepared_sessions.expired(probe)
    if state in FINAL:
        return await prepared_sessions.finished(probe, state)
    if state == "processing":
        return await probe.ended()
    session = await probe.create()
    if state == "recording":
        await probe.upload(session)
    return session


Call = Callable[[Probe, ProbeSession], Awaitable[Answer]]


async def _end(probe: Probe, session: ProbeSession) -> Answer:
    return await probe.end(session)


async def _get(probe: Probe, session: ProbeSession) -> Answer:
    return await probe.get(session)


async def _patch(probe: Probe, session: ProbeSession) -> Answer:
    return await probe.patch(session, PATIENT)


async def _commit(probe: Probe, session: ProbeSession) -> Answer:
    return await probe.patch(session, {"model": "pro"})


async def _process(probe: Probe, session: ProbeSession) -> Answer:
    return await probe.process(session, probe.template(TEMPLATE))


_CALLS: dict[str, tuple[str, Call]] = {
    "end": ("endSession", _end),
    "get": ("getSession", _get),
    "patch": ("updateSession", _patch),
    "patch_model": ("updateSession", _commit),
    "process": ("processTemplate", _process),
}


def _cell(
    state: str, call: str, status: int, code: str, grade: Grade, code_grade: Grade | None = None
) -> Rule:
    """Make the rule about one request in one state."""
    operation, send = _CALLS[call]

    async def check(probe: Probe) -> Faults:
        session = await _in_state(probe, state)
        answer = await send(probe, session)
        if status < 300:
            yield judge.accepted(answer, what=f"{operation} in the state {state}")
        elif state == "processing" and call == "end":
            yield await _meanwhile(probe, session, answer)
        elif code == "session_already_committed":
            yield judge.committed(answer)
        elif operation == "getSession" and code == "expired":
            yield judge.status_is(answer, 410, what="an expired session")
            if answer.status == 410:
                yield judge.field(answer, "status", "expired")
        else:
            yield _not_twice(judge.refused(answer, status, code, code_grade=code_grade))

    return Rule(
        id=f"state.{state}.{call}",
        sentence=f"{operation}{' of the model' if call == 'patch_model' else ''} on a session that"
        f" is {state}: {status} {code}".strip(),
        source="States",
        grade=grade,
        operation=operation,
        check=check,
        read_only=state == "unknown",
    )


async def _meanwhile(probe: Probe, session: ProbeSession, answer: Answer) -> Fault | None:
    """Judge an End during processing, which may be over before the request arrives."""
    look = await probe.get(session)
    over = look.fields().get("status") != "processing"
    if over and (answer.status, answer.code) == (400, "session_completed"):
        return None
    return _not_twice(judge.refused(answer, 400, "session_ended", code_grade=Grade.INFERRED))


def _not_twice(fault: Fault | None) -> Fault | None:
    """A second End that succeeds is one fault, in any state."""
    answer = fault.answer if fault else None
    if fault and answer and answer.accepted and answer.request.operation == "endSession":
        return replace(fault, group="a session is ended twice")
    return fault


def _matrix() -> list[Rule]:
    protocol, inferred = Grade.PROTOCOL, Grade.INFERRED
    cells: list[Rule] = []
    committed = "session_already_committed"
    for call in _CALLS:
        cells.append(_cell("unknown", call, 404, "session_not_found", protocol))
        if call == "get":
            cells.append(_cell("expired", call, 410, "expired", protocol))
        else:
            cells.append(_cell("expired", call, 410, "session_expired", protocol))
    for state in ("created", "recording"):
        cells.append(_cell(state, "end", 202, "", protocol))
        cells.append(_cell(state, "patch", 200, "", protocol))
        cells.append(_cell(state, "patch_model", 200, "", protocol))
        cells.append(_cell(state, "process", 409, "session_not_ended", inferred))
    cells.append(_cell("processing", "end", 400, "session_ended", protocol, inferred))
    for state in ("processing", *FINAL):
        cells.append(_cell(state, "patch", 200, "", protocol))
        cells.append(_cell(state, "patch_model", 409, committed, protocol, inferred))
        cells.append(_cell(state, "process", 202, "", protocol))
    for state in FINAL:
        cells.append(_cell(state, "end", 400, "session_completed", protocol, inferred))
    return cells


RULES = tuple(_matrix())


def _get_rule(name: str, sentence: str) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"state.{name}.get",
        sentence,
        source="Get session",
        grade=Grade.PROTOCOL,
        operation="getSession",
    )


def _shows(answer: Answer, http: int, *statuses: str) -> Fault | None:
    found = answer.fields().get("status")
    if found in statuses and (answer.status == http or answer.accepted):
        return None  # a status code that does not fit is named by state.table
    return Fault(
        expected=f"{http} with status {' or '.join(statuses)}",
        got=f"{answer.status} with status {found!r}" if answer.accepted else judge.describe(answer),
        answer=answer,
        key=f"{http}",
    )


@_get_rule("created", "Before the first audio: 202 created.")
async def created(probe: Probe) -> Faults:
    """A new session is requested."""
    session = await probe.create()
    yield _shows(await probe.get(session), 202, "created", "initialized")


@_get_rule("recording", "After the first audio: 202 recording.")
async def recording(probe: Probe) -> Faults:
    """A session with one chunk is requested."""
    session = await probe.create()
    answer = await probe.upload(session)
    if answer.accepted:
        yield _shows(await probe.get(session), 202, "recording")


@_get_rule("processing", "Once it is ended: 202 processing, until it is done.")
async def processing(probe: Probe) -> Faults:
    """A session is requested right after End; it may be completed already."""
    session = await probe.ended()
    answer = await probe.get(session)
    if answer.fields().get("status") not in ("completed", "partial", "failed"):
        yield _shows(answer, 202, "processing")


@_get_rule("completed", "When it is done: 200 completed, and that stays.")
async def completed(probe: Probe) -> Faults:
    """A completed session is requested twice, and both answers are compared."""
    session = await probe.ended()
    answer = await probe.done(session)
    yield _shows(answer, 200, "completed")
    for _ in range(3):
        again = await probe.get(session)
        yield judge.status_is(again, answer.status, what="the same session, asked again")
        for name in ("status", "completed_at", "transcript", "audio_files"):
            if again.status == answer.status and name in answer.fields():
                yield judge.field(again, name, answer.fields()[name])


@_get_rule("partial", "When a part failed: 206 partial, with processing_errors.")
async def partial(probe: Probe) -> Faults:
    """Tried on servers on which a session can reach this state."""
    yield _shows(
        await probe.get(await prepared_sessions.finished(probe, "partial")), 206, "partial"
    )


@_get_rule("failed", "When processing failed: 200 failed.")
async def failed(probe: Probe) -> Faults:
    """Tried on servers on which a session can reach this state."""
    yield _shows(await probe.get(await prepared_sessions.finished(probe, "failed")), 200, "failed")


@rule(
    "state.end_twice",
    "A session is ended once: the second End session is refused.",
    source="End session",
    grade=Grade.PROTOCOL,
    operation="endSession",
)
async def end_twice(probe: Probe) -> Faults:
    """Ends sessions with and without audio twice."""
    for upload_type in ("chunked", "single"):
        session = await probe.create(upload_type)
        first = await probe.end(session)
        if first.accepted:
            second = await probe.end(session)
            yield _not_twice(judge.refused_somehow(second, why="it was ended before"))


@rule(
    "state.refused_changes_nothing",
    "What is refused does not change the session.",
    source="States",
    grade=Grade.PROTOCOL,
    operation="getSession",
)
async def refused_changes_nothing(probe: Probe) -> Faults:
    """Refused requests must not change the state: End with an invalid body, an upload of FLAC."""
    session = await probe.create()
    broken = await probe.ask(
        "endSession",
        "POST",
        f"{session.path}/end",
        session=session,
        value={"audio_files_sent": "many"},
    )
    upload = await probe.upload(session, mime="audio/flac")
    if not broken.accepted and not upload.accepted:
        session.history += [broken.request, upload.request]
        yield _shows(await probe.get(session), 202, "created", "initialized")
