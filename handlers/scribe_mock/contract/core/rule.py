"""A rule: one demand of the contract, and how to see whether a server meets it."""

import fnmatch
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.run import WatchFunction

#: The faults that a rule yields; None stands for no fault, so that rules can yield what helpers
#: return.
Faults = AsyncIterator[Fault | None]
#: Tries a server and yields faults.
CheckFunction = Callable[[Probe], Faults]


@dataclass(frozen=True, kw_only=True)
class Rule(Demand):
    """A demand, and how to see whether a server meets it.

    Args:
        check: Tries the server; None for a rule that only judges answers.
        watch: Judges every answer of the whole run; None for a rule that tries.
        needs: Ids of rules that must pass before this one can be tried.
        after: Ids of rules that must end before this one is tried.
        read_only: Whether trying it changes nothing on the server.
    """

    check: CheckFunction | None = None
    watch: WatchFunction | None = None
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    read_only: bool = False


def rule(
    rule_id: str,
    sentence: str,
    *,
    source: str,
    grade: Grade,
    operation: str = "",
    needs: tuple[str, ...] = (),
    read_only: bool = False,
) -> Callable[[CheckFunction], Rule]:
    """Make a rule of a function that tries a server."""

    def make(check: CheckFunction) -> Rule:
        return Rule(
            id=rule_id,
            sentence=sentence,
            source=source,
            grade=grade,
            operation=operation,
            check=check,
            needs=needs,
            read_only=read_only,
        )

    return make


def watching(
    rule_id: str, sentence: str, *, source: str, grade: Grade
) -> Callable[[WatchFunction], Rule]:
    """Make a rule of a function that judges every answer."""

    def make(watch: WatchFunction) -> Rule:
        return Rule(
            id=rule_id,
            sentence=sentence,
            source=source,
            grade=grade,
            watch=watch,
            read_only=True,
        )

    return make


def rules_of(module: Any) -> Iterator[Rule]:
    """The rules that a module defines, in its order: single ones, and those in `RULES`."""
    for value in vars(module).values():
        if isinstance(value, Rule):
            yield value
    yield from vars(module).get("RULES", ())


def matches(rule_id: str, patterns: Iterable[str]) -> bool:
    """Whether an id fits one of the patterns: `upload.*`, `*.limit.*`, or a prefix `upload`."""
    return any(
        fnmatch.fnmatchcase(rule_id, pattern) or rule_id.startswith(f"{pattern}.")
        for pattern in patterns
    )
