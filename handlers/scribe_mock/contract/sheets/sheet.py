"""A sheet of test cases, from which programs' formats are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a case ended, in the words that the formats share."""

    PASSED = "passed"
    #: It passed, and there is something to say.
    NOTED = "noted"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test case: a rule, or a scenario.

    Args:
        name: Its name.
        group: What it belongs to; empty if to nothing.
        status: How it ended.
        verdict: The same in the tool's own words.
        seconds: How long it took.
        tags: Words to filter by.
        message: What is to say of it, in a line.
        details: The same in full; empty if the line is all.
    """

    name: str
    group: str
    status: Status
    verdict: str
    seconds: float
    tags: Sequence[str]
    message: str
    details: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The cases of one run.

    Args:
        tool: What ran: `scribe-mock check`.
        classname: What class names begin with: `scribe_mock.check`.
        kind: What a failure breaks: `contract`.
        verdict: The verdict in a sentence.
        unchecked: Whether the run says too little to be a good one: then the verdict is a case.
        seconds: How long it took.
        cases: The cases.
        properties: Facts for JUnit.
        extra: Facts for CTRF.
    """

    tool: str
    classname: str
    kind: str
    verdict: str
    unchecked: bool
    seconds: float
    cases: Sequence[Case]
    properties: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def count(self, status: Status) -> int:
        """How many cases ended so."""
        return sum(case.status is status for case in self.cases)
