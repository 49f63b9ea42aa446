"""Which documented answers a run got: a matrix of operation, status and code."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.recipes.following import follow
from scribe_mock.contract.recipes.recipe_list import RECIPES
from scribe_mock.contract.recipes.step import Recipe


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One documented answer.

    Args:
        recipe: The answer, and the requests that bring it about.
        count: How many times the run got it.
        reason: Why the run did not get it; empty if it did.
    """

    recipe: Recipe
    count: int
    reason: str = ""

    @property
    def reached(self) -> bool:
        """Whether the run got this answer."""
        return self.count > 0


async def collect(probe: Probe) -> Sequence[Cell]:
    """The matrix of a run; recipes are followed for the answers that no rule got, in parallel."""
    return matrix(probe, await follow_missing(probe))


async def follow_missing(probe: Probe) -> Sequence[str]:
    """For each recipe, why its answer was not got, in case that no rule gets it later either."""
    return await asyncio.gather(*(_reason(probe, recipe) for recipe in RECIPES))


def matrix(probe: Probe, reasons: Sequence[str]) -> Sequence[Cell]:
    """What the run got up to now, with the reasons for the rest."""
    cells = []
    for recipe, reason in zip(RECIPES, reasons, strict=True):
        count = _count(probe, recipe)
        cells.append(Cell(recipe=recipe, count=count, reason="" if count else reason))
    return cells


async def _reason(probe: Probe, recipe: Recipe) -> str:
    options = probe.options
    if options.only or options.skip or options.read_only:
        return "not all rules were tried"
    if _count(probe, recipe):
        return ""
    reason = recipe.why_not or probe.run.stopped or probe.run.time_is_up
    return reason or await _follow(probe, recipe)


def _count(probe: Probe, recipe: Recipe) -> int:
    return probe.run.watch.seen.get((recipe.operation, recipe.status, recipe.code), 0)


async def _follow(probe: Probe, recipe: Recipe) -> str:
    """Follow a recipe; returns the reason in case that it did not bring its answer about."""
    try:
        answer = await follow(probe, recipe)
    except Skip as skip:
        return str(skip)
    return f"the server answered {answer}"
