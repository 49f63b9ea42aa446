"""Request bodies: reading them within bounds, and JSON that can be written again."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from starlette.types import Receive, Scope

from scribe_mock.errors import ClientGone, InvalidBody, InvalidRequest, RequestTooLarge

#: The most bytes of a JSON body.
MAX_JSON_BYTES = 1024 * 1024
#: The most levels of a JSON body; deeper ones could not be written again where they are echoed.
MAX_JSON_DEPTH = 100


def refuse_body(path: str, message: str) -> NoReturn:
    """Raise InvalidBody for the value at a JSON path such as `$.templates[0]`."""
    shown = message if len(message) <= 300 else f"{message[:300]}…"
    raise InvalidBody(f"The body breaks its schema at {path}: {shown}.", path=path)


async def read_body(receive: Receive, accept: Callable[[bytes], Awaitable[None] | None]) -> None:
    """Read a body to its end.

    Args:
        receive: ASGI's.
        accept: Called with each part as it arrives, but not with empty ones; may raise. What it
            returns is awaited before the next part is read.

    Raises:
        ClientGone: the connection ended before the body did.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        if part and (accepted := accept(part)) is not None:
            await accepted
        more = message.get("more_body", False)


async def read_all(scope: Scope, receive: Receive, limit: int) -> bytes:
    """A body of at most `limit` bytes; raises RequestTooLarge, ClientGone."""
    lengths = (int(value) for name, value in scope["headers"] if name == b"content-length")
    announced = next(lengths, None)
    _check_size(announced or 0, limit)
    # Reading the body makes uvicorn send 100 Continue, so a request without one is not read.
    if announced == 0:
        return b""
    body = bytearray()

    def accept(part: bytes) -> None:
        _check_size(len(body) + len(part), limit)
        body.extend(part)

    await read_body(receive, accept)
    return bytes(body)


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
