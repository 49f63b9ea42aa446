"""The report as CTRF, the common test report format of ctrf.io: one test a rule."""

import json
import time
from typing import Any

from scribe_mock import __version__
from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import Result, Verdict
from scribe_mock.contract.core.verdict import ExitCode
from scribe_mock.contract.reports.words import describe, verdict_of

#: How a rule ended → the status of its test; a note does not fail.
_STATUS = {
    Verdict.PASSED: "passed",
    Verdict.NOTED: "passed",
    Verdict.FAILED: "failed",
    Verdict.SKIPPED: "skipped",
}


def render(report: Report) -> str:
    """The report as a text."""
    verdict = report.verdict
    stop = round(time.time() * 1000)
    tests = [_test(result, report) for result in report.results]
    if verdict.exit_code in (ExitCode.COULD_NOT_RUN, ExitCode.NOT_CHECKED):
        tests.append(_unchecked(report))
    statuses = [test["status"] for test in tests]
    results = {
        "tool": {"name": "scribe-mock check", "version": __version__},
        "summary": {
            "tests": len(statuses),
            **{name: statuses.count(name) for name in ("passed", "failed", "skipped")},
            "pending": 0,
            "other": 0,
            "start": stop - round(report.seconds * 1000),
            "stop": stop,
        },
        "tests": tests,
        "extra": {
            "url": str(report.options.base),
            "verdict": verdict.sentence,
            "exitCode": report.exit_code,
            "notChecked": verdict.not_checked,
            "seed": report.options.seed,
        },
    }
    document = {"reportFormat": "CTRF", "specVersion": "0.0.0", "results": results}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _unchecked(report: Report) -> dict[str, Any]:
    """A failed test, since readers take a run of skipped tests for a good one."""
    sentence = report.verdict.sentence
    return {"name": "verdict", "status": "failed", "duration": 0, "message": sentence}


def _test(result: Result, report: Report) -> dict[str, Any]:
    rule = result.rule
    test: dict[str, Any] = {
        "name": rule.id,
        "status": _STATUS[result.verdict],
        "rawStatus": verdict_of(result),
        "duration": round(result.seconds * 1000),
        "suite": [rule.subject],
        "tags": [rule.grade.value],
        "message": rule.sentence,
    }
    if result.reason:
        test["message"] = f"{verdict_of(result)}: {result.reason}"
    if result.findings:
        test["message"] = result.findings[0].fault.got
        test["trace"] = "\n\n".join(describe(one, report.options) for one in result.findings)
    return test
