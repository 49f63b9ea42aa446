"""What jsonschema has against a value, in JSON's words instead of Python's."""

import json
from typing import Any


def in_json(error: Any) -> str:
    """The message of a ValidationError in one line: `null is not of type "object"`."""
    wanted = error.validator_value
    said = str(error.message)
    for value in (error.instance, wanted, *(wanted if isinstance(wanted, list) else ())):
        said = said.replace(repr(value), json.dumps(value, ensure_ascii=False))
    return said
