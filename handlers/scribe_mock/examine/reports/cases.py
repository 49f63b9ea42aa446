"""The result as a sheet of test cases: one case a scenario."""

from scribe_mock.contract.core.verdict import ExitCode
from scribe_mock.contract.sheets.sheet import Case, Sheet, Status
from scribe_mock.examine.result import Result
from scribe_mock.examine.text import details
from scribe_mock.gauntlet.grade import Verdict
from scribe_mock.gauntlet.grading import Outcome

_STATUS = {
    Verdict.PASSED: Status.PASSED,
    Verdict.NOTED: Status.NOTED,
    Verdict.WARNED: Status.NOTED,
    Verdict.NOT_TRIED: Status.SKIPPED,
    Verdict.FAILED: Status.FAILED,
}


def sheet_of(result: Result) -> Sheet:
    """The sheet of a run."""
    return Sheet(
        tool="scribe-mock examine",
        classname="scribe_mock.examine",
        kind="demand",
        verdict=result.sentence,
        unchecked=result.exit_code is ExitCode.NOT_CHECKED,
        seconds=result.seconds,
        cases=[_case(outcome, result) for outcome in result.outcomes],
        properties={"verdict": result.sentence, "exit_code": str(int(result.exit_code))},
        extra={
            "command": list(result.command),
            "verdict": result.sentence,
            "exitCode": int(result.exit_code),
        },
    )


def _case(outcome: Outcome, result: Result) -> Case:
    scenario = outcome.scenario
    interesting = outcome.verdict is not Verdict.PASSED
    return Case(
        name=scenario.name,
        group="",
        status=Status.FAILED if outcome in result.failing else _STATUS[outcome.verdict],
        verdict=outcome.verdict.value,
        seconds=outcome.seconds,
        tags=[],
        message=message(outcome),
        details="\n".join(details(outcome, verbose=False)).strip() if interesting else "",
    )


def message(outcome: Outcome) -> str:
    """What is to say of an outcome, in a line: the worst mark, or why it was not tried."""
    if outcome.verdict is Verdict.NOT_TRIED:
        return f"not tried: {outcome.reason}"
    worst = [one for one in outcome.marks if one.verdict is outcome.verdict]
    if outcome.verdict is Verdict.PASSED or not worst:
        return outcome.scenario.title
    return f"{worst[0].demand.sentence} {worst[0].judgement.said}".strip()
