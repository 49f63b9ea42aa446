"""Rules about bodies of Create session that break the schema, or are no JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import Faults, Rule
from scribe_mock.contract.recipes.step import TOO_MUCH_JSON
from scribe_mock.contract.rules.creating import FULL, create_rule

#: One template more than a session can have.
_THREE = [*FULL["templates"], "transcript_template"]
#: The same template two times.
_TWICE = [FULL["templates"][0]] * 2


def _breaks(name: str, bodies: Sequence[Mapping[str, Any]], grade: Grade = Grade.PROTOCOL) -> Rule:
    """Make a rule that sends bodies with one invalid field."""

    async def check(probe: Probe) -> Faults:
        for fields in bodies:
            body = {**probe.creation(), **fields}
            body = {key: value for key, value in body.items() if value is not ...}
            answer = await probe.ask(
                "createSession", "POST", "/sessions", value=body, label=_short(fields)
            )
            if (answer.status, answer.code) != (400, "invalid_template"):
                yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)

    sentence = _SENTENCES.get(name, f"A {name} that breaks the schema: 422.")
    return create_rule(f"schema.{name}", sentence, grade)(check)


#: Sentences of rules that are not about all of one field.
_SENTENCES = {
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
    _breaks("upload_type", _each("upload_type", ..., "chunk", "CHUNKED", "", 1, None)),
    _breaks("communication_protocol", _each("communication_protocol", "ftp", 1)),
    _breaks("session_mode", _each("session_mode", "lecture", True)),
    _breaks("model", _each("model", "ultra", 1)),
    _breaks("templates", _each("templates", _THREE, "a", [1], {"a": 1})),
    _breaks("language_hint", _each("language_hint", "en", [1])),
    _breaks("additional_data", _each("additional_data", "text", [1])),
    _breaks("patient_details", _each("patient_details", "text", [1])),
    _breaks("session_id", _each("session_id", "short_id", "fifteen_chars_x", 1234567890123456)),
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
    _breaks("templates_form", _each("templates", _TWICE, [""], ["x" * 129]), Grade.INFERRED),
    _breaks("language_form", _each("language_hint", ["english"], ["EN"]), Grade.INFERRED),
)


@create_rule("schema.not_an_object", "JSON that is not an object: 422.", Grade.PROTOCOL)
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


@create_rule("not_json", "A body that is not JSON: 400 invalid_request.", Grade.INFERRED)
async def not_json(probe: Probe) -> Faults:
    """Several bodies that are not JSON are sent, and an empty one."""
    for body in (*NOT_JSON, b""):
        answer = await probe.ask("createSession", "POST", "/sessions", body=body)
        yield judge.refused(answer, 400, "invalid_request")


@create_rule("too_deep", "JSON with more than 100 levels: 400 invalid_request.", Grade.INFERRED)
async def too_deep(probe: Probe) -> Faults:
    """JSON is sent that is deep enough for a recursive parser to fail."""
    depth = 100_000
    body = (
        b'{"upload_type": "chunked", "additional_data": ' + b'{"a":' * depth + b"1" + b"}" * depth
    )
    answer = await probe.ask("createSession", "POST", "/sessions", body=body + b"}")
    yield judge.refused(answer, 400, "invalid_request")


@create_rule("too_large", "A JSON body of more than 1 MiB: 413 request_too_large.", Grade.INFERRED)
async def too_large(probe: Probe) -> Faults:
    """Valid JSON is sent with so much white space that it is too large."""
    body = b'{"upload_type": "chunked"}'.ljust(TOO_MUCH_JSON)
    answer = await probe.ask("createSession", "POST", "/sessions", body=body)
    yield judge.refused(answer, 413, "request_too_large")
