"""A rule: one demand of the contract, and how to see whether a server meets it."""

import fnmatch
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scribe_mock.contract.findings import Fault
    from scribe_mock.contract.message import Answer
    from scribe_mock.contract.probe import Probe
    from scribe_mock.contract.watch import Watch


class Grade(StrEnum):
    """How sure a rule is; an inferred one yields notes."""

    DOCUMENTED = "documented"
    PROTOCOL = "protocol"
    INFERRED = "inferred"

    @property
    def binding(self) -> bool:
        """Whether a server that differs breaks the contract."""
        return self is not Grade.INFERRED


Faults = AsyncIterator["Fault | None"]
#: Tries a server; yields what is wrong. None is for "nothing", so that helpers can be yielded.
CheckFunction = Callable[["Probe"], Faults]
#: Judges one answer, whatever it was asked for.
WatchFunction = Callable[["Answer", "Watch"], Iterable["Fault"]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One demand of the contract.

    Args:
        id: Dotted, from general to particular: `upload.limit.over`.
        sentence: What the contract says.
        source: Where it says so: a heading of the contract, and a row where it is a table.
        grade: How sure it is.
        operation: The operationId it is about; empty when it is about all.
        check: Tries it; None for a rule that only watches.
        watch: Judges every answer of the whole run; None for one that tries.
        needs: Ids of rules without which this one makes no sense.
        after: Ids of rules to wait for, whatever comes of them.
        read_only: Whether trying it changes nothing on the server.
    """

    id: str
    sentence: str
    source: str
    grade: Grade
    operation: str = ""
    check: CheckFunction | None = None
    watch: WatchFunction | None = None
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    read_only: bool = False

    @property
    def subject(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]


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
