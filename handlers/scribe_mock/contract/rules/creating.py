"""Rules about Create session."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.recipes.step import TOO_MUCH_JSON
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Elsewhere, Unreachable

_SOURCE = "Create session"


def _rule(
    name: str, sentence: str, grade: Grade, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
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
    return _rule(
        f"type.{upload_type}",
        f"A session with upload_type {upload_type} can be created: 201.",
        grade,
    )(check)


def _own_id(length: int) -> str:
    return f"check_{secrets.token_hex(40)}"[:length]


@_rule("answer", "201 with session_id, status created, the times and upload_url.", Grade.PROTOCOL)
async def answer_201(probe: Probe) -> Faults:
    """A session is created; its schema is judged by a rule for every answer."""
    answer = await probe.try_create(probe.creation())
    yield judge.status_is(answer, 201, what="Create session")
    if answer.accepted and answer.fields().get("status") != "initialized":
        yield judge.field(answer, "status", "created")


@_rule("unique", "Every session has an id of its own.", Grade.PROTOCOL)
async def unique(probe: Probe) -> Faults:
    """Ten sessions are created one after the other."""
    answers = [await probe.try_create(probe.creation()) for _ in range(10)]
    ids = [answer.fields().get("session_id") for answer in answers if answer.accepted]
    yield judge.same(answers[-1], "different ids", len(ids), len(set(map(str, ids))))


@_rule(
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


@_rule(
    "own_id_long", "A session_id of up to 64 URL-safe characters is accepted: 201.", Grade.INFERRED
)
async def own_id_long(probe: Probe) -> Faults:
    """An id of 64 characters is sent."""
    for wanted in (_own_id(33), _own_id(64), f"A.b_c~d-{_own_id(20)}"):
        answer = await probe.try_create(probe.creation(session_id=wanted))
        yield judge.accepted(answer, what=f"a session_id of {len(wanted)} characters")


@_rule("own_id_taken", "A session_id that is in use: 409 session_exists.", Grade.INFERRED)
async def own_id_taken(probe: Probe) -> Faults:
    """An id is sent twice; the first session must stay as it is."""
    wanted = _own_id(20)
    first = await probe.try_create(probe.creation(session_id=wanted))
    if first.accepted and first.fields().get("session_id") == wanted:
        answer = await probe.try_create(probe.creation(session_id=wanted))
        yield judge.refused(answer, 409, "session_exists")


@_rule("minimal", "upload_type alone is enough.", Grade.INFERRED)
async def minimal(probe: Probe) -> Faults:
    """A request without communication_protocol is sent."""
    body = probe.creation()
    del body["communication_protocol"]
    answer = await probe.try_create(body)
    yield judge.accepted(answer, what="a session without communication_protocol")


@_rule("unknown_fields", "Unknown fields are accepted and ignored.", Grade.INFERRED)
async def unknown_fields(probe: Probe) -> Faults:
    """A request with a field that no document has is sent."""
    answer = await probe.try_create(probe.creation(no_such_field={"a": [1]}))
    yield judge.accepted(answer, what="a field that no schema knows")


_FULL: Mapping[str, Any] = {
    "session_mode": "consultation",
    "templates": ["eka_emr_template", "clinical_notes_template"],
    "model": "pro",
    "language_hint": ["en", "hi"],
    "transcript_language": "en",
    "patient_details": {"oid": "PAT-12345", "name": "Asha Rao \u0906\u0936\u093e", "age": 42},
    "additional_data": {"encounter": "enc_20481", "nested": {"list": [1, 2.5, None, True]}},
}


@_rule("full", "A request with every published field is accepted: 201.", Grade.PROTOCOL)
async def full(probe: Probe) -> Faults:
    """One request has all fields; patient_details must be in the answer."""
    answer = await probe.try_create(probe.creation(**_FULL))
    yield judge.accepted(answer, what="a session with every published field")
    if answer.accepted:
        yield judge.field(answer, "patient_details", _FULL["patient_details"])


@_rule("values", "Every published value of a field is accepted: 201.", Grade.PROTOCOL)
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
    )
    for fields in choices:
        answer = await probe.try_create(probe.creation(**fields))
        yield judge.accepted(answer, what=f"{fields}")


@_rule("echo", "additional_data and patient_details are echoed by Get session.", Grade.PROTOCOL)
async def echo(probe: Probe) -> Faults:
    """Nested objects are sent, and compared with those of Get session."""
    session = await probe.create(**_FULL)
    answer = await probe.get(session)
    sent = {MARK: probe.run.name} | _FULL["additional_data"]
    yield judge.field(answer, "additional_data", sent)
    yield judge.field(answer, "patient_details", _FULL["patient_details"])
    plain = await probe.get(await probe.create())
    yield judge.field(plain, "patient_details", None)


def _breaks(name: str, bodies: Sequence[Mapping[str, Any]], grade: Grade = Grade.PROTOCOL) -> Rule:
    """Make a rule that sends bodies with one invalid field."""

    async def check(probe: Probe) -> Faults:
        for fields in bodies:
            body = {**probe.creation(), **fields}
            body = {key: value for key, value in body.items() if value is not ...}
            answer = await probe.ask(
                "createSession", "POST", "/sessions", value=body, label=_short(fields)
            )
            yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)

    sentence = _SENTENCES.get(name, f"A {name} that breaks the schema: 422.")
    return _rule(f"schema.{name}", sentence, grade)(check)


#: Sentences of rules that are not about all of one field.
_SENTENCES = {
    "null": "Null instead of a text or a list: 422.",
    "null_objects": "Null instead of an object: 422.",
    "session_id_form": "A session_id that is not URL-safe or too long: 422.",
    "templates_form": "Templates with repeated or too long names: 422.",
    "language_form": "A language that is not an ISO 639-1 code: 422.",
}


def _short(fields: Mapping[str, Any]) -> str:
    return ", ".join(
        f"without {key}" if value is ... else f"{key} = {judge.shown(value)[:60]}"
        for key, value in fields.items()
    )


def _each(field: str, *values: Any) -> list[dict[str, Any]]:
    return [{field: value} for value in values]


RULES = (
    *(_type(upload_type) for upload_type in ("chunked", "single", "stream")),
    _breaks("upload_type", _each("upload_type", ..., "chunk", "CHUNKED", "", 1, ["chunked"])),
    _breaks("communication_protocol", _each("communication_protocol", "ftp", 1)),
    _breaks("session_mode", _each("session_mode", "lecture", True)),
    _breaks("model", _each("model", "ultra", 1)),
    _breaks("templates", _each("templates", ["a", "b", "c"], "a", [1], {"a": 1})),
    _breaks("language_hint", _each("language_hint", "en", [1])),
    _breaks("additional_data", _each("additional_data", "text", [1])),
    _breaks("patient_details", _each("patient_details", "text", [1])),
    _breaks("session_id", _each("session_id", "short_id", "fifteen_chars_x", 1234567890123456)),
    _breaks(
        "null",
        [
            *_each("upload_type", None),
            *_each("templates", None),
            *_each("model", None),
            *_each("session_mode", None),
        ],
    ),
    _breaks(
        "session_id_form",
        _each(
            "session_id",
            "x" * 65,
            "with space in it_",
            "with/slash/in/it/",
            "with\u00fcmlaut_123456",
        ),
        Grade.INFERRED,
    ),
    _breaks("templates_form", _each("templates", ["a", "a"], [""], ["x" * 129]), Grade.INFERRED),
    _breaks("language_form", _each("language_hint", ["english"], ["EN"]), Grade.INFERRED),
    _breaks("null_objects", _each("patient_details", None), Grade.INFERRED),
)


@_rule("schema.not_an_object", "JSON that is not an object: 422.", Grade.PROTOCOL)
async def not_an_object(probe: Probe) -> Faults:
    """A list, a text, a number and null are sent."""
    bodies: tuple[Any, ...] = ([], "chunked", 1, None, True)
    for value in bodies:
        answer = await probe.ask(
            "createSession", "POST", "/sessions", value=value, label=f"the body {value!r}"
        )
        yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)


#: Bodies that are not JSON.
NOT_JSON = (b"not JSON", b"{", b'{"upload_type": "chunked"', b"\xff\xfe", b"upload_type=chunked")


@_rule("not_json", "A body that is not JSON: 400 invalid_request.", Grade.INFERRED)
async def not_json(probe: Probe) -> Faults:
    """Several bodies that are not JSON are sent, and an empty one."""
    for body in (*NOT_JSON, b""):
        answer = await probe.ask("createSession", "POST", "/sessions", body=body)
        yield judge.refused(answer, 400, "invalid_request")


@_rule("too_deep", "JSON with more than 100 levels: 400 invalid_request.", Grade.INFERRED)
async def too_deep(probe: Probe) -> Faults:
    """JSON is sent that is deep enough for a recursive parser to fail."""
    depth = 100_000
    body = (
        b'{"upload_type": "chunked", "additional_data": ' + b'{"a":' * depth + b"1" + b"}" * depth
    )
    answer = await probe.ask("createSession", "POST", "/sessions", body=body + b"}")
    yield judge.refused(answer, 400, "invalid_request")


@_rule("too_large", "A JSON body of more than 1 MiB: 413 request_too_large.", Grade.INFERRED)
async def too_large(probe: Probe) -> Faults:
    """Valid JSON is sent with so much white space that it is too large."""
    body = b'{"upload_type": "chunked"}'.ljust(TOO_MUCH_JSON)
    answer = await probe.ask("createSession", "POST", "/sessions", body=body)
    yield judge.refused(answer, 413, "request_too_large")


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
    stored = len(judge.files(await probe.get(session)))
    yield judge.same(answer, "chunks that are stored", 1, stored)


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
