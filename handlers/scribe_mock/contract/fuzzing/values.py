"""Random JSON values that a schema allows."""

import re
from collections.abc import Mapping
from random import Random
from typing import Any

Schema = Mapping[str, Any]

#: Every type of JSON. `integer` is left out: it is a `number`, too.
TYPES = ("null", "boolean", "number", "string", "array", "object")
#: Most characters and items beyond the fewest that are allowed, and most objects in objects.
_MORE_CHARACTERS, _MORE_ITEMS, _DEEPEST = 40, 4, 2
#: Characters that programs have trouble with are as frequent as letters.
_CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789"
    " -_.,:;'\"\\/<>&%{}[]()+=?#@!$*|~^`\n\t\r\x00\x1f\x7f"
    "éßñłİ\u0131\u0301\u200b\u202e\ufeff漢字हिन्दीதமிழ்العربية😀𐍈"
)
#: Texts of which one fits every `pattern` and `format` of openapi.yaml.
_WORDS = ("en", "hi", "auto_detect", "https://example.org/hook", "2026-01-31T12:00:00Z", "A.b-1")


def valid(schema: Schema, random: Random, depth: int = 0) -> Any:
    """A random value that a schema allows.

    Args:
        schema: A JSON schema without references and `oneOf`, `anyOf`, `allOf` and `not`.
        random: The source of what is random.
        depth: In how many other values this one is.
    """
    if "enum" in schema:
        return random.choice(list(schema["enum"]))
    kind = _kind(schema, random, depth)
    if kind == "object":
        return _object(schema, random, depth)
    if kind == "array":
        return _array(schema, random, depth)
    if kind == "string":
        return _string(schema, random)
    if kind == "null":
        return None
    return random.random() < 0.5 if kind == "boolean" else _number(schema, random, kind)


def text(random: Random, length: int) -> str:
    """Random characters, also such as programs have trouble with."""
    return "".join(random.choices(_CHARACTERS, k=length))


def _kind(schema: Schema, random: Random, depth: int) -> str:
    kinds = schema.get("type", TYPES if depth < _DEEPEST else TYPES[:4])
    return kinds if isinstance(kinds, str) else random.choice(list(kinds))


def _object(schema: Schema, random: Random, depth: int) -> dict[str, Any]:
    parts = schema.get("properties", {})
    wanted = {name for name in parts if random.random() < 0.5} | set(schema.get("required", ()))
    names = list(parts)
    while len(wanted) < min(schema.get("minProperties", 0), len(names)):
        wanted.add(random.choice(names))
    found = {name: valid(parts[name], random, depth + 1) for name in names if name in wanted}
    if schema.get("additionalProperties", True) is not False and random.random() < 0.3:
        found[f"x{text(random, 5)}"] = valid({}, random, depth + 1)
    return found


def _array(schema: Schema, random: Random, depth: int) -> list[Any]:
    fewest = schema.get("minItems", 0)
    most = min(schema.get("maxItems", fewest + _MORE_ITEMS), fewest + _MORE_ITEMS)
    found: list[Any] = []
    for _ in range(random.randint(fewest, most)):
        item = valid(schema.get("items", {}), random, depth + 1)
        if not schema.get("uniqueItems") or item not in found:
            found.append(item)
    return found


def _string(schema: Schema, random: Random) -> str:
    fewest, most = schema.get("minLength", 0), schema.get("maxLength")
    longest = fewest + _MORE_CHARACTERS
    length = random.randint(fewest, longest if most is None else min(most, longest))
    if "pattern" not in schema and "format" not in schema:
        at_the_limit = most is not None and random.random() < 0.2
        return "x" * min(most or 0, 20_000) if at_the_limit else text(random, length)
    words = [f"{random.getrandbits(256):064x}"[:length], *random.sample(_WORDS, len(_WORDS))]
    if schema.get("format") == "uri":
        return next(word for word in words if "://" in word)
    fitting = (
        word
        for word in words
        if re.search(schema.get("pattern", ""), word)
        and fewest <= len(word) <= (len(word) if most is None else most)
    )
    return next(fitting)


def _number(schema: Schema, random: Random, kind: str) -> float:
    lowest: int = schema.get("minimum", -1000)
    highest: int = schema.get("maximum", max(lowest, 0) + 2**53)
    near = min(highest, lowest + 20)
    if kind == "number" and random.random() < 0.5:
        return random.uniform(lowest, near)
    return random.choice([lowest, random.randint(lowest, near), random.randint(lowest, highest)])
