"""The requests that one operation is tried with, all made before the first is sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.probe import Headers, Probe, ProbeSession, in_path
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.core.specification import Operation
from scribe_mock.contract.fuzzing.breaking import broken
from scribe_mock.contract.fuzzing.json_bodies import label, marked
from scribe_mock.contract.fuzzing.values import text, valid
from scribe_mock.contract.transport.message import Request
from scribe_mock.paths import BASE_PATH

#: Requests of one operation and mode: with a JSON body, and without one.
_CASES, _CASES_WITHOUT_JSON = 15, 8
#: Bodies that are not JSON, or not quite; other rules require that they are refused.
_NOT_JSON = (b"", b"{", b"nope", b"\xff\xfe{}", b'{"a":1}{}', b"{'a': 1}", b"[" * 2000, b"\x00")
#: Header fields that no document has; each means nothing here.
_ODD_HEADERS = (
    ("Accept", "text/html"),
    ("Accept-Language", "hi, *;q=0"),
    ("Content-Language", "\u00fc"),
    ("Cookie", "a=1; session=\u00e9"),
    ("If-None-Match", '"x"'),
    ("Range", "bytes=0-1"),
    ("X-Forwarded-For", "192.0.2.1"),
    ("X-HTTP-Method-Override", "DELETE"),
)
_ODD_TYPES = ("text/plain", "application/xml", "application/json; charset=utf-16", "nonsense", "")


class Mode(Enum):
    """Whether requests keep the schema or break it."""

    KEEPING, BREAKING = range(2)


def cases(
    probe: Probe, operation_id: str, mode: Mode, session: ProbeSession | None
) -> list[Request]:
    """Requests to one operation, the same for the same seed.

    Args:
        probe: The rule's.
        operation_id: Of the operation.
        mode: Whether they keep the schema.
        session: The session that they are for; None for random session ids.
    """
    operation = specification.operations()[operation_id]
    if operation.request is None:
        return [_without_json(probe, operation, mode, session) for _ in range(_CASES_WITHOUT_JSON)]
    bodies = _keeping(probe, operation) if mode is Mode.KEEPING else _breaking(probe, operation)
    return [_with_json(probe, operation, mode, session, body) for body in bodies]


def request_to(
    probe: Probe, operation: Operation, given: dict[str, str], body: bytes | None, **how: Any
) -> Request:
    """A request to an operation of the document.

    Args:
        probe: Whose base and token it gets.
        operation: The operation.
        given: Values in its path; others are random.
        body: Its body; JSON gets the mark of the run.
        how: Other arguments of `Probe.request`.
    """
    path, at = operation.path, None
    if path.startswith(BASE_PATH):
        path = path.removeprefix(BASE_PATH)
    else:
        at = probe.root()
    pieces = [
        in_path(given.get(piece[1:-1]) or _segment(probe)) if piece.startswith("{") else piece
        for piece in path.split("/")
    ]
    if operation.operation_id in ("createSession", "updateSession"):
        body = marked(body, operation.operation_id, probe.run.name)
    return probe.request(
        operation.method,
        "/".join(pieces),
        body=body,
        at=at,
        operation=operation.operation_id,
        label=f"{operation.operation_id} with {label(body)}",
        **how,
    )


def _segment(probe: Probe) -> str:
    """A random path segment; a slash, a dot alone or NUL mean something to what is in front."""
    some = text(probe.random, probe.random.randint(1, 40))
    return "x" + "".join(letter for letter in some if letter not in "/\\\x00")


def _keeping(probe: Probe, operation: Operation) -> Iterator[bytes]:
    assert operation.request is not None
    for _ in range(_CASES):
        value = valid(operation.request, probe.random)
        if operation.operation_id == "createSession":
            # A server may want more fields than the document does; the run knows which.
            value = probe.creation(value["upload_type"]) | value
        yield json.dumps(value).encode()


def _breaking(probe: Probe, operation: Operation) -> Iterator[bytes]:
    assert operation.request is not None
    random = probe.random
    yield from random.sample(_NOT_JSON, 3)
    found = broken(operation.request, valid(operation.request, random), random)
    for value in random.sample(found, min(len(found), _CASES - 3)):
        yield json.dumps(value).encode()


def _with_json(
    probe: Probe, operation: Operation, mode: Mode, session: ProbeSession | None, body: bytes
) -> Request:
    headers = (("Content-Type", "application/json"),)
    request = request_to(probe, operation, _ids(session), body, headers=headers)
    return _odd(probe, request) if mode is Mode.BREAKING else request


def _without_json(
    probe: Probe, operation: Operation, mode: Mode, session: ProbeSession | None
) -> Request:
    random = probe.random
    body: bytes | None = None
    headers: Headers = ()
    if operation.operation_id == "uploadAudio":
        body, headers = random.randbytes(random.randint(0, 2000)), (("Content-Type", WEBM),)
    request = request_to(probe, operation, _ids(session), body, headers=headers)
    if operation.query and random.random() < 0.5:
        name = random.choice(operation.query)
        query = urlencode({name: text(random, random.randint(0, 20))}, quote_via=quote)
        request = replace(request, target=f"{request.target}?{query}")
    return _odd(probe, request) if mode is Mode.BREAKING else request


def _odd(probe: Probe, request: Request) -> Request:
    """A request with an odd header field, type or query now and then."""
    random = probe.random
    headers, target = request.headers, request.target
    if random.random() < 0.4:
        headers = (*headers, random.choice(_ODD_HEADERS))
    if request.body is not None and random.random() < 0.2:
        headers = (*_without_type(headers), ("Content-Type", random.choice(_ODD_TYPES)))
    if random.random() < 0.2:
        target += f"{'&' if '?' in target else '?'}no_such_parameter={quote(text(random, 8))}"
    return replace(request, headers=headers, target=target)


def _without_type(headers: Headers) -> Headers:
    return tuple(field for field in headers if field[0] != "Content-Type")


def _ids(session: ProbeSession | None) -> dict[str, str]:
    return {"session_id": session.session_id} if session else {}
