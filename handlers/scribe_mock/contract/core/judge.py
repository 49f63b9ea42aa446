"""Judging one answer: each function returns a fault, or None if the answer is right."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.leniency import is_needed
from scribe_mock.contract.transport.message import Answer

#: One fault: a server that looks at no token accepts every request without one.
UNAUTHORIZED_TAKEN = "requests without a valid token are accepted"
#: One fault: stored names keep the case of the extension.
CASE_KEPT = "stored extensions are not in lower case"
#: One fault: types that the contract does not have are accepted, or are said to be supported.
UNSUPPORTED_TAKEN = "audio types that are not supported are accepted"


def refused(
    answer: Answer, status: int, code: str, *, code_grade: Grade | None = None
) -> Fault | None:
    """The request is refused with this status and `error.code`.

    An answer without any code passes: `errors.envelope` is the rule about that.

    Args:
        answer: The answer to judge.
        status: The wanted status.
        code: The wanted `error.code`.
        code_grade: The grade if only the code is wrong; None for the grade of the rule.
    """
    wanted = f"{status} {code}"
    if answer.status == status and answer.code in (code, ""):
        return None
    grade = code_grade if answer.status == status else None
    return Fault(
        expected=wanted,
        got=describe(answer),
        answer=answer,
        key=f"{wanted}|{'accepted' if answer.accepted else answer}",
        grade=grade,
        wanted=wanted,
        group=UNAUTHORIZED_TAKEN if status == 401 and answer.accepted else "",
    )


def unsupported(answer: Answer) -> Fault | None:
    """The audio type is refused; accepting several such types is one fault."""
    fault = refused(answer, 400, "invalid_audio_format")
    if fault is not None and answer.accepted:
        return replace(fault, group=UNSUPPORTED_TAKEN)
    return fault


def committed(answer: Answer) -> Fault | None:
    """`session_mode` or `model` is refused after End; accepting it in any state is one fault."""
    fault = refused(answer, 409, "session_already_committed", code_grade=Grade.INFERRED)
    if fault is not None and answer.accepted:
        return replace(fault, group="session_mode and model change after End session")
    return fault


def refused_somehow(answer: Answer, *, why: str) -> Fault | None:
    """The request is refused, with any 4xx."""
    if answer.refused:
        return None
    return Fault(
        expected=f"a refusal (4xx): {why}", got=describe(answer), answer=answer, key="accepted"
    )


def accepted(answer: Answer, *, what: str = "the request") -> Fault | None:
    """The request succeeds, with any 2xx; other rules say which."""
    if answer.accepted:
        return None
    return Fault(
        expected=f"{what} is accepted (2xx)",
        got=describe(answer),
        answer=answer,
        key=f"accepted|{answer}",
    )


def status_is(answer: Answer, *statuses: int, what: str) -> Fault | None:
    """The answer has one of these status codes; `what` names the request."""
    if answer.status in statuses:
        return None
    wanted = " or ".join(map(str, statuses))
    return Fault(
        expected=f"{wanted} for {what}",
        got=describe(answer),
        answer=answer,
        key=f"{what}|{answer.status}",
    )


def same(answer: Answer, what: str, expected: Any, got: Any) -> Fault | None:
    """A part of the answer, named by `what`, has this value and type."""
    if type(expected) is type(got) and expected == got:
        return None
    return Fault(
        expected=f"{what} = {shown(expected)}",
        got=f"{what} = {shown(got)}",
        answer=answer,
        key=what,
    )


def field(answer: Answer, name: str, expected: Any) -> Fault | None:
    """A field of the answer's JSON object has this value."""
    fields = answer.fields()
    if name in fields:
        return same(answer, f"`{name}`", expected, fields[name])
    return absent(answer, name)


def absent(answer: Answer, name: str) -> Fault:
    """A field is missing: a fault if the flow needs it, otherwise a note, once an operation.

    Args:
        answer: The answer without it.
        name: The field, with those around it: `data.document_id`.
    """
    operation = answer.request.operation
    needed = is_needed(operation, name)
    lack = f"{operation} answers without `{name}`"
    return Fault(
        expected=f"`{name}` in the answer of {operation}" + ("" if needed else ", if possible"),
        got=f"no `{name}` in {describe(answer)}",
        answer=answer,
        key=lack,
        grade=None if needed else Grade.INFERRED,
        group=lack,
    )


def echoed(answer: Answer, expected: Mapping[str, Any]) -> Fault | None:
    """`additional_data` has what was sent, and may have `_protocol`, which the server adds."""
    found = answer.fields().get("additional_data")
    if isinstance(found, dict) and "_protocol" not in expected:
        found = {name: value for name, value in found.items() if name != "_protocol"}
        return same(answer, "`additional_data`", dict(expected), found)
    return field(answer, "additional_data", expected)


def message(answer: Answer) -> str:
    """`error.message` of an answer; empty if there is none."""
    error = answer.fields().get("error")
    found = error.get("message") if isinstance(error, dict) else None
    return shown(found)[1:-1] if isinstance(found, str) else ""


def too_large(answer: Answer) -> Fault | None:
    """The body is refused as too large: 413, or 400 as in the protocol's list of errors."""
    if (answer.status, answer.code) == (400, "chunk_too_large"):
        return None  # `published.too_large` notes it
    fault = refused(answer, 413, "chunk_too_large")
    if fault is not None and answer.accepted:
        return replace(fault, group="bodies over the limit are taken")
    return fault


def lists(answer: Answer, expected: list[str]) -> Fault | None:
    """The answer lists these stored names; without `audio_files` there is nothing to compare."""
    if "audio_files" not in answer.fields():
        return absent(answer, "audio_files")
    return same(answer, "audio_files", expected, files(answer))


def files(answer: Answer) -> list[str]:
    """The names in `audio_files` of an answer; empty if there are none."""
    found = answer.fields().get("audio_files")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def number(name: str) -> int | None:
    """The sequence number at the start of a stored name; None if there is none."""
    digits = name.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def documents(answer: Answer) -> list[tuple[str, Mapping[str, Any]]]:
    """Template id and document of every entry in `templates`, which is a list or an object."""
    found = answer.fields().get("templates")
    entries = found if isinstance(found, list) else [found]
    pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
    return [(name, value) for name, value in pairs if isinstance(value, dict)]


def documents_of(answer: Answer, *templates: str, more: bool = False) -> Fault | None:
    """The documents are those of these templates; without `templates` nothing can be compared.

    Args:
        answer: The answer of Get session.
        templates: In order.
        more: Whether there may be others, and in any order.
    """
    if "templates" not in answer.fields():
        return absent(answer, "templates")
    names = [name for name, _ in documents(answer)]
    if more:
        missing = [name for name in templates if name not in names]
        return same(answer, "templates without a document", [], missing)
    return same(answer, "the templates of the documents", list(templates), names)


def describe(answer: Answer) -> str:
    """An answer in one line."""
    if not answer.status:
        return answer.trouble
    text = str(answer)
    if answer.location:
        return f"{text}, a redirect to {answer.location}, which was not followed"
    if not answer.accepted and not answer.code:
        start = answer.body[:80].decode("utf-8", "replace").strip()
        text += f" with the body {start!r}" if start else " with an empty body"
    return text


def shown(value: Any) -> str:
    """A value in at most 200 characters."""
    if isinstance(value, list | dict):
        value = _start(value)
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _start(value: Any) -> Any:
    """As much of a list or an object as is shown; a server may send very long ones."""
    if isinstance(value, list):
        return value[:50]
    return dict(list(value.items())[:50]) if isinstance(value, dict) else value
