"""The OpenAPI document for the check: paths, statuses, codes and schemas by operationId."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, ValidationError

from scribe_mock.contract.core.grade import Grade
from scribe_mock.spec import load_spec, resolved, shipped

#: Operation and status of the error that may have the session as its body.
SESSION_GONE = ("getSession", 410)


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a body breaks its schema.

    Args:
        path: Keys and indices from the top of the body to the violation.
        message: What is wrong there.
        grade: The grade of that part of the schema.
        absent: Whether the field at the path is missing.
    """

    path: tuple[str | int, ...]
    message: str
    grade: Grade
    absent: bool = False

    @property
    def field(self) -> str:
        """The name of the field, without indices of lists and ids of templates."""
        path = self.path
        if len(path) > 3 and path[0] == "templates":
            path = (*path[:2], "*", *path[3:])
        return ".".join(str(step) for step in path if isinstance(step, str))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document, with all references resolved.

    Args:
        operation_id: Its operationId.
        method, path: Where it is.
        responses: Its responses by status.
        request: The schema of its JSON body, as JSON Schema; None if it has none.
        query: The names of its query parameters.
    """

    operation_id: str
    method: str
    path: str
    responses: Mapping[str, Mapping[str, Any]]
    request: Mapping[str, Any] | None
    query: tuple[str, ...]

    @property
    def successes(self) -> tuple[int, ...]:
        """The documented 2xx status codes."""
        return tuple(int(status) for status in self.responses if status.startswith("2"))

    @property
    def has_body(self) -> bool:
        """Whether a success has a body."""
        return any("content" in self.responses[str(status)] for status in self.successes)


@cache
def document() -> dict[str, Any]:
    """The document, with its references."""
    return load_spec(shipped("openapi.yaml"))


@cache
def operations() -> Mapping[str, Operation]:
    """All operations by operationId."""
    found = {}
    for path, methods in document()["paths"].items():
        for method, raw in methods.items():
            entry = _resolved(raw)
            content = entry.get("requestBody", {}).get("content", {})
            found[entry["operationId"]] = Operation(
                entry["operationId"],
                method.upper(),
                path,
                entry["responses"],
                _nullable(content.get("application/json", {}).get("schema")),
                tuple(one["name"] for one in entry.get("parameters", ()) if one["in"] == "query"),
            )
    return found


@cache
def outside() -> Mapping[str, Mapping[str, Any]]:
    """The responses that belong to no operation, by status."""
    found: Mapping[str, Mapping[str, Any]] = _resolved(document()["x-outside-operations"])
    return found


def codes(response: Mapping[str, Any]) -> dict[str, Grade]:
    """Every `error.code` that a response documents, with its grade; none for a success."""
    found: dict[str, Grade] = {}
    content = response.get("content", {}).get("application/json", {})
    for example in content.get("examples", {}).values():
        error = example.get("value", {}).get("error")
        if isinstance(error, dict):
            grade = Grade(example.get("x-grade", "documented"))
            found.setdefault(error["code"], grade)
    return found


def validator(schema: Mapping[str, Any]) -> Draft4Validator:
    """What judges JSON by the schema of a request."""
    return Draft4Validator(schema)


@cache
def _validator(operation_id: str, status: str) -> Draft4Validator:
    schema = operations()[operation_id].responses[status]["content"]["application/json"]["schema"]
    return Draft4Validator(_nullable(schema))


def violations(operation_id: str, status: int, body: Any) -> Iterator[Violation]:
    """All violations of the schema of this response in a body; none where it has no body."""
    if "content" not in operations()[operation_id].responses[str(status)]:
        return
    for error in _validator(operation_id, str(status)).iter_errors(body):
        path, missing = tuple(error.absolute_path), _missing(error)
        path += (missing,) if missing else ()
        yield Violation(path, error.message[:200], _grade(error, missing), absent=bool(missing))


def _missing(error: ValidationError) -> str:
    """The name of the field that is missing; empty if the violation is another one."""
    if error.validator != "required":
        return ""
    return error.message.removesuffix(" is a required property").strip("'\"")


def _grade(error: ValidationError, missing: str) -> Grade:
    """The grade of the broken part of a schema: its `x-grade`, otherwise `protocol`."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if missing:
        schema = schema.get("properties", {}).get(missing, {})
    return Grade(schema.get("x-grade", "protocol"))


def _resolved(node: Any) -> Any:
    """A part of the document with everything in place of the references to it."""
    node = resolved(document(), node)
    if isinstance(node, dict):
        return {key: _resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(value) for value in node]
    return node


def _nullable(node: Any) -> Any:
    """A schema with `nullable` of OpenAPI 3.0 expressed in JSON Schema."""
    if isinstance(node, list):
        return [_nullable(value) for value in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _nullable(value) for key, value in node.items()}
    if plain.pop("nullable", False) is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain
