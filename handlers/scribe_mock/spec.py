"""Load an OpenAPI file, and say readably what is wrong with a broken one."""

from pathlib import Path
from typing import Any

import yaml

from scribe_mock.errors import SpecError


def load_spec(path: Path) -> dict[str, Any]:
    """The document in an OpenAPI file; raises SpecError when it is no readable YAML mapping."""
    try:
        document = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path}:{line}: expected YAML, but {error.problem}.") from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise SpecError(f"{path}: expected a readable OpenAPI file, but {reason}.") from None
    if not isinstance(document, dict):
        raise SpecError(f"{path}: expected an OpenAPI document, but it is no mapping.")
    return document


def explain(path: Path, document: dict[str, Any]) -> str | None:
    """What the OpenAPI 3.0 schema has against a document, in one line; None for nothing.

    This takes a second, so it is asked only once a document turned out to be broken.
    """
    from openapi_spec_validator import OpenAPIV30SpecValidator

    error = next(iter(OpenAPIV30SpecValidator(document).iter_errors()), None)
    if error is None:
        return None
    place = "/".join(map(str, error.absolute_path))
    return f"{path}: at #/{place}: {str(error.message).partition(chr(10))[0][:300]}"
