"""Request validation: the query and the JSON body, with validators that are built once.

Path parameters are validated by the operations, since in the contract's order they come after the
session and the media type.
"""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from connexion.exceptions import BadRequestProblem
from connexion.json_schema import Draft4RequestValidator
from connexion.middleware.request_validation import (
    RequestValidationAPI,
    RequestValidationMiddleware,
)
from connexion.uri_parsing import OpenAPIURIParser
from connexion.validators import ParameterValidator
from jsonschema import Draft4Validator, ValidationError
from jsonschema.validators import extend
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.bodies import MAX_JSON_BYTES, parse_json, read_all, refuse_body
from scribe_mock.errors import InvalidBody, InvalidRequest
from scribe_mock.schema_errors import in_json, place_of
from scribe_mock.server.connexion_internals import next_operation


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # OpenAPI's dialect is ECMA 262, where `$` matches only the end; in Python it also matches
    # before a final newline.
    if isinstance(instance, str) and not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    # jsonschema compares each pair, which takes quadratic time.
    if wanted and isinstance(instance, list):
        texts = {json.dumps(value, sort_keys=True) for value in instance}
        if len(texts) < len(instance):
            yield ValidationError("it has the same entry twice")


def _left_to_the_operation(*_: Any) -> Iterator[ValidationError]:
    # A body without any field is 400, after the session's state; a broken schema would be 422
    # (CONTRACT.md, "Update session").
    return iter(())


_KEYWORDS = {
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minProperties": _left_to_the_operation,
}
_BodyValidator: Any = extend(Draft4RequestValidator, _KEYWORDS)  # type: ignore[no-untyped-call]


class Parameters(ParameterValidator):
    """Connexion's validation of parameters, with messages of one line."""

    @staticmethod
    def validate_parameter(
        parameter_type: str, value: Any, param: Any, param_name: str | None = None
    ) -> str | None:
        """What is wrong with a value, or None."""
        if value is None:
            return f"{param['name']} is missing." if param.get("required") else None
        # JSON Schema accepts NaN, which is within any bounds.
        if isinstance(value, float) and not math.isfinite(value):
            return f"{param['name']}: {value} is not a finite number."
        checker = Draft4Validator.FORMAT_CHECKER
        validator = Draft4Validator(param.get("schema", {}), format_checker=checker)
        found = next(validator.iter_errors(value), None)
        return f"{param['name']}: {in_json(found)[:300]}." if found else None


class ValidatedOperation:
    """Validates the query and the JSON body of one operation's requests.

    Where other bodies are accepted than JSON, the operation reads those, and gets None for JSON.
    """

    def __init__(self, next_app: ASGIApp, operation: Any) -> None:
        self.next_app = next_app
        judged = [parameter for parameter in operation.parameters if parameter["in"] != "path"]
        parser = OpenAPIURIParser(operation.parameters, {})
        self._parameters = Parameters(judged, uri_parser=parser) if judged else None
        # A spec says with which status it refuses a parameter.
        documented = operation.responses
        self._refused = InvalidRequest if "400" in documented else InvalidBody
        content = operation.request_body.get("content", {})
        self._body: JsonBody | None = None
        self._has_other_bodies = len(content) > 1
        if "application/json" in content:
            required = operation.request_body.get("required", False)
            # `body_schema` would log a warning where there are other bodies.
            schema = operation.with_definitions(content["application/json"]).get("schema", {})
            self._body = JsonBody(schema, required)
        self.has_checks = bool(self._parameters or self._body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its JSON; raises InvalidRequest, InvalidBody."""
        if self._parameters is not None:
            try:
                self._parameters.validate(scope)
            except BadRequestProblem as problem:
                raise self._refused(str(problem.detail)[:500]) from None
        if self._body is not None:
            json_only = not self._has_other_bodies or _is_json(scope)
            body = await self._body.read(scope, receive) if json_only else None
            scope["scribe_mock.body"] = body
        await self.next_app(scope, receive, send)


def _is_json(scope: Scope) -> bool:
    """Whether the Content-Type says that the body is JSON."""
    declared = dict(scope["headers"]).get(b"content-type", b"")
    return bool(declared.partition(b";")[0].strip().lower() == b"application/json")


#: JSON of so many bytes is parsed and validated in a thread, so that nobody waits for it.
_LARGE_BYTES = 64 * 1024


class JsonBody:
    """Reads the JSON bodies of one operation, and validates them.

    Args:
        schema: The body's schema, with resolved references.
        required: Whether there must be a body; without one the value is None.
    """

    def __init__(self, schema: Any, required: bool) -> None:
        checker = Draft4Validator.FORMAT_CHECKER
        self._validator = _BodyValidator(schema, format_checker=checker)
        self._required = required

    async def read(self, scope: Scope, receive: Receive) -> Any:
        """The body; raises InvalidRequest, InvalidBody, RequestTooLarge, ClientGone."""
        data = await read_all(scope, receive, MAX_JSON_BYTES)
        if not data and not self._required:
            return None
        if len(data) < _LARGE_BYTES:
            return self._checked(data)
        return await asyncio.to_thread(self._checked, data)

    def _checked(self, data: bytes) -> Any:
        body = parse_json(data)
        # Only the first error: a client could make the search for the best one very slow.
        found = next(self._validator.iter_errors(body), None)
        if found is not None:
            refuse_body(place_of(found), in_json(found))
        return body


class ValidationAPI(RequestValidationAPI):
    """The request validation of all operations of one spec."""

    def make_operation(self, operation: Any) -> Any:
        """The operation's validation, or the next middleware if there is nothing to validate."""
        checked = ValidatedOperation(
            next_operation(self.next_app, operation.operation_id), operation
        )
        return checked if checked.has_checks else checked.next_app


class Validation(RequestValidationMiddleware):
    """Validates requests against the parameters and bodies of the spec."""

    api_cls = ValidationAPI
