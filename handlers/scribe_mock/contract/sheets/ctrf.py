"""A sheet as CTRF, the common test report format of ctrf.io."""

import json
import time
from typing import Any

from scribe_mock import __version__
from scribe_mock.contract.sheets.sheet import Case, Sheet, Status


def render(sheet: Sheet) -> str:
    """The sheet as a text."""
    stop = round(time.time() * 1000)
    tests = [_test(case) for case in sheet.cases]
    if sheet.unchecked:
        tests.append(_unchecked(sheet))
    statuses = [test["status"] for test in tests]
    results = {
        "tool": {"name": sheet.tool, "version": __version__},
        "summary": {
            "tests": len(statuses),
            **{name: statuses.count(name) for name in ("passed", "failed", "skipped")},
            "pending": 0,
            "other": 0,
            "start": stop - round(sheet.seconds * 1000),
            "stop": stop,
        },
        "tests": tests,
        "extra": dict(sheet.extra),
    }
    document = {"reportFormat": "CTRF", "specVersion": "0.0.0", "results": results}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _unchecked(sheet: Sheet) -> dict[str, Any]:
    """A failed test, since readers take a run of skipped tests for a good one."""
    return {"name": "verdict", "status": "failed", "duration": 0, "message": sheet.verdict}


def _test(case: Case) -> dict[str, Any]:
    status = Status.PASSED if case.status is Status.NOTED else case.status  # a note does not fail
    test: dict[str, Any] = {
        "name": case.name,
        "status": status.value,
        "rawStatus": case.verdict,
        "duration": round(case.seconds * 1000),
        "suite": [case.group or case.name],
        "tags": list(case.tags),
        "message": case.message,
    }
    if case.details:
        test["trace"] = case.details
    return test
