"""Recipes as the documentation shows and runs them; the token and ids of answers are open."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scribe_mock.contract.core.options import EXPIRED_SESSION
from scribe_mock.contract.recipes.step import NAMED, Recipe, Step

#: Stands for audio in short samples of errors: the request is refused before its bytes matter.
SOUND = "x"

#: The errors page's name for errors that belong to no operation.
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `{session}` and the like are values of answers, `{token}` is the token.

    Args:
        method: For instance POST.
        path: From the host's root, with a query where there is one.
        headers: Header fields to send.
        text: The body; None for none.
        size: Bytes that the body is padded to: text with spaces, none with zeros.
        is_json: Whether the body is valid JSON.
        names: The placeholder for a value of its answer that later calls need; empty for none.
        keys: Where that value is in its answer.
        repeats: Whether it is repeated while the answer is 202.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    text: str | None
    size: int
    is_json: bool
    names: str
    keys: tuple[str, ...]
    repeats: bool


def calls(recipe: Recipe) -> list[Call]:
    """The steps of a recipe, in order."""
    return [_call(step, recipe.steps[number:]) for number, step in enumerate(recipe.steps, 1)]


def program(recipe: Recipe) -> dict[str, Any]:
    """A recipe for the page's run button."""
    steps = [asdict(call) for call in calls(recipe)]
    return {"status": recipe.status, "code": recipe.code, "steps": steps}


def _call(step: Step, later: Iterable[Step]) -> Call:
    names, keys = _needed(step, later)
    return Call(
        method=step.method,
        path=step.path.replace("{expired}", EXPIRED_SESSION),
        headers=({"Authorization": "Bearer {token}"} if step.token else {}) | step.fields,
        text=_text(step),
        size=step.size,
        is_json=step.value is not ...,
        names=names,
        keys=keys,
        repeats=bool(step.until),
    )


def _needed(step: Step, later: Iterable[Step]) -> tuple[str, tuple[str, ...]]:
    """The placeholder that the answer of a step gives later ones, and where its value is."""
    for name, keys in NAMED.get(step.operation, ()):
        for following in later:
            if f"{{{name}}}" in f"{following.path} {following.text_of_value}":
                return name, keys
            if any(name == given for given, _ in NAMED.get(following.operation, ())):
                break
    return "", ()


def _text(step: Step) -> str | None:
    if step.audio is not None:
        return None if step.size else SOUND
    return step.text_of_value
