"""The report as SARIF 2.1.0, for code scanning: findings point at the operation in openapi.yaml."""

import json
from functools import cache
from typing import Any

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding
from scribe_mock.contract.reports.words import describe
from scribe_mock.spec import shipped


def render(report: Report) -> str:
    """The report as a text."""
    rules = [result.rule for result in report.results]
    index = {rule.id: place for place, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "scribe-mock check", "rules": [_rule(rule) for rule in rules]}},
        "results": [_result(one, index, report) for one in report.findings],
        "invocations": [
            {
                "executionSuccessful": report.exit_code in (0, 1),
                "exitCode": report.exit_code,
                "exitCodeDescription": report.verdict.sentence,
            }
        ],
        "columnKind": "unicodeCodePoints",
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Demand) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "help": {"text": f"{rule.citation} ({rule.grade})"},
        "defaultConfiguration": {"level": "error" if rule.grade.binding else "note"},
    }


def _result(finding: ContractFinding, index: dict[str, int], report: Report) -> dict[str, Any]:
    line = _line(finding.rule.operation)
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": index[finding.rule.id],
        "level": "note" if finding in report.notes else "error",
        "message": {"text": describe(finding, report.options)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "openapi.yaml"},
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.rule.operation or "server"}],
            }
        ],
        "partialFingerprints": {"rule/v1": f"{finding.rule.id}|{finding.fault.expected}"},
    }


@cache
def _line(operation: str) -> int:
    """The line of an operation in openapi.yaml; 1 for none."""
    if not operation:
        return 1
    lines = shipped("openapi.yaml").read_text("utf-8").splitlines()
    wanted = f"operationId: {operation}"
    return next(number for number, line in enumerate(lines, 1) if line.strip() == wanted)
