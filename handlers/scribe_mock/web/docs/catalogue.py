"""Every error of the contract: operation, status and code, read from the spec, with its recipe."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scribe_mock.contract.recipes.recipe_list import RECIPES
from scribe_mock.contract.recipes.step import Recipe
from scribe_mock.spec import resolved
from scribe_mock.web.docs.advice import advice_for, explanation_for
from scribe_mock.web.docs.programs import OUTSIDE, program
from scribe_mock.web.docs.samples import curl, fetch, pytest

#: The grade without `x-grade`.
DOCUMENTED = "documented"

_KNOWN = {(recipe.operation or OUTSIDE, recipe.status, recipe.code): recipe for recipe in RECIPES}


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One error of one operation, with what the errors page shows of it."""

    operation: str
    status: int
    code: str
    meaning: str
    grade: str
    message: str
    advice: str | None
    explanation: str
    recipe: Recipe | None

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"{self.operation}-{self.status}-{self.code}"

    @property
    def snippets(self) -> dict[str, str]:
        """The recipe as curl, fetch and pytest; empty for an error that cannot be provoked."""
        if self.recipe is None or self.explanation:
            return {}
        recipe = self.recipe
        return {"curl": curl(recipe), "fetch": fetch(recipe), "pytest": pytest(recipe)}

    @property
    def program(self) -> dict[str, Any]:
        """The recipe for the page's run button."""
        return program(self.recipe) if self.recipe else {}


@dataclass(frozen=True, slots=True)
class OperationErrors:
    """One operation and its errors, by status."""

    operation: str
    summary: str
    request: str
    cases: tuple[ErrorCase, ...]


def catalogue(spec: Mapping[str, Any]) -> list[OperationErrors]:
    """All errors of a spec by operation; those of no operation come last."""
    found = [
        OperationErrors(
            operation["operationId"],
            operation["summary"],
            f"{method.upper()} {path}",
            tuple(_cases(spec, operation["operationId"], operation["responses"])),
        )
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    ]
    outside = tuple(_cases(spec, OUTSIDE, spec.get("x-outside-operations", {})))
    found.append(OperationErrors(OUTSIDE, "Outside all operations", "", outside))
    return found


def _cases(
    spec: Mapping[str, Any], operation: str, responses: Mapping[str, Any]
) -> Iterator[ErrorCase]:
    for status, response in responses.items():
        seen = set()
        for example in _examples(spec, response) if int(status) >= 400 else ():
            error = example["value"].get("error")
            # Some refusals have a body of their own: an expired session's, an empty history's.
            if not isinstance(error, dict) or error["code"] in seen:
                continue
            code = error["code"]
            seen.add(code)
            yield ErrorCase(
                operation,
                int(status),
                code,
                example.get("summary", ""),
                example.get("x-grade", DOCUMENTED),
                error["message"],
                advice_for(int(status), code),
                explanation_for(operation, int(status), code),
                _KNOWN.get((operation, int(status), code)),
            )


def _examples(spec: Mapping[str, Any], response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = resolved(spec, response).get("content", {}).get("application/json", {})
    return [resolved(spec, example) for example in content.get("examples", {}).values()]
