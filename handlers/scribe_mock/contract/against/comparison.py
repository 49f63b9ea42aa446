"""The rules by which a server's OpenAPI document is compared with the contract."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scribe_mock.contract.against.difference import Difference, grouped
from scribe_mock.contract.against.reading import Described, described, look_up, matched, read
from scribe_mock.contract.against.shapes import Shape, Shapes
from scribe_mock.contract.core.specification import codes, document, operations

_INFERRED = "inferred"
#: A body of one of these types may be any audio.
_ANY_AUDIO = {"*/*", "audio/*", "application/octet-stream"}


def compare(path: Path) -> list[Difference]:
    """The differences between a server's OpenAPI document and the contract.

    Raises:
        CannotRun: the file is missing or broken.
    """
    theirs = read(path)
    comparison = _Comparison(document(), theirs)
    pairs = matched(described(document()), described(theirs))
    return grouped(found for pair in pairs for found in comparison.of(*pair))


class _Comparison:
    """Compares the operations of two documents, pair by pair."""

    def __init__(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        self._ours, self._theirs = ours, theirs
        self._our_shapes, self._their_shapes = Shapes(ours), Shapes(theirs)

    def of(self, ours: Described, theirs: Described | None) -> Iterator[Difference]:
        """The differences of one operation; signed addresses are each server's own matter."""
        name = ours.operation["operationId"]
        if theirs is None:
            if ours.operation.get("x-grade") != _INFERRED:
                what = f"{ours.method} {ours.path}"
                yield _found("against.operation", what, "the document does not", name)
            return
        for compare_part in (self._statuses, self._codes, self._request, self._answers):
            yield from compare_part(name, ours.operation, theirs.operation)

    def _statuses(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[Difference]:
        known = {str(status).upper() for status in _mapping(theirs.get("responses"))}
        if not known or "DEFAULT" in known:
            return
        for status, response in operations()[name].responses.items():
            stated = response.get("x-grade") != _INFERRED and status < "500"
            if stated and not {status, f"{status[0]}XX"} & known:
                what = f"the status {status}"
                yield _found("against.status", what, "the document does not", name)
        successes = {status for status in ours["responses"] if status.startswith("2")}
        for status in sorted(known):
            if status.startswith("2") and status != "2XX" and status not in successes:
                what = f"{' or '.join(sorted(successes))} for a success"
                yield _found("against.status", what, f"the document has {status}", name)

    def _codes(
        self, name: str, _: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[Difference]:
        for status, response in operations()[name].responses.items():
            if status < "400" or "application/json" not in response.get("content", {}):
                continue
            media = self._json(self._theirs, _mapping(theirs.get("responses")).get(status))
            known = self._codes_of(media)
            for code, grade in codes(response).items():
                if known and grade != _INFERRED and code not in known:
                    said = f"the document has {', '.join(sorted(known))}"
                    yield _found("against.code", f"the code {code}", said, f"{name} {status}")

    def _codes_of(self, media: Mapping[str, Any]) -> set[str]:
        shape = self._their_shapes.of(media.get("schema")).get("$.error.code")
        known = {value.strip('"') for value in shape.values} if shape else set()
        examples = [{"value": media.get("example")}, *_mapping(media.get("examples")).values()]
        for example in examples:
            value = look_up(self._theirs, example).get("value")
            code = _mapping(_mapping(value).get("error")).get("code")
            if isinstance(code, str):
                known.add(code)
        return known

    def _request(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[Difference]:
        yield from self._parameters(name, ours, theirs)
        our_body = look_up(self._ours, ours.get("requestBody"))
        their_body = look_up(self._theirs, theirs.get("requestBody"))
        if their_body.get("required") is True and not our_body.get("required"):
            what = "a body that may be left out" if our_body else "no body"
            yield _found("against.request.required", what, "the document requires one", name)
        yield from self._media_types(name, our_body, their_body, theirs)
        our_schema = self._json(self._ours, our_body).get("schema")
        their_schema = self._json(self._theirs, their_body).get("schema")
        if our_schema is None or their_schema is None:
            return
        mine, other = self._our_shapes.of(our_schema), self._their_shapes.of(their_schema)
        yield from _required(name, mine, other)
        for path in mine:
            yield from _request_field(name, path, mine, other)

    def _parameters(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[Difference]:
        mine = {_key(look_up(self._ours, part)) for part in ours["parameters"]}
        for part in theirs["parameters"]:
            parameter = look_up(self._theirs, part)
            where, known = _key(parameter)
            ignored = where == "path" or (where, known) in (
                ("header", "authorization"),
                ("header", "content-type"),
            )
            if parameter.get("required") is True and not ignored and (where, known) not in mine:
                what = f"no {where} parameter {parameter.get('name')}"
                yield _found("against.request.required", what, "the document requires it", name)

    def _media_types(
        self,
        name: str,
        our_body: Mapping[str, Any],
        their_body: Mapping[str, Any],
        theirs: Mapping[str, Any],
    ) -> Iterator[Difference]:
        wanted, known = _kinds(our_body.get("content")), _kinds(their_body.get("content"))
        for part in theirs["parameters"]:
            parameter = look_up(self._theirs, part)
            listed = look_up(self._theirs, parameter.get("schema")).get("enum")
            # A document may list the types as values of the header, and the body as any bytes.
            if _key(parameter) == ("header", "content-type") and isinstance(listed, list):
                known = (known | _kinds(listed)) - _ANY_AUDIO
        if not known or "application/json" in wanted or known & _ANY_AUDIO:
            return
        for kind in sorted(wanted - known):
            yield _found("against.format", kind, f"the document has {_some(known)}", name)

    def _answers(
        self, name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> Iterator[Difference]:
        responses = {str(key): part for key, part in _mapping(theirs.get("responses")).items()}
        for status, response in ours["responses"].items():
            our_schema = self._json(self._ours, response).get("schema")
            their_schema = self._json(self._theirs, responses.get(status)).get("schema")
            if our_schema is None or their_schema is None or status >= "500":
                continue
            mine, other = self._our_shapes.of(our_schema), self._their_shapes.of(their_schema)
            for path in mine:
                yield from _answer_field(f"{name} {status}", path, mine, other)

    def _json(self, of: Mapping[str, Any], node: Any) -> dict[str, Any]:
        """The JSON content of a response or of a request's body."""
        content = _mapping(look_up(of, node).get("content"))
        for kind, media in content.items():
            if str(kind).partition(";")[0].strip().lower() in ("application/json", "*/*"):
                return look_up(of, media)
        return {}


def _required(
    name: str, mine: Mapping[str, Shape], other: Mapping[str, Shape]
) -> Iterator[Difference]:
    for path, shape in other.items():
        known = mine.get(path)
        parent = path.rpartition(".")[0]
        if shape.required and "." in path and parent in mine and not (known and known.required):
            what = f"{_shown(path)} as optional" if known else f"no field {_shown(path)}"
            yield _found("against.request.required", what, "the document requires it", name)


def _request_field(
    name: str, path: str, mine: Mapping[str, Shape], other: Mapping[str, Shape]
) -> Iterator[Difference]:
    ours, theirs = mine[path], other.get(path)
    if theirs is None:
        if _knows_more(path, other):
            parent = other[path.rpartition(".")[0]]
            said = (
                "the document allows no other fields" if parent.closed else "the document does not"
            )
            yield _found("against.request.field", f"the field {_shown(path)}", said, name)
        return
    allowed = _wide(ours.types) - {"null"}
    if theirs.types and not allowed <= _wide(theirs.types):
        yield from _types("against.request.field", name, path, ours, theirs)
    if theirs.values and ours.values - theirs.values:
        what = f"{_shown(path)} = {_some(ours.values - theirs.values)}, too"
        yield _found(
            "against.request.field", what, f"the document has {_some(theirs.values)}", name
        )
    yield from _limits(name, path, ours, theirs)


def _answer_field(
    place: str, path: str, mine: Mapping[str, Shape], other: Mapping[str, Shape]
) -> Iterator[Difference]:
    ours, theirs = mine[path], other.get(path)
    if theirs is None:
        if ours.required and _knows_more(path, other):
            what = f"the field {_shown(path)}"
            yield _found("against.response.field", what, "the document does not", place)
        return
    if ours.types and not _wide(theirs.types) <= _wide(ours.types):
        yield from _types("against.response.type", place, path, ours, theirs)
    # `against.code` compares the codes.
    if ours.values and theirs.values - ours.values and path != "$.error.code":
        what = f"{_shown(path)} = {_some(ours.values)}"
        said = f"the document also has {_some(theirs.values - ours.values)}"
        yield _found("against.response.type", what, said, place)
    if ours.format and theirs.format and ours.format != theirs.format:
        what = f"{_shown(path)} as {ours.format}"
        yield _found("against.format", what, f"the document has {theirs.format}", place)


def _types(rule: str, place: str, path: str, ours: Shape, theirs: Shape) -> Iterator[Difference]:
    what = f"{_shown(path)} as {' or '.join(sorted(ours.types)) or 'any value'}"
    yield _found(rule, what, f"the document has {' or '.join(sorted(theirs.types))}", place)


def _limits(place: str, path: str, ours: Shape, theirs: Shape) -> Iterator[Difference]:
    for keyword in sorted(ours.limits.keys() | theirs.limits.keys()):
        our, their = ours.limits.get(keyword), theirs.limits.get(keyword)
        if our != their:
            what = f"{_shown(path)} with {keyword} {'of no value' if our is None else our}"
            said = "the document has none" if their is None else f"the document has {their}"
            yield _found("against.limit", what, said, place)


def _kinds(listed: Any) -> set[str]:
    """Media types, spelled alike (RFC 9110, 8.3.1)."""
    kinds = map(str, listed if isinstance(listed, Mapping | list) else ())
    return {kind.lower().replace(" ", "").replace('"', "") for kind in kinds}


def _knows_more(path: str, other: Mapping[str, Shape]) -> bool:
    """Whether a document names fields beside a missing one: else it may just say nothing."""
    parent, _, _ = path.rpartition(".")
    return parent in other and any(
        one.startswith(f"{parent}.") and "." not in one[len(parent) + 1 :] for one in other
    )


def _wide(types: frozenset[str]) -> frozenset[str]:
    """An integer is a number, too."""
    return types | {"integer"} if "number" in types else types


def _key(parameter: Mapping[str, Any]) -> tuple[str, str]:
    return str(parameter.get("in")), str(parameter.get("name")).lower()


def _shown(path: str) -> str:
    return f"`{path.removeprefix('$.')}`"


def _some(values: Any) -> str:
    listed = sorted(values)
    return ", ".join(listed[:10]) + (" and more" if len(listed) > 10 else "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _found(rule: str, ours: str, theirs: str, place: str) -> Difference:
    return Difference(rule, ours, theirs, (place,))
