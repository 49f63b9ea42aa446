"""The result for GitHub Actions: annotations in the log, and the summary of the step."""

from scribe_mock.contract.sheets.workflow import MOST_ANNOTATIONS, annotation, cell
from scribe_mock.examine.reports.cases import message
from scribe_mock.examine.result import Result
from scribe_mock.gauntlet.grade import Verdict
from scribe_mock.gauntlet.grading import Outcome


def annotations(result: Result) -> list[str]:
    """Commands that make GitHub show the verdict and what is wrong beside the run."""
    found = []
    if result.exit_code:
        found.append(annotation("error", "scribe-mock examine", result.sentence))
    warned = [
        one
        for one in result.outcomes
        if one.verdict is Verdict.WARNED and one not in result.failing
    ]
    found += [_annotation("error", one) for one in result.failing[: MOST_ANNOTATIONS - 1]]
    found += [_annotation("warning", one) for one in warned[:MOST_ANNOTATIONS]]
    return found


def summary(result: Result) -> str:
    """The summary of the step, in Markdown."""
    rows = [
        f"| {one.scenario.name} | {one.verdict} | {cell(message(one))} |" for one in result.outcomes
    ]
    head = [f"### {cell(result.sentence)}", "", "| scenario | verdict | |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", ""])


def _annotation(kind: str, outcome: Outcome) -> str:
    return annotation(kind, outcome.scenario.name, message(outcome))
