"""Scenarios and outcomes as JSON, for reports and for the control API."""

from typing import Any

from scribe_mock.gauntlet.grading import Mark, Outcome
from scribe_mock.gauntlet.scenario import Demand, Scenario


def scenario_form(scenario: Scenario) -> dict[str, Any]:
    """A scenario with its demands."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "by_hand": None if scenario.only_command else scenario.by_hand,
        "demands": [demand_form(demand) for demand in scenario.demands],
    }


def demand_form(demand: Demand) -> dict[str, Any]:
    """One demand."""
    return {
        "name": demand.name,
        "grade": demand.grade.value,
        "sentence": demand.sentence,
        "source": demand.source,
    }


def outcome_form(outcome: Outcome) -> dict[str, Any]:
    """How a scenario ended, with a mark for each demand."""
    return {
        "scenario": outcome.scenario.name,
        "title": outcome.scenario.title,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason or None,
        "marks": [_mark_form(mark) for mark in outcome.marks],
    }


def _mark_form(mark: Mark) -> dict[str, Any]:
    return {
        **demand_form(mark.demand),
        "verdict": mark.verdict.value,
        "said": mark.judgement.said or None,
        "seen": list(mark.judgement.seen),
    }
