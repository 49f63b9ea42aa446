"""What is printed: the list of scenarios, and the outcomes."""

from collections.abc import Iterator

from scribe_mock.contract.plain_text import plain
from scribe_mock.examine.result import Result
from scribe_mock.gauntlet.grade import Verdict
from scribe_mock.gauntlet.grading import Mark, Outcome
from scribe_mock.gauntlet.scenario import Scenario

#: The columns for a scenario's name, and the characters of the client's output that are shown.
_NAME, _MOST_OUTPUT = 22, 2000


def listed(scenario: Scenario) -> Iterator[str]:
    """A scenario and its demands, one a line."""
    yield f"{scenario.name:{_NAME}} {scenario.title}"
    for demand in scenario.demands:
        yield f"  {demand.grade:8}  {demand.name:17} {demand.sentence} ({demand.source})"


def line(outcome: Outcome) -> str:
    """An outcome in a line."""
    reason = f": {plain(outcome.reason, most=200)}" if outcome.reason else ""
    name = outcome.scenario.name
    return f"{name:{_NAME}} {outcome.verdict:10} {outcome.seconds:5.1f} s{reason}"


def described(result: Result, *, verbose: bool) -> Iterator[str]:
    """The verdict, and what is wrong; with `verbose` all marks."""
    yield plain(result.sentence, most=400)
    for outcome in result.outcomes:
        yield from details(outcome, verbose=verbose)


def details(outcome: Outcome, *, verbose: bool) -> Iterator[str]:
    """The marks of an outcome that are of interest; with `verbose` all of them, and the output."""
    marks = [one for one in outcome.marks if verbose or one.verdict is not Verdict.PASSED]
    if not marks and not verbose:
        return
    yield ""
    yield f"{outcome.verdict.upper()} {outcome.scenario.name}  {outcome.scenario.title}"
    for mark in marks:
        yield from _mark(mark)
    if outcome.output.strip() and (verbose or outcome.verdict is Verdict.FAILED):
        yield "  the client printed"
        shown = outcome.output.strip()[-_MOST_OUTPUT:]
        yield from (f"    {plain(text)}" for text in shown.splitlines())


def _mark(mark: Mark) -> Iterator[str]:
    demand, judgement = mark.demand, mark.judgement
    yield f"  {mark.verdict}: {demand.grade} {demand.name}: {demand.sentence} ({demand.source})"
    if judgement.said:
        yield f"    {plain(judgement.said)}"
    if not judgement.met:
        yield from (f"    {plain(text)}" for text in judgement.seen)
