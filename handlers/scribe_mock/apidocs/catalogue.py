"""Every error of the contract: operation, status and code, read from the spec, with its recipe."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scribe_mock.apidocs.advice import advice_for
from scribe_mock.apidocs.recipes import Recipe, recipe_for, recipes
from scribe_mock.apidocs.samples import curl, fetch, pytest

#: What no `x-grade` means.
DOCUMENTED = "documented"


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One error of one operation, with all that its place on the page needs."""

    operation: str
    status: int
    code: str
    meaning: str
    grade: str
    message: str
    advice: str | None
    recipe: Recipe | None

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"{self.operation}-{self.status}-{self.code}"

    @property
    def snippets(self) -> dict[str, str]:
        """The recipe as curl, fetch and pytest; nothing for one that is explained."""
        if self.recipe is None or not self.recipe.steps:
            return {}
        steps = self.recipe.steps
        return {"curl": curl(steps), "fetch": fetch(steps), "pytest": pytest(self.recipe)}

    @property
    def program(self) -> dict[str, Any]:
        """The recipe for the page's run button."""
        return asdict(self.recipe) if self.recipe else {}


@dataclass(frozen=True, slots=True)
class OperationErrors:
    """One operation and its errors, by status."""

    operation: str
    summary: str
    request: str
    cases: tuple[ErrorCase, ...]


def catalogue(spec: Mapping[str, Any]) -> list[OperationErrors]:
    """All errors of a spec, operation by operation; last those that belong to none."""
    known = recipes()
    found = [
        OperationErrors(
            operation["operationId"],
            operation["summary"],
            f"{method.upper()} {path}",
            tuple(_cases(spec, operation["operationId"], operation["responses"], known)),
        )
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    ]
    outside = tuple(_cases(spec, "outside", spec.get("x-outside-operations", {}), known))
    found.append(OperationErrors("outside", "Outside all operations", "", outside))
    return found


def _cases(
    spec: Mapping[str, Any],
    operation: str,
    responses: Mapping[str, Any],
    known: Mapping[tuple[str, int, str], Recipe],
) -> Iterator[ErrorCase]:
    for status, response in responses.items():
        seen = set()
        for example in _examples(spec, response) if int(status) >= 400 else ():
            error = example["value"].get("error")
            if error is None or error["code"] in seen:  # the body of 410 may be the session's
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
                recipe_for(known, operation, int(status), code),
            )


def _examples(spec: Mapping[str, Any], response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = resolved(spec, response).get("content", {}).get("application/json", {})
    return [resolved(spec, example) for example in content.get("examples", {}).values()]


def resolved(spec: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a node's `$ref` points to, else the node itself."""
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node
