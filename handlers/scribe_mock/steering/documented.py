"""The answers that the spec documents, for faults and for `Prefer`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from scribe_mock.spec import SpecFile, resolved, shipped

_METHODS = ("get", "post", "put", "patch", "delete")
#: The answers that any operation can get: no operation of the spec has them.
_OUTSIDE = "x-outside-operations"


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """One example of an answer in the spec.

    Args:
        status: Its status.
        name: The name of the example; empty for an answer without a body.
        code: Its error code, or None.
        media_type: Of its body; empty without one.
        headers: The header fields that the spec demands of it, with their examples.
        value: The JSON value or the text of its body, or the Path of a file with it.
    """

    status: int
    name: str = ""
    code: str | None = None
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    value: Any = ""

    @property
    def described(self) -> str:
        """Status and code, such as `413 chunk_too_large`."""
        return f"{self.status} {self.code or self.name}".strip()


@dataclass(frozen=True, slots=True)
class DocumentedOperation:
    """One operation of the spec, with the answers that it can have.

    Args:
        path: Its path.
        has_token: Whether it needs a bearer token.
        has_body: Whether its requests have a body.
        answers: Its own answers, then those that any operation can have.
    """

    path: str
    has_token: bool
    has_body: bool
    answers: tuple[DocumentedAnswer, ...]


class Documented:
    """The operations of one spec and their answers, read when they are first asked for.

    Args:
        spec: The OpenAPI file.
    """

    def __init__(self, spec: SpecFile) -> None:
        self._spec = spec

    @contextmanager
    def replacing(self, spec: SpecFile) -> Iterator[None]:
        """Know the operations of another spec from now on, unless the block fails."""
        earlier = self._spec
        self._read(spec)
        try:
            yield
        except BaseException:
            self._read(earlier)
            raise

    def _read(self, spec: SpecFile) -> None:
        self._spec = spec
        for name in ("operations", "codes"):
            vars(self).pop(name, None)

    @cached_property
    def operations(self) -> Mapping[str, DocumentedOperation]:
        """The operations by their operationId."""
        document = self._spec.document()
        outside = tuple(_answers(document, document.get(_OUTSIDE, {})))
        return {
            operation["operationId"]: _operation(document, path, operation, outside)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        }

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every error code of the spec."""
        found = (a.code for one in self.operations.values() for a in one.answers)
        return frozenset(code for code in found if code is not None)

    def find(
        self,
        operation: str,
        *,
        status: int | None = None,
        code: str | None = None,
        name: str | None = None,
    ) -> DocumentedAnswer | None:
        """The first answer of an operation that is like this, or None."""
        known = self.operations.get(operation)
        for answer in known.answers if known else ():
            fits = status in (None, answer.status) and code in (None, answer.code)
            if fits and name in (None, answer.name, answer.code):
                return answer
        return None

    def find_anywhere(self, code: str) -> DocumentedAnswer | None:
        """The first answer of any operation with this error code, or None."""
        found = (self.find(operation, code=code) for operation in self.operations)
        return next(filter(None, found), None)


def phrase_code(status: int) -> str:
    """An error code for a status that the spec does not have: `bad_gateway` for 502."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return f"status_{status}"
    return phrase.lower().replace(" ", "_").replace("-", "_").replace("'", "")


def _operation(
    document: Mapping[str, Any],
    path: str,
    operation: Mapping[str, Any],
    outside: tuple[DocumentedAnswer, ...],
) -> DocumentedOperation:
    security = operation.get("security", document.get("security", ()))
    own = tuple(_answers(document, operation["responses"]))
    return DocumentedOperation(path, bool(security), "requestBody" in operation, own + outside)


def _answers(
    document: Mapping[str, Any], responses: Mapping[str, Any]
) -> Iterator[DocumentedAnswer]:
    for status, response in responses.items():
        response = resolved(document, response)
        headers = dict(_headers(document, response.get("headers", {})))
        if not response.get("content"):
            yield DocumentedAnswer(int(status), headers=headers)
        for media_type, content in response.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                value = _value(resolved(document, example))
                code = _code(value)
                yield DocumentedAnswer(int(status), name, code, media_type, headers, value)


def _headers(document: Mapping[str, Any], headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, header in headers.items():
        header = resolved(document, header)
        # Every answer of the server has an id of its own.
        if header.get("required") and "example" in header and name != "X-Request-Id":
            yield name, str(header["example"])


def _value(example: Mapping[str, Any]) -> Any:
    if "externalValue" in example:
        return shipped("fixtures") / str(example["externalValue"]).removeprefix("fixtures/")
    return example["value"]


def _code(value: Any) -> str | None:
    error = value.get("error") if isinstance(value, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def body_of(answer: DocumentedAnswer) -> bytes:
    """The bytes of a documented answer's body."""
    if isinstance(answer.value, Path):
        return answer.value.read_bytes()
    if isinstance(answer.value, str):
        return answer.value.encode()
    return json.dumps(answer.value, ensure_ascii=False, separators=(",", ":")).encode()
