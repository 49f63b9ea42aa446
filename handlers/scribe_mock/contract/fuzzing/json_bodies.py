"""Generated JSON bodies: their mark, their description, and what they break."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.transport.message import Answer

#: Field of a request → inferred keywords of its schema: servers may be stricter or less strict.
_INFERRED = {
    "session_id": ("pattern",),
    "templates": ("uniqueItems", "items"),
    "language_hint": ("items", "maxItems"),
    "transcript_language": ("pattern",),
    "user_status": ("maxLength",),
    "processing_status": ("maxLength",),
    "section_ids": ("maxItems", "items"),
}
#: No document says how long a text may be.
_EVERYWHERE = ("maxLength",)


def marked(body: bytes | None, operation: str, run: str) -> bytes | None:
    """A body with the run's mark in `additional_data`; unchanged if it cannot have one.

    Args:
        body: JSON or anything else.
        operation: Create session may get `additional_data`; Update session only where it has some.
        run: The name of the run.
    """
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return body
    data = value.get("additional_data") if isinstance(value, dict) else ""
    if data is None and operation == "createSession":
        data = {}
    if not isinstance(data, dict):
        return body
    return json.dumps(value | {"additional_data": {MARK: run} | data}).encode()


def label(body: bytes | None) -> str:
    """A body in a few words."""
    if body is None:
        return "no body"
    text = body[:80].decode("utf-8", "replace")
    return f"the body {text!r}" if len(body) <= 80 else f"the body {text!r}…"


def is_about_body(answer: Answer, operation: str) -> bool:
    """Whether the JSON body that was sent is the cause of an objection.

    Header fields and paths are random, too. And a request that keeps the schema can be refused
    because of the session's state.
    """
    schema = specification.operations()[operation].request
    value = _sent(answer, operation)
    if schema is None or value is None:
        return False
    valid = specification.validator(schema).is_valid(value)
    if answer.accepted:
        return not valid
    # A body without any field that the operation knows asks for nothing, and may be refused.
    known = isinstance(value, dict) and bool(value.keys() & schema.get("properties", {}).keys())
    return valid and known and answer.code in ("invalid_request", "")


def grade_of(answer: Answer, operation: str) -> Grade | None:
    """The grade of an objection to an accepted body; None for that of the rule.

    It is inferred where the body breaks only inferred parts of the schema.
    """
    schema = specification.operations()[operation].request
    if schema is None or operation in ("login", "refreshToken"):
        return Grade.INFERRED
    relaxed = specification.validator(dict(_relaxed(schema)))
    return Grade.INFERRED if relaxed.is_valid(_sent(answer, operation)) else None


def _sent(answer: Answer, operation: str) -> Any:
    """The JSON that was sent; None if the body was not JSON.

    In Create session null is the same as a field that is left out.
    """
    try:
        value = json.loads(answer.request.body or b"")
    except (ValueError, RecursionError):
        return None
    if operation == "createSession" and isinstance(value, dict):
        return {name: field for name, field in value.items() if field is not None}
    return value


def _relaxed(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A request schema without its inferred parts."""
    for key, value in schema.items():
        if key == "properties":
            yield (
                key,
                {
                    name: _without(field, (*_EVERYWHERE, *_INFERRED.get(name, ())))
                    for name, field in value.items()
                },
            )
        elif key != "additionalProperties":
            yield key, value


def _without(field: Mapping[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
    return {word: part for word, part in field.items() if word not in words}
