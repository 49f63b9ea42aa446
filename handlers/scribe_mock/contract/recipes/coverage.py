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
    return await asyncio.gather(*(_cell(probe, recipe) for recipe in RECIPES))


async def _cell(probe: Probe, recipe: Recipe) -> Cell:
    options = probe.options
    reason = ""
    if options.only or options.skip or options.read_only:
        reason = "not all rules were tried"
    elif not _count(probe, recipe):
        reason = recipe.why_not or probe.run.stopped or probe.run.time_is_up
        reason = reason or await _follow(probe, recipe)
    count = _count(probe, recipe)
    return Cell(recipe=recipe, count=count, reason="" if count else reason)


def _count(probe: Probe, recipe: Recipe) -> int:
    return probe.run.watch.seen.get((recipe.operation, recipe.status, recipe.code), 0)


async def _follow(probe: Probe, recipe: Recipe) -> str:
    """Follow a recipe; returns the reason in case that it did not bring its answer about."""
    try:
        answer = await follow(probe, recipe)
    except Skip as skip:
        return str(skip)
    return f"the server answered {answer}"
