"""Messages of JSON Schema errors, with values written as JSON instead of Python."""

import json
from typing import Any


def in_json(error: Any) -> str:
    """The message of a jsonschema ValidationError, such as `null is not of type "object"`."""
    wanted = error.validator_value
    said = str(error.message)
    for value in (error.instance, wanted, *(wanted if isinstance(wanted, list) else ())):
        said = said.replace(repr(value), json.dumps(value, ensure_ascii=False))
    return said
