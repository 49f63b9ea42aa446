"""The form that sets a fault, made from the schema in `control.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scribe_mock.spec import resolved

#: The kind of input for each type of the schema; what has no type is JSON or a text.
_KINDS = {"boolean": "flag", "integer": "integer", "number": "number", "string": "text"}


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the form.

    Args:
        name: The place of its value in the fault, such as `action.delay.seconds`.
        label: What it is called on the page.
        kind: `flag`, `integer`, `number`, `text`, `choice`, `object` or `any`.
        explain: The description of the schema.
        required: Whether the action needs it.
        choices: The values of a choice.
        default: The value that a field without a value has.
        least, most: The bounds of a number, and of the length of a text.
    """

    name: str
    label: str
    kind: str
    explain: str
    required: bool
    choices: tuple[str, ...]
    default: Any
    least: Any
    most: Any


@dataclass(frozen=True, slots=True)
class Action:
    """One action with its fields."""

    name: str
    explain: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FaultForm:
    """All inputs: the actions, what a fault matches, and how often it fires."""

    actions: tuple[Action, ...]
    match: tuple[Field, ...]
    firing: tuple[Field, ...]


def fault_form(control: Mapping[str, Any]) -> FaultForm:
    """The form for the schema `Fault` of the control API's document."""
    schemas = control["components"]["schemas"]
    actions = schemas["Action"]["properties"]
    return FaultForm(
        tuple(
            Action(name, action["description"].strip(), tuple(_fields(f"action.{name}", action)))
            for name, action in actions.items()
        ),
        tuple(f for f in _fields("match", schemas["Match"]) if f.label != "direction"),
        tuple(
            _field(name, resolved(control, schemas["Fault"]["properties"][name]), required=False)
            for name in ("after", "times", "probability", "seed")
        ),
    )


def _fields(place: str, schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        yield _field(f"{place}.{name}", value, required=name in required)


def _field(place: str, schema: Mapping[str, Any], *, required: bool) -> Field:
    choices, kind = tuple(schema.get("enum", ())), schema.get("type", "any")
    return Field(
        name=place,
        label=place.rpartition(".")[2],
        kind="choice" if choices else _KINDS.get(kind, kind),
        explain=schema.get("description", "").strip(),
        required=required,
        choices=choices,
        default=schema.get("default"),
        least=schema.get("minimum", schema.get("minLength")),
        most=schema.get("maximum", schema.get("maxLength")),
    )
