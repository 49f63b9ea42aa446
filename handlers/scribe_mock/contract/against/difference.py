"""What the comparison of two documents finds: one difference, in all places where it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scribe_mock.contract.plain_text import plain

#: The rules of the comparison, in the order of the report.
RULES: Mapping[str, str] = {
    "against.operation": "The server's document has every operation of the contract.",
    "against.status": "An operation has the contract's statuses.",
    "against.code": "An error has the contract's codes.",
    "against.request.required": "A request needs no more than the contract says.",
    "against.request.field": "A request may have every field of the contract, with its type.",
    "against.response.field": "An answer has the contract's fields.",
    "against.response.type": "A field of an answer has the contract's type.",
    "against.limit": "A value has the contract's limits.",
    "against.format": "Audio and texts have the contract's formats.",
}

#: The most differences that are shown.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the server's document and the contract.

    Args:
        rule: One of RULES.
        ours: What the contract says.
        theirs: What the server's document says.
        places: Where, such as `createSession 201`.
    """

    rule: str
    ours: str
    theirs: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        listed = ", ".join(self.places[:6])
        more = f" and {len(self.places) - 6} more" if len(self.places) > 6 else ""
        return plain(f"{listed}{more}: the contract has {self.ours}; {self.theirs}")

    def as_data(self) -> dict[str, Any]:
        """For the JSON report."""
        return {
            "rule": self.rule,
            "sentence": RULES[self.rule],
            "kind": "note",
            "contract": plain(self.ours),
            "document": plain(self.theirs),
            "places": [plain(place) for place in self.places],
        }


def grouped(found: Iterable[Difference]) -> list[Difference]:
    """Each difference once, with all its places, in the order of the rules."""
    known: dict[tuple[str, str, str], Difference] = {}
    for one in found:
        key = (one.rule, one.ours, one.theirs)
        places = known[key].places if key in known else ()
        known[key] = replace(one, places=tuple(dict.fromkeys((*places, *one.places))))
    order = list(RULES)
    return sorted(known.values(), key=lambda one: order.index(one.rule))


def lines(found: list[Difference], name: str) -> Iterator[str]:
    """The differences as text for a terminal.

    Args:
        found: What `grouped` gave.
        name: The name of the server's document.
    """
    if not found:
        yield f"{name} says the same as the contract, as far as it says anything."
        return
    count = "1 difference" if len(found) == 1 else f"{len(found)} differences"
    yield f"{name}: {count} from the contract (notes; the run below tries the server itself)."
    rule = ""
    for one in found[:_SHOWN]:
        if one.rule != rule:
            rule = one.rule
            yield f"  {rule}  {RULES[rule]}"
        yield f"    {one}"
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN} more; the JSON report has all."
