"""JSON values that break a schema in one place."""

from collections.abc import Iterator
from random import Random
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.fuzzing.values import Schema, valid

#: One value of every type of JSON, and some that are often taken for another.
_OTHERS: tuple[Any, ...] = (None, True, 7, 1.5, -1, "", "7", [], ["a"], {}, {"a": 1})


def broken(schema: Schema, value: Any, random: Random) -> list[Any]:
    """All values that differ from a valid one in one place, where they break the schema.

    Args:
        schema: As for `valid`.
        value: A value that the schema allows.
        random: The source of the values of fields that it lacks.
    """
    allows = specification.validator(schema).is_valid
    return [changed for changed in _changed(schema, value, random) if not allows(changed)]


def _changed(schema: Schema, value: Any, random: Random) -> Iterator[Any]:
    """Changed values, of which most break the schema."""
    yield from _OTHERS
    yield from _too_long(schema)
    if isinstance(value, dict):
        for name in value:
            yield {key: part for key, part in value.items() if key != name}
        yield value | {"no_such_field": 1}
        for name, part in schema.get("properties", {}).items():
            sample = value[name] if name in value else valid(part, random)
            for changed in _changed(part, sample, random):
                yield value | {name: changed}
    items = schema.get("items")
    if isinstance(value, list) and items:
        for changed in _changed(items, valid(items, random), random):
            yield [changed]


def _too_long(schema: Schema) -> Iterator[Any]:
    """Texts and lists that are too long, too short, not unique or not of the pattern."""
    if "string" in _types(schema):
        yield "x" * (schema.get("maxLength", 0) + 1)
        yield "not one of these"
        yield "x" * max(0, schema.get("minLength", 0) - 1)
    if "array" in _types(schema):
        few = ["en", "hi", "ta", "te", "bn"]
        yield ["en", "en"]
        yield (few * (schema.get("maxItems", 0) // 5 + 1))[: schema.get("maxItems", 0) + 1]


def _types(schema: Schema) -> tuple[str, ...]:
    kinds = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)
