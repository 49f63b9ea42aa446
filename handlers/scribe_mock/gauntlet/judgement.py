"""What a judge says of one demand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.exchange import Exchange

#: The most lines of the journal that a judgement shows.
_MOST_LINES = 8


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether a demand is met, and what shows it.

    Args:
        met: Whether it is; None if nothing could be seen of it.
        said: Why, in sentences.
        seen: Lines of the journal that show it.
    """

    met: bool | None
    said: str = ""
    seen: tuple[str, ...] = ()


Judge = Callable[[Evidence], Judgement]


def met(said: str = "", seen: Iterable[Exchange] = ()) -> Judgement:
    """The demand is met."""
    return Judgement(met=True, said=said, seen=_lines(seen))


def broken(said: str, seen: Iterable[Exchange] = ()) -> Judgement:
    """The demand is not met."""
    return Judgement(met=False, said=said, seen=_lines(seen))


def not_tried(said: str) -> Judgement:
    """Nothing could be seen of it."""
    return Judgement(met=None, said=said)


def _lines(seen: Iterable[Exchange]) -> tuple[str, ...]:
    lines = [one.line() for one in seen]
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], *([f"and {more} more"] if more > 0 else []))
