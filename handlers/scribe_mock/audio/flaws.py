"""What is wrong with a recording that can be used all the same."""

from collections.abc import Iterable
from dataclasses import dataclass

#: The most flaws of one recording that are told one by one.
MOST_FLAWS = 20


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a recording although it can be decoded.

    Args:
        code: a code of the findings, such as `truncated` or `gap_inside`.
        what: what was found, as a sentence without its full stop.
        at_s: where in the recording as it is heard, in seconds from its start.
    """

    code: str
    what: str
    at_s: float = 0.0


def bounded(flaws: Iterable[Flaw]) -> tuple[Flaw, ...]:
    """Return the first flaws, in order of time; the last one says how many more there are."""
    ordered = sorted(flaws, key=lambda flaw: flaw.at_s)
    if len(ordered) <= MOST_FLAWS:
        return tuple(ordered)
    last = ordered[MOST_FLAWS - 1]
    more = len(ordered) - MOST_FLAWS
    what = f"{last.what}; {more} more places of this kind or another follow"
    return (*ordered[: MOST_FLAWS - 1], Flaw(last.code, what, last.at_s))
