"""Schemas as flat lists of fields, so that two documents can be compared field by field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.contract.against.reading import look_up

#: Bounds, so that no document takes without end: levels, fields of a schema, and schemas in all.
_MAX_DEPTH, _MAX_FIELDS, _MAX_SCHEMAS = 12, 1000, 100_000

LIMITS = (
    *("minimum", "maximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
)
_COMBINED = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Shape:
    """One value of a body.

    Args:
        types: Its JSON types; empty for any.
        required: Whether it must be there when what it is in is there.
        values: The only values that it may have, as JSON; empty for any.
        format: Its `format`, such as `date-time`.
        limits: Its bounds by keyword.
        closed: Whether it may have no other fields than those named.
    """

    types: frozenset[str] = frozenset()
    required: bool = False
    values: frozenset[str] = frozenset()
    format: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    closed: bool = False


class Shapes:
    """Reads the schemas of one document.

    Args:
        document: The document, for references.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = _MAX_SCHEMAS

    def of(self, schema: Any) -> dict[str, Shape]:
        """Every value that a schema describes: `$`, `$.templates`, `$.templates[].id` and so on."""
        found: dict[str, Shape] = {}
        self._add(found, "$", self._merged(schema, 0), required=True, depth=0)
        return found

    def _add(
        self,
        found: dict[str, Shape],
        path: str,
        schema: dict[str, Any],
        *,
        required: bool,
        depth: int,
    ) -> None:
        if depth > _MAX_DEPTH or len(found) >= _MAX_FIELDS:
            return
        found[path] = _shape(schema, required=required)
        needed = schema.get("required")
        needed = needed if isinstance(needed, list) else []
        properties = schema.get("properties")
        for name, part in properties.items() if isinstance(properties, dict) else ():
            merged = self._merged(part, depth)
            self._add(found, f"{path}.{name}", merged, required=name in needed, depth=depth + 1)
        if "items" in schema:
            merged = self._merged(schema["items"], depth)
            self._add(found, f"{path}[]", merged, required=True, depth=depth + 1)

    def _merged(self, node: Any, depth: int) -> dict[str, Any]:
        """A schema with what it refers to and is combined of in one."""
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            return {}
        schema = look_up(self._document, node)
        merged = {key: value for key, value in schema.items() if key not in _COMBINED}
        for part in _list(schema.get("allOf")):
            merged = _both(merged, self._merged(part, depth + 1))
        for key in ("anyOf", "oneOf"):
            parts = [self._merged(part, depth + 1) for part in _list(schema.get(key))]
            # What only says what must be there (`required: [a]` or `[b]`) describes no values.
            if parts:
                merged = _both(merged, _either(parts))
        return merged


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A schema that says what two say."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        properties = dict(one["properties"])
        for name, part in other["properties"].items():
            properties[name] = {"allOf": [properties[name], part]} if name in properties else part
        merged["properties"] = properties
    if "required" in one and "required" in other:
        merged["required"] = [*_list(one["required"]), *_list(other["required"])]
    return merged


def _either(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A schema of what at least one of several says; what all need is required."""
    kinds = [_types(part) for part in parts]
    merged: dict[str, Any] = {}
    if all(kinds):
        merged["type"] = sorted(frozenset().union(*kinds))
    properties: dict[str, Any] = {}
    for part in parts:
        known = part.get("properties")
        for name, value in known.items() if isinstance(known, dict) else ():
            properties[name] = {"anyOf": [properties[name], value]} if name in properties else value
    if properties:
        merged["properties"] = properties
    needed = [set(map(str, _list(part.get("required")))) for part in parts]
    merged["required"] = sorted(set.intersection(*needed))
    items = [part["items"] for part in parts if "items" in part]
    if items:
        merged["items"] = items[0] if len(items) == 1 else {"anyOf": items}
    if all("enum" in part for part in parts):
        merged["enum"] = [value for part in parts for value in _list(part["enum"])]
    return merged


def _shape(schema: Mapping[str, Any], *, required: bool) -> Shape:
    values = [json.dumps(value, default=str) for value in _list(schema.get("enum"))]
    limits = {
        name: schema[name]
        for name in LIMITS
        if isinstance(schema.get(name), int | float) and not isinstance(schema[name], bool)
    }
    return Shape(
        types=_types(schema),
        required=required,
        values=frozenset(values) - {"null"},
        format=str(schema.get("format", "")),
        limits=limits,
        closed=schema.get("additionalProperties") is False,
    )


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    kind = schema.get("type")
    kinds = set(map(str, kind if isinstance(kind, list) else [kind] if kind else []))
    if not kinds and "properties" in schema:
        kinds = {"object"}
    if not kinds and "items" in schema:
        kinds = {"array"}
    if not kinds and schema.get("enum") == [None]:
        return frozenset({"null"})
    if kinds and schema.get("nullable") is True:
        kinds.add("null")
    return frozenset(kinds)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
