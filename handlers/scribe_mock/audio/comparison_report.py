"""What a comparison found, as sentences and as JSON."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison, Passage

#: What may be wrong with a passage, in the order in which it is told.
KINDS = ("missing", "repeated", "reordered", "distorted")


def comparison_form(comparison: "Comparison") -> dict[str, Any]:
    """Return the JSON form of a comparison, with times to a hundredth of a second."""
    return {
        "coverage_percent": round(comparison.coverage_percent, 1),
        **{kind: [_rounded(one) for one in getattr(comparison, kind)] for kind in KINDS},
        "matches": [_rounded(one) for one in comparison.matches],
    }


def sentences(
    comparison: "Comparison", called: Callable[[int], str]
) -> Iterator[tuple[str, str, int | None]]:
    """Yield kind, sentence and chunk of each passage that did not arrive as it was spoken.

    Args:
        comparison: what was found.
        called: what sentences call a chunk, given its number.
    """
    for kind in KINDS:
        for passage in getattr(comparison, kind):
            yield kind, _sentence(kind, passage, called), passage.chunk


def _sentence(kind: str, passage: "Passage", called: Callable[[int], str]) -> str:
    stretch = f"Seconds {passage.start_s:.1f} to {passage.end_s:.1f} of what was spoken"
    if passage.chunk is None:
        place = "before all that arrived"
        return f"{stretch} are {kind}: they would have come {place}."
    name = called(passage.chunk)
    return {
        "missing": f"{stretch} are missing: they would have come in {name}, or after it.",
        "repeated": f"{stretch} arrived again, in {name}.",
        "reordered": f"{stretch} arrived in another order: they are in {name}.",
        "distorted": f"{stretch} can't be recognised in {name}.",
    }[kind]


def _rounded(found: Any) -> dict[str, Any]:
    values = asdict(found).items()
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in values}
