"""JSON Schema errors: their messages, with values written as JSON, and the place of the value."""

import json
from typing import Any


def in_json(error: Any) -> str:
    """The message of a jsonschema ValidationError, such as `null is not of type "object"`."""
    wanted = error.validator_value
    said = str(error.message)
    for value in (error.instance, wanted, *(wanted if isinstance(wanted, list) else ())):
        said = said.replace(repr(value), json.dumps(value, ensure_ascii=False))
    return said


def place_of(error: Any) -> str:
    """The JSON path of the value at fault, which may be missing or not allowed."""
    named = []
    if error.validator == "required":
        named = [name for name in error.validator_value if name not in error.instance]
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        named = [name for name in error.instance if name not in known]
    return f"{error.json_path}.{named[0]}" if named else str(error.json_path)
