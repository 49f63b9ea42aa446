"""The JSON form of a fault, by the schema of `control.yaml`."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NoReturn

from scribe_mock.errors import InvalidBody
from scribe_mock.schema_errors import in_json, place_of
from scribe_mock.spec import load_spec, shipped

_FAULT = "urn:control#/components/schemas/Fault"


def check_form(value: Any, place: str) -> None:
    """Raise InvalidBody if a JSON value has not the form of a fault.

    Args:
        value: The JSON value.
        place: Its JSON path, for the message.
    """
    found = next(_validator().iter_errors(value), None)
    if found is not None:
        refuse(f"{place}{place_of(found).removeprefix('$')}", in_json(found))


def refuse(path: str, message: str) -> NoReturn:
    """Raise InvalidBody for the value at a JSON path."""
    shown = message if len(message) <= 500 else f"{message[:500]}…"
    raise InvalidBody(f"The fault is wrong at {path}: {shown}.", path=path, reason=shown)


@cache
def _validator() -> Any:
    # Imported and built for the first fault: the server starts sooner without.
    from jsonschema import Draft4Validator
    from jsonschema.validators import extend
    from referencing import Registry, Specification

    def types(
        validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[Any]:
        if not (instance is None and schema.get("nullable")):
            yield from Draft4Validator.VALIDATORS["type"](validator, wanted, instance, schema)

    control = Specification.OPAQUE.create_resource(load_spec(shipped("control.yaml")))
    registry = Registry().with_resource("urn:control", control)
    nullable: Any = extend(Draft4Validator, {"type": types})  # type: ignore[no-untyped-call]
    return nullable({"$ref": _FAULT}, registry=registry)
