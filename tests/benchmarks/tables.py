"""Goals, and how figures are shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rich.table import Table


@dataclass(frozen=True)
class Goal:
    """One figure of scribe-mock against its bound; the ratios are those of the single rounds."""

    figure: str
    bound: float
    at_least: bool
    ratios: list[float]
    digits: int = 2

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.ratios)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest ratio of a round."""
        return min(self.ratios), max(self.ratios)

    @property
    def reached(self) -> bool:
        """Whether the median is within the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def table(title: str, *columns: str, caption: str | None = None) -> Table:
    """Return an empty table; its first column is to the left, the others are to the right."""
    made = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index else "left", no_wrap=True)
    return made


def goals_table(goals: list[Goal]) -> Table:
    """Return every goal with its figure and whether it is reached."""
    caption = "the median and the range of the rounds; other programs on the machine move both"
    shown = table("Goals", "figure", "median", "range", "goal", "", caption=caption)
    for goal in goals:
        wanted = f"{'at least' if goal.at_least else 'at most'} {goal.bound:g}"
        verdict = "[green]reached[/]" if goal.reached else "[bold red]not reached[/]"
        number = f"{{:,.{goal.digits}f}}"
        span = f"{number} to {number}".format(*goal.range) if len(goal.ratios) > 1 else ""
        shown.add_row(goal.figure, number.format(goal.value), span, wanted, verdict)
    return shown


def ratios(upper: Iterable[float], lower: Iterable[float]) -> list[float]:
    """Return the ratio of each round."""
    return [above / below for above, below in zip(upper, lower, strict=True)]
