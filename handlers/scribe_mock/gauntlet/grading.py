"""Grades what a client did in a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.grade import BROKEN, Grade, Verdict
from scribe_mock.gauntlet.judgement import Judgement
from scribe_mock.gauntlet.scenario import Demand, Scenario


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How one demand ended."""

    demand: Demand
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """The demand's verdict."""
        if self.judgement.met is None:
            return Verdict.NOT_TRIED
        return Verdict.PASSED if self.judgement.met else BROKEN[self.demand.grade]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one scenario ended.

    Args:
        scenario: The scenario.
        verdict: The worst of the marks.
        reason: Why it was not tried; empty if it was.
        marks: One for each demand; none if it was not tried.
        seconds: How long it took.
        output: What the client printed.
    """

    scenario: Scenario
    verdict: Verdict
    reason: str = ""
    marks: Sequence[Mark] = ()
    seconds: float = 0.0
    output: str = ""


def grade(scenario: Scenario, evidence: Evidence, seconds: float = 0.0) -> Outcome:
    """How a client did in a scenario."""
    if reason := scenario.tried(evidence):
        return not_tried(scenario, reason, seconds, evidence.output)
    marks = [Mark(demand=one, judgement=one.judge(evidence)) for one in scenario.demands]
    verdict = _worst(marks)
    reason = ""
    if verdict is Verdict.NOT_TRIED:
        reason = next(m.judgement.said for m in marks if m.verdict is Verdict.NOT_TRIED)
    return Outcome(
        scenario=scenario,
        verdict=verdict,
        reason=reason,
        marks=marks,
        seconds=seconds,
        output=evidence.output,
    )


def not_tried(scenario: Scenario, reason: str, seconds: float = 0.0, output: str = "") -> Outcome:
    """The outcome of a scenario in which nothing could be judged."""
    return Outcome(
        scenario=scenario,
        verdict=Verdict.NOT_TRIED,
        reason=reason,
        seconds=seconds,
        output=output,
    )


def _worst(marks: Sequence[Mark]) -> Verdict:
    """Of all marks; a demand that need not be met may go untried, unless nothing else is left."""
    counted = [
        mark.verdict
        for mark in marks
        if mark.verdict is not Verdict.NOT_TRIED or mark.demand.grade is Grade.MUST
    ]
    return max(counted, key=list(Verdict).index, default=Verdict.NOT_TRIED)
