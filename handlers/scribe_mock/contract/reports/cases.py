"""The report as a sheet of test cases: one case a rule."""

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import Result
from scribe_mock.contract.core.verdict import ExitCode
from scribe_mock.contract.reports.words import describe, verdict_of
from scribe_mock.contract.sheets.sheet import Case, Sheet, Status


def sheet_of(report: Report) -> Sheet:
    """The sheet of a run."""
    verdict = report.verdict
    return Sheet(
        tool="scribe-mock check",
        classname="scribe_mock.check",
        kind="contract",
        verdict=verdict.sentence,
        unchecked=verdict.exit_code in (ExitCode.COULD_NOT_RUN, ExitCode.NOT_CHECKED),
        seconds=report.seconds,
        cases=[_case(result, report) for result in report.results],
        properties={
            "verdict": verdict.sentence,
            "exit_code": str(int(verdict.exit_code)),
            "not_checked": str(verdict.not_checked),
        },
        extra={
            "url": str(report.options.base),
            "verdict": verdict.sentence,
            "exitCode": report.exit_code,
            "notChecked": verdict.not_checked,
            "seed": report.options.seed,
        },
    )


def _case(result: Result, report: Report) -> Case:
    rule = result.rule
    return Case(
        name=rule.id,
        group=rule.subject,
        status=Status(result.verdict.value),
        verdict=verdict_of(result),
        seconds=result.seconds,
        tags=[rule.grade.value],
        message=_message(result),
        details="\n\n".join(describe(one, report.options) for one in result.findings),
    )


def _message(result: Result) -> str:
    if result.findings:
        return result.findings[0].fault.got
    if result.reason:
        return f"{verdict_of(result)}: {result.reason}"
    return result.rule.sentence
