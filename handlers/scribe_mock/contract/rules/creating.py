"""Rules about Create session."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.rules.template_names import templates
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Elsewhere, Unreachable

_SOURCE = "Create session"
#: A template that no server has.
NO_TEMPLATE = "no_such_template"


def create_rule(
    name: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
    """Make a rule about Create session."""
    return rule(
        f"create.{name}",
        sentence,
        source=_SOURCE,
        grade=grade,
        operation="createSession",
        needs=needs,
    )


def _type(upload_type: str) -> Rule:
    async def check(probe: Probe) -> Faults:
        answer = await probe.try_create(probe.creation(upload_type))
        yield judge.accepted(answer, what=f"a session with upload_type {upload_type}")

    grade = Grade.PROTOCOL if upload_type == "chunked" else Grade.INFERRED
    return create_rule(
        f"type.{upload_type}",
        f"A session with upload_type {upload_type} can be created: 201.",
        grade,
    )(check)


def _own_id(length: int) -> str:
    return f"check_{secrets.token_hex(40)}"[:length]


@create_rule(
    "answer", "201 with session_id, status created, the times and upload_url.", Grade.PROTOCOL
)
async def answer_201(probe: Probe) -> Faults:
    """A session is created; its schema is judged by a rule for every answer."""
    answer = await probe.try_create(probe.creation())
    yield judge.status_is(answer, 201, what="Create session")
    if answer.accepted and answer.fields().get("status") != "initialized":
        yield judge.field(answer, "status", "created")


@create_rule("unique", "Every session has an id of its own.", Grade.PROTOCOL)
async def unique(probe: Probe) -> Faults:
    """Ten sessions are created one after the other."""
    answers = [await probe.try_create(probe.creation()) for _ in range(10)]
    ids = [answer.fields().get("session_id") for answer in answers if answer.accepted]
    yield judge.same(answers[-1], "different ids", len(ids), len(set(map(str, ids))))


@create_rule(
    "own_id",
    "A session_id of 16 to 32 characters in the request becomes the session's id.",
    Grade.PROTOCOL,
)
async def own_id(probe: Probe) -> Faults:
    """Ids of 16 and of 32 characters are sent."""
    for length in (16, 20, 32):
        wanted = _own_id(length)
        answer = await probe.try_create(probe.creation(session_id=wanted))
        yield judge.accepted(answer, what=f"a session_id of {length} characters")
        if answer.accepted:
            yield judge.field(answer, "session_id", wanted)


@create_rule(
    "own_id_long", "A session_id of up to 64 URL-safe characters is accepted: 201.", Grade.INFERRED
)
async def own_id_long(probe: Probe) -> Faults:
    """An id of 64 characters is sent."""
    for wanted in (_own_id(33), _own_id(64), f"A.b_c~d-{_own_id(20)}"):
        answer = await probe.try_create(probe.creation(session_id=wanted))
        yield judge.accepted(answer, what=f"a session_id of {len(wanted)} characters")


@create_rule("own_id_taken", "A session_id that is in use: 409 session_exists.", Grade.INFERRED)
async def own_id_taken(probe: Probe) -> Faults:
    """An id is sent twice; the first session must stay as it is."""
    wanted = _own_id(20)
    first = await probe.try_create(probe.creation(session_id=wanted))
    if first.accepted and first.fields().get("session_id") == wanted:
        taken = ProbeSession(session_id=wanted, history=[first.request])
        body = probe.creation(session_id=wanted)
        answer = await probe.ask("createSession", "POST", "/sessions", session=taken, value=body)
        yield judge.refused(answer, 409, "session_exists")


@create_rule(
    "minimal",
    "upload_type alone is enough; the protocol's spec requires templates and more.",
    Grade.INFERRED,
)
async def minimal(probe: Probe) -> Faults:
    """A request is sent without any other field than the mark of the run."""
    full = probe.creation()
    body = {name: full[name] for name in ("upload_type", "additional_data") if name in full}
    answer = await probe.try_create(body)
    fault = judge.accepted(answer, what="a session with upload_type alone")
    message = judge.message(answer)
    yield fault and replace(fault, got=f"{fault.got}: {message}" if message else fault.got)


@create_rule("null", "Null for an optional field is the same as leaving it out.", Grade.INFERRED)
async def null(probe: Probe) -> Faults:
    """Clients that dump a model send null; each optional field is null in turn."""
    for field in ("session_mode", "model", "transcript_language", "patient_details"):
        answer = await probe.try_create(probe.creation() | {field: None})
        yield judge.accepted(answer, what=f"{field} = null")


@create_rule(
    "unknown_template", "A template that does not exist: 400 invalid_template.", Grade.PROTOCOL
)
async def unknown_template(probe: Probe) -> Faults:
    """A made-up template is asked for."""
    answer = await probe.try_create(probe.creation(templates=[NO_TEMPLATE]))
    yield judge.refused(answer, 400, "invalid_template")


@create_rule("unknown_fields", "Unknown fields are accepted and ignored.", Grade.INFERRED)
async def unknown_fields(probe: Probe) -> Faults:
    """A request with a field that no document has is sent."""
    answer = await probe.try_create(probe.creation(no_such_field={"a": [1]}))
    yield judge.accepted(answer, what="a field that no schema knows")


#: A request with every published field.
FULL: Mapping[str, Any] = {
    "session_mode": "consultation",
    "templates": ["eka_emr_template", "clinical_notes_template"],
    "model": "pro",
    "language_hint": ["en", "hi"],
    "transcript_language": "en",
    "patient_details": {"oid": "PAT-12345", "name": "Asha Rao \u0906\u0936\u093e", "age": 42},
    "additional_data": {"encounter": "enc_20481", "nested": {"list": [1, 2.5, None, True]}},
}


def _full(probe: Probe) -> dict[str, Any]:
    return dict(FULL) | {"templates": templates(probe)}


@create_rule("full", "A request with every published field is accepted: 201.", Grade.PROTOCOL)
async def full(probe: Probe) -> Faults:
    """One request has all fields; patient_details must be in the answer."""
    answer = await probe.try_create(probe.creation(**_full(probe)))
    yield judge.accepted(answer, what="a session with every published field")
    if answer.accepted:
        yield judge.field(answer, "patient_details", FULL["patient_details"])


@create_rule("values", "Every published value of a field is accepted: 201.", Grade.PROTOCOL)
async def values(probe: Probe) -> Faults:
    """Each mode, each model and each protocol is sent."""
    choices: tuple[dict[str, Any], ...] = (
        {"session_mode": "dictation"},
        {"session_mode": "consultation"},
        {"model": "lite"},
        {"model": "pro"},
        {"communication_protocol": "rpc"},
        {"templates": []},
        {"language_hint": ["hi"]},
        {"language_hint": ["auto_detect"]},
    )
    for fields in choices:
        answer = await probe.try_create(probe.creation(**fields))
        yield judge.accepted(answer, what=f"{fields}")


@create_rule(
    "echo", "additional_data and patient_details are echoed by Get session.", Grade.PROTOCOL
)
async def echo(probe: Probe) -> Faults:
    """Nested objects are sent, and compared with those of Get session."""
    session = await probe.create(**_full(probe))
    answer = await probe.get(session)
    sent = {MARK: probe.run.name} | FULL["additional_data"]
    yield judge.echoed(answer, sent)
    yield judge.field(answer, "patient_details", FULL["patient_details"])
    plain = await probe.get(await probe.create())
    yield judge.field(plain, "patient_details", None)


RULES = tuple(_type(upload_type) for upload_type in ("chunked", "single", "stream"))


@rule(
    "session.upload_url.works",
    "upload_url with / and a file name accepts an upload.",
    source=_SOURCE,
    grade=Grade.PROTOCOL,
    operation="uploadAudio",
    needs=("upload.success", "session.upload_url.form"),
)
async def upload_url(probe: Probe) -> Faults:
    """A chunk is uploaded to the URL, and must be listed."""
    session = await probe.create()
    given = session.created.get("upload_url")
    try:
        address = Address.parse(given if isinstance(given, str) else "")
    except ValueError:
        yield _broken(None, f"upload_url = {given!r}")
        return
    request = probe.request(
        "POST",
        "/audio_0.webm",
        at=address,
        headers=(("Content-Type", WEBM),),
        body=b"\x1aE\xdf\xa3",
        operation="uploadAudio",
        label=f"upload_url {given}",
    )
    answer = await _reach(probe, request)
    if answer is None or not answer.accepted:
        came = "no connection" if answer is None else judge.describe(answer)
        yield _broken(answer, f"{came} at {given}")
        return
    yield judge.lists(await probe.get(session), ["0.webm"])


async def _reach(probe: Probe, request: Any) -> Answer | None:
    """The answer of a URL that the server returned; None if it cannot be reached."""
    if request.origin == probe.options.base.origin:
        return await probe.send(request)
    try:
        answer = await probe.run.wire.send(request)
    except Elsewhere as error:
        raise Skip(str(error)) from None
    except Unreachable:
        return None
    if answer.status == 401:
        raise Skip(f"{request.origin} wants a token, and only {probe.options.base.origin} gets it")
    probe.run.judge(answer)
    return answer


def _broken(answer: Answer | None, got: str) -> Fault:
    expected = "an upload to <upload_url>/audio_0.webm is accepted"
    return Fault(expected=expected, got=got, answer=answer, key="works")


@rule(
    "session.upload_url.same",
    "Get session has the same upload_url as Create session.",
    source="Get session",
    grade=Grade.PROTOCOL,
    operation="getSession",
)
async def upload_url_stays(probe: Probe) -> Faults:
    """The two URLs are compared."""
    session = await probe.create()
    answer = await probe.get(session)
    if "upload_url" in session.created and answer.accepted:
        yield judge.field(answer, "upload_url", session.created["upload_url"])
