"""Checks how many requests arrived, and says what came nearest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scribe_mock.control_errors import JournalIncomplete, VerificationFailed
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.journal import Entries
from scribe_mock.steering.record import Record

#: What of an entry can be compared.
_VALUES: Mapping[str, Callable[[Record], Any]] = {
    "operation": lambda record: record.operation,
    "method": lambda record: record.method,
    "path": lambda record: record.path,
    "sequence": lambda record: record.sequence,
    "status": lambda record: record.status,
    "code": lambda record: record.code,
    "content_type": lambda record: record.content_type,
    "sha256": Record.digest,
    "outcome": lambda record: record.outcome,
}
#: How many are named: of those that were found, and of those that came near.
_MOST_FOUND, _MOST_NEAREST = 100, 5
#: How many ids a message names.
_NAMED = 5

#: Field → the wanted value, and the one that the entry has.
_Differences = dict[str, list[Any]]


@dataclass(frozen=True)
class Count:
    """How many requests are expected.

    Args:
        least, most: The bounds; None for no upper one.
    """

    least: int
    most: int | None

    def allows(self, number: int) -> bool:
        """Whether it may be so many."""
        return self.least <= number and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {_requests(self.least)}"
        if self.least == self.most:
            return f"exactly {_requests(self.least)}"
        if self.least == 0:
            return f"at most {_requests(self.most)}"
        return f"{self.least} to {_requests(self.most)}"


@dataclass(frozen=True)
class Expectation:
    """What a test expects of the journal.

    Args:
        scope: Whose requests count.
        since: Only requests from this time on count, in seconds since 1970.
        match: Field of an entry → the value that it has to have.
        count: How many there are to be.
    """

    scope: Scope
    since: float
    match: Mapping[str, Any]
    count: Count

    async def verify(self, journal: Entries) -> int:
        """The number that arrived; raises VerificationFailed, JournalIncomplete."""
        records = [r for r in journal.records(self.scope) if r.at >= self.since]
        if "sha256" in self.match:
            await journal.learn_digests(records)
        compared = [(record, self._differences(record)) for record in records]
        found = [record for record, differences in compared if not differences]
        number, evicted = len(found), self._evicted(journal)
        if self.count.allows(number) and self.count.allows(number + evicted):
            return number
        surely_too_many = self.count.most is not None and number > self.count.most
        if evicted and not surely_too_many and number + evicted >= self.count.least:
            raise JournalIncomplete(
                f"The journal has lost {evicted} entries of this scope, which could change the "
                "answer. Use a larger --journal-size, or forget the journal before each test.",
                evicted=evicted,
            )
        nearest = [] if surely_too_many else _nearest(compared)
        raise VerificationFailed(
            f"Expected {self.count}{self._in_words()}, found {number}"
            f"{_named(found)}.{_nearest_in_words(nearest)}",
            count=number,
            found=[_id(record) for record in found[:_MOST_FOUND]],
            nearest=[{"id": _id(record), "differs": differs} for record, differs in nearest],
        )

    def _evicted(self, journal: Entries) -> int:
        evictions = journal.evictions
        return evictions.of(self.scope) if self.since <= evictions.latest else 0

    def _differences(self, record: Record) -> _Differences:
        got = {name: _VALUES[name](record) for name in self.match}
        return {
            name: [wanted, got[name]] for name, wanted in self.match.items() if got[name] != wanted
        }

    def _in_words(self) -> str:
        told = [f"{name} {value}" for name, value in self.match.items()]
        if self.scope.session_id is not None:
            told.insert(0, f"session_id {self.scope.session_id}")
        return f" with {', '.join(told)}" if told else ""


def _nearest(
    compared: Sequence[tuple[Record, _Differences]],
) -> list[tuple[Record, _Differences]]:
    """Those that differ in the fewest fields; of equal ones the latest."""
    missed = [pair for pair in reversed(compared) if pair[1]]
    return sorted(missed, key=lambda pair: len(pair[1]))[:_MOST_NEAREST]


def _nearest_in_words(nearest: Sequence[tuple[Record, _Differences]]) -> str:
    if not nearest:
        return ""
    record, differs = nearest[0]
    told = [f"{name}: {_shown(got)} instead of {wanted}" for name, (wanted, got) in differs.items()]
    return f" The nearest one, {_id(record)}, differs in {', '.join(told)}."


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _named(found: Sequence[Record]) -> str:
    if not found:
        return ""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f": {', '.join(map(_id, found[:_NAMED]))}{more}"


def _id(record: Record) -> str:
    return record.request_id.decode("latin-1")


def _requests(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"
