"""Reads an OpenAPI document, and finds the operations of the contract in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.errors import SpecError
from scribe_mock.paths import BASE_PATH
from scribe_mock.spec import load_spec, resolved

#: The most bytes of a document.
MAX_BYTES = 10_000_000

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Described:
    """One operation of a document.

    Args:
        method, path: As the document has them, the method in capital letters.
        segments: The path with its server's, `{}` for each parameter.
        operation: What the document says about it.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    operation: Mapping[str, Any]


def read(path: Path) -> dict[str, Any]:
    """A document of OpenAPI 3.0 or 3.1; raises CannotRun."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CannotRun(f"--against {path}: expected at most {MAX_BYTES} bytes.")
        document = load_spec(path, lenient=True)
    except OSError as error:
        raise CannotRun(f"--against {path} can't be read: {error.strerror}.") from None
    except SpecError as error:
        raise CannotRun(f"--against {error}") from None
    if not str(document.get("openapi", "")).startswith("3."):
        raise CannotRun(
            f"--against {path}: expected OpenAPI 3.0 or 3.1, with `openapi: 3.…` at its top."
        )
    return document


def described(document: Mapping[str, Any]) -> list[Described]:
    """All operations of a document."""
    found = []
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        item = look_up(document, item)
        for method in _METHODS:
            operation = look_up(document, item.get(method))
            if operation:
                shared = item.get("parameters")
                own = operation.get("parameters")
                parameters = [*(shared or ()), *(own or ())] if _lists(shared, own) else []
                whole = {**operation, "parameters": parameters}
                segments = (*_base(document), *_segments(str(path)))
                found.append(Described(method.upper(), str(path), segments, whole))
    return found


def look_up(document: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """A mapping, or what its `$ref` refers to within the document; empty for anything else."""
    try:
        found = resolved(document, node)
    except SpecError:  # in another file, or nowhere: nothing is known of it
        return {}
    return found if isinstance(found, dict) else {}


def matched(
    ours: Iterable[Described], theirs: Iterable[Described]
) -> list[tuple[Described, Described | None]]:
    """Each operation of the contract with that of the server's document.

    The document may have the session API under another base: then the rest of the path decides.
    """
    left = {(one.method, one.segments): one for one in theirs}
    pairs: dict[int, Described | None] = {}
    wanted = list(ours)
    for number, one in enumerate(wanted):
        pairs[number] = left.pop((one.method, one.segments), None)
    for number, one in enumerate(wanted):
        if pairs[number] is None:
            pairs[number] = _under_another_base(one, left)
    return [(one, pairs[number]) for number, one in enumerate(wanted)]


def _under_another_base(
    ours: Described, left: dict[tuple[str, tuple[str, ...]], Described]
) -> Described | None:
    base = _segments(BASE_PATH)
    tail = ours.segments[len(base) :] if ours.segments[: len(base)] == base else ours.segments
    keys = [
        (method, segments)
        for method, segments in left
        if method == ours.method
        and segments[len(segments) - len(tail) :] == tail
        and "{}" not in segments[: len(segments) - len(tail)]
    ]
    return left.pop(min(keys, key=lambda key: len(key[1]))) if keys else None


def _lists(*values: Any) -> bool:
    return all(value is None or isinstance(value, list) for value in values)


def _base(document: Mapping[str, Any]) -> tuple[str, ...]:
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = first.get("url") if isinstance(first, dict) else None
    try:
        return _segments(urlsplit(url).path) if isinstance(url, str) else ()
    except ValueError:  # no address at all
        return ()


def _segments(path: str) -> tuple[str, ...]:
    return tuple(re.sub(r"^:.+|\{[^}]*\}", "{}", part) for part in path.split("/") if part)
