"""Rules that judge every error body, and the Content-Type of every answer."""

from collections.abc import Iterator
from typing import Any

from scribe_mock.contract.core import judge, samples, specification
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.leniency import OWN_ADDRESSES
from scribe_mock.contract.core.rule import watching
from scribe_mock.contract.core.watch import (
    Watch,
    shows_session,
)
from scribe_mock.contract.rules.disagreements import OGG_OPUS, canonical
from scribe_mock.contract.transport.message import Answer


def _is_error(answer: Answer) -> bool:
    if answer.request.exempt or answer.request.method == "HEAD":
        return False
    # A 5xx has a rule of its own; its body is not a second fault.
    return answer.refused and not shows_session(answer)


@watching(
    "errors.envelope",
    "Every error body is {error: {code, message, details?}}.",
    source="Errors",
    grade=Grade.PROTOCOL,
)
def envelope(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Each error body is compared with the envelope."""
    if not _is_error(answer) or _is_empty_history(answer):
        return
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        start = answer.body[:80].decode("utf-8", "replace")
        yield _broken(answer, f"{answer.status} with the body {start!r}", "shape")
        return
    for name in ("code", "message"):
        if not isinstance(error.get(name), str) or not error[name]:
            yield _broken(answer, f"error.{name} is {error.get(name)!r}, no text", name)
    if not isinstance(error.get("details", {}), dict):
        yield _broken(answer, f"error.details is {error['details']!r}, no object", "details")


def _is_empty_history(answer: Answer) -> bool:
    """Whether it is the one error that is published without the envelope."""
    found = answer.fields()
    published = found.get("status") == "failed" and isinstance(found.get("error"), str)
    return answer.request.operation == "listSessions" and answer.status == 404 and published


def _broken(answer: Answer, got: str, key: str) -> Fault:
    expected = 'the body {"error": {"code": …, "message": …}}'
    return Fault(expected=expected, got=got, answer=answer, key=key)


@watching(
    "errors.content_type",
    "An error has Content-Type: application/json.",
    source="Errors",
    grade=Grade.PROTOCOL,
)
def error_content_type(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The Content-Type of each error with the envelope is checked."""
    if _is_error(answer) and isinstance(answer.fields().get("error"), dict):
        yield from _not_json(answer)


@watching(
    "answers.content_type",
    "A success has Content-Type: application/json.",
    source="openapi.yaml, responses",
    grade=Grade.PROTOCOL,
)
def content_type(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The Content-Type of each success with a JSON body is checked."""
    operation = specification.operations().get(answer.request.operation)
    if operation is None or operation.operation_id in OWN_ADDRESSES or not operation.has_body:
        return
    if (answer.accepted or shows_session(answer)) and answer.request.method != "HEAD":
        yield from _not_json(answer)


def _not_json(answer: Answer) -> Iterator[Fault]:
    found = answer.header("content-type")
    if (found or "").partition(";")[0].strip().lower() != "application/json":
        yield Fault(
            expected="Content-Type: application/json",
            got=f"Content-Type: {found}" if found else "no Content-Type",
            answer=answer,
            key="type",
        )


@watching(
    "errors.formats",
    "The `details` of invalid_audio_format have provided_format, and all supported_formats.",
    source="Upload audio, MIME type",
    grade=Grade.PROTOCOL,
)
def formats(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The list of each invalid_audio_format is compared; that it is missing is a note."""
    if answer.code != "invalid_audio_format" or answer.status != 400:
        return
    details = answer.fields()["error"].get("details")
    details = details if isinstance(details, dict) else {}
    for name in ("provided_format", "supported_formats"):
        if name not in details:
            yield judge.absent(answer, f"error.details.{name}")
    if "supported_formats" in details:
        yield from _wrong_list(answer, details["supported_formats"])


def _wrong_list(answer: Answer, listed: Any) -> Iterator[Fault]:
    """Compare supported_formats with the seven types, or with the six of the reference."""
    texts = isinstance(listed, list) and all(isinstance(mime, str) for mime in listed)
    found = set(map(canonical, listed)) if texts else set()
    if found | {OGG_OPUS} == set(samples.SUPPORTED):
        return
    missing = [mime for mime in samples.SUPPORTED if mime not in found | {OGG_OPUS}]
    group = f"{missing[0]} is refused" if len(missing) == 1 and texts else ""
    if texts and not missing:
        group = judge.UNSUPPORTED_TAKEN
    yield Fault(
        expected=f"supported_formats with {', '.join(samples.SUPPORTED)}",
        got=f"supported_formats = {judge.shown(listed)}",
        answer=answer,
        key="list",
        group=group,
    )


@watching(
    "errors.path",
    "The `details` of a 422 have the JSON path of the fault.",
    source="Create session",
    grade=Grade.INFERRED,
)
def fault_path(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The `details` of each 422 are checked."""
    if answer.status != 422 or not answer.code or answer.request.body is None:
        return
    details = answer.fields()["error"].get("details")
    path = details.get("path") if isinstance(details, dict) else None
    if not isinstance(path, str) or not path.startswith("$"):
        yield Fault(
            expected="details.path such as $.upload_type",
            got=f"details = {judge.shown(details)}",
            answer=answer,
            key="path",
        )


@watching(
    "errors.challenge",
    "401 has the header WWW-Authenticate: Bearer.",
    source="Authentication",
    grade=Grade.INFERRED,
)
def challenge(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The header is checked in each 401."""
    found = answer.header("www-authenticate") or ""
    if answer.status == 401 and not found.lower().startswith("bearer"):
        yield Fault(
            expected="WWW-Authenticate: Bearer",
            got=f"WWW-Authenticate: {found}" if found else "no WWW-Authenticate",
            answer=answer,
            key="challenge",
        )


@watching(
    "errors.allow",
    "405 has the header Allow.",
    source="Authentication",
    grade=Grade.INFERRED,
)
def allow(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The header is checked in each 405."""
    if answer.status == 405 and not answer.header("allow"):
        yield Fault(expected="Allow: POST or the like", got="no Allow", answer=answer, key="a")
