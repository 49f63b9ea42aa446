"""The report as JSON: all that the other reports have."""

import json
from typing import Any

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding, Result
from scribe_mock.contract.reports.harm import by_harm
from scribe_mock.contract.reports.quotation import url_of
from scribe_mock.contract.reports.reproduce import reproduction


def render(report: Report) -> str:
    """The report as a text."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=False) + "\n"


def as_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    options = report.options
    return {
        "url": str(options.base),
        "keeps_the_contract": report.exit_code == 0,
        "exit_code": report.exit_code,
        "verdict": report.verdict.sentence,
        "tried": report.verdict.tried,
        "not_checked": report.verdict.not_checked,
        "not_checked_because": report.verdict.reasons,
        "senseless": report.verdict.senseless,
        "left_out": report.verdict.left_out,
        "sessions_created": report.left.created if report.left else 0,
        "sessions_left": report.left.left if report.left else 0,
        "remarks": list(report.remarks),
        "against": None if report.against is None else [one.as_data() for one in report.against],
        "seed": options.seed,
        "strict": options.strict,
        "seconds": round(report.seconds, 2),
        "requests": report.requests,
        "sent_bytes": report.sent_bytes,
        "findings": [_finding(one, report) for one in by_harm(report.findings)],
        "rules": [_result(one) for one in report.results],
        "coverage": [
            {
                "operation": cell.recipe.operation or None,
                "status": cell.recipe.status,
                "code": cell.recipe.code or None,
                "reached": cell.reached,
                "count": cell.count,
                "recipe": cell.recipe.summary() or None,
                "why_not": cell.reason or None,
            }
            for cell in report.coverage
        ],
    }


def _finding(finding: ContractFinding, report: Report) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "also": finding.also,
        "kind": "note" if finding in report.notes else "failure",
        "grade": finding.grade.value,
        "operation": finding.rule.operation or None,
        "sentence": finding.rule.sentence,
        "source": finding.rule.citation,
        "page": url_of(finding.rule),
        "expected": finding.fault.expected,
        "got": finding.fault.got,
        "requests": finding.count,
        "met_by": finding.variants,
        "reproduction": reproduction(finding.fault, report.options),
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "id": result.rule.id,
        "verdict": result.verdict.value,
        "grade": result.rule.grade.value,
        "sentence": result.rule.sentence,
        "source": result.rule.citation,
        "page": url_of(result.rule),
        "operation": result.rule.operation or None,
        "reason": result.reason or None,
        "skipped": result.skipped.value if result.skipped else None,
        "seconds": round(result.seconds, 3),
    }
