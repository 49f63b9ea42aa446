"""Connexion's request validation, with its validators built once.

Parameters in the path are not judged here: a fault in one answers after the session's and the
media type's, in the order of the contract, so the operations judge them.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

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

from scribe_mock.complaints import in_json
from scribe_mock.errors import ClientGone, InvalidBody, InvalidRequest, RequestTooLarge
from scribe_mock.pipeline.stations import next_station

#: Bytes of a JSON body.
MAX_JSON_BYTES = 1024 * 1024
#: Levels of a JSON body; what is echoed must be writable again.
MAX_JSON_DEPTH = 100


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    # In ECMA 262, the dialect of OpenAPI, `$` is the end; in Python also before a last newline.
    if isinstance(instance, str) and not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique(_: Any, wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    # jsonschema compares each with each; one text for each is enough to tell them apart.
    if wanted and isinstance(instance, list):
        texts = {json.dumps(value, sort_keys=True) for value in instance}
        if len(texts) < len(instance):
            yield ValidationError("it has the same entry twice")


_BodyValidator: Any = extend(Draft4RequestValidator, {"pattern": _pattern, "uniqueItems": _unique})  # type: ignore[no-untyped-call]


class Parameters(ParameterValidator):
    """Connexion's check of parameters, which says in one line what is wrong with which."""

    @staticmethod
    def validate_parameter(
        parameter_type: str, value: Any, param: Any, param_name: str | None = None
    ) -> str | None:
        """What is wrong with a value; None for nothing."""
        if value is None:
            return f"{param['name']} is missing." if param.get("required") else None
        # JSON Schema has no word for NaN, which is a number within any bounds.
        if isinstance(value, float) and not math.isfinite(value):
            return f"{param['name']}: {value} is no finite number."
        checker = Draft4Validator.FORMAT_CHECKER
        validator = Draft4Validator(param.get("schema", {}), format_checker=checker)
        found = next(validator.iter_errors(value), None)
        return f"{param['name']}: {in_json(found)[:300]}." if found else None


class ValidatedOperation:
    """The checks of one operation's query and JSON body."""

    def __init__(self, next_app: ASGIApp, operation: Any) -> None:
        self.next_app = next_app
        judged = [parameter for parameter in operation.parameters if parameter["in"] != "path"]
        parser = OpenAPIURIParser(operation.parameters, {})
        self._parameters = Parameters(judged, uri_parser=parser) if judged else None
        content = operation.request_body.get("content", {})
        self._body: JsonBody | None = None
        if "application/json" in content:
            required = operation.request_body.get("required", False)
            self._body = JsonBody(operation.body_schema("application/json"), required)
        self.has_checks = bool(self._parameters or self._body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its JSON; raises InvalidRequest, InvalidBody."""
        if self._parameters is not None:
            try:
                self._parameters.validate(scope)
            except BadRequestProblem as problem:
                raise InvalidRequest(str(problem.detail)[:500]) from None
        if self._body is not None:
            scope["scribe_mock.body"] = await self._body.read(scope, receive)
        await self.next_app(scope, receive, send)


class JsonBody:
    """Reads the JSON bodies of one operation, and holds them to their schema.

    Args:
        schema: Of the body; references resolved.
        required: Whether there must be a body; one that is left out reads as None.
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
        body = parse_json(data)
        # The first error and no better one: to compare them all is work that a client chooses.
        found = next(self._validator.iter_errors(body), None)
        if found is not None:
            refuse_body(_place(found), in_json(found))
        return body


def _place(error: Any) -> str:
    """The JSON path of the value at fault: one that is missing, or should not be there, too."""
    named = []
    if error.validator == "required":
        named = [name for name in error.validator_value if name not in error.instance]
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        named = [name for name in error.instance if name not in known]
    return f"{error.json_path}.{named[0]}" if named else str(error.json_path)


def refuse_body(path: str, message: str) -> NoReturn:
    """Raise InvalidBody for the value at a JSON path such as `$.templates[0]`."""
    shown = message if len(message) <= 300 else f"{message[:300]}…"
    raise InvalidBody(f"The body breaks its schema at {path}: {shown}.", path=path)


async def read_all(scope: Scope, receive: Receive, limit: int) -> bytes:
    """A body of at most `limit` bytes; raises RequestTooLarge, ClientGone."""
    lengths = (int(value) for name, value in scope["headers"] if name == b"content-length")
    declared = next(lengths, None)
    _check_size(declared or 0, limit)
    # Who waits for a 100 gets it at the first receive, so not where the head says enough.
    parts, size, more = [], 0, declared != 0
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        _check_size(size, limit)
        more = message.get("more_body", False)
    return b"".join(parts)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise RequestTooLarge(f"A JSON body has at most {limit} bytes.", limit_bytes=limit)


def parse_json(data: bytes) -> Any:
    """JSON that can be written again: UTF-8, no NaN, not too deep; raises InvalidRequest.

    What RFC 8259 leaves open is closed as I-JSON does (RFC 7493, 2): numbers fit a double,
    surrogates come in pairs.
    """
    try:
        body = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
        if b"\\u" in data:
            json.dumps(body, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        body = _TOO_DEEP
    except ValueError as error:
        raise InvalidRequest(
            f"The body is not JSON: {str(error)[:200]}. Send a JSON object."
        ) from None
    if body is _TOO_DEEP or _deeper_than(body, MAX_JSON_DEPTH):
        raise InvalidRequest(f"The JSON body is nested deeper than {MAX_JSON_DEPTH} levels.")
    return body


_TOO_DEEP = object()
#: Digits with which no number is beyond a double.
_SAFE_DIGITS = 308


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large for a number")
    return number


def _whole(text: str) -> int:
    # Not first the integer: Python reads no more than 4300 digits, and says so in its own words.
    if len(text) > _SAFE_DIGITS:
        _finite(text)
    return int(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for container in level
            if isinstance(container, dict | list)
            for child in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


class ValidationAPI(RequestValidationAPI):
    """The checks of all operations of one spec."""

    def make_operation(self, operation: Any) -> Any:
        """The checks that the spec's parameters and request body ask for."""
        checked = ValidatedOperation(next_station(self.next_app, operation), operation)
        return checked if checked.has_checks else checked.next_app


class Validation(RequestValidationMiddleware):
    """Holds requests to the parameters and bodies of the spec."""

    api_cls = ValidationAPI
