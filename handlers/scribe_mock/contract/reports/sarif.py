"""The report as SARIF 2.1.0, for code scanning: results lie on the server, rules have pages.

A location must be relative, because GitHub refuses a file with an `http` address in one; what it is
relative to stands in `originalUriBaseIds` (SARIF 2.1.0, section 3.14.14).
"""

import json
from typing import Any
from urllib.parse import quote

from scribe_mock import __version__
from scribe_mock.contract.core import specification
from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding
from scribe_mock.contract.reports.harm import by_harm
from scribe_mock.contract.reports.quotation import section_of, url_of
from scribe_mock.contract.reports.words import describe

_SERVER = "SERVER"


def render(report: Report) -> str:
    """The report as a text."""
    rules = [result.rule for result in report.results]
    index = {rule.id: place for place, rule in enumerate(rules)}
    driver = {
        "name": "scribe-mock check",
        "version": __version__,
        "informationUri": "https://github.com/scribe-mock/scribe-mock",
        "rules": [_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_SERVER: {"uri": f"{report.options.base.origin}/"}},
        "results": [_result(one, index, report) for one in by_harm(report.findings)],
        "invocations": [
            {
                "executionSuccessful": report.exit_code in (0, 1),
                "exitCode": report.exit_code,
                "exitCodeDescription": report.verdict.sentence,
            }
        ],
        "properties": {"notChecked": report.verdict.not_checked, "rules": report.verdict.rules},
        "columnKind": "unicodeCodePoints",
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Demand) -> dict[str, Any]:
    section = section_of(rule)
    text = f"{rule.citation} ({rule.grade})"
    quoted = f"{text}\n\n{section.text}" if section else text
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "helpUri": url_of(rule),
        "help": {"text": text, "markdown": quoted},
        "defaultConfiguration": {"level": "error" if rule.grade.binding else "note"},
    }


def _result(finding: ContractFinding, index: dict[str, int], report: Report) -> dict[str, Any]:
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": index[finding.rule.id],
        "level": "note" if finding in report.notes else "error",
        "message": {"text": describe(finding, report.options)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": _path(finding.rule, report),
                        "uriBaseId": _SERVER,
                    }
                },
                "logicalLocations": [
                    {"fullyQualifiedName": finding.rule.operation or "server", "kind": "function"}
                ],
            }
        ],
        "partialFingerprints": {"rule/v1": f"{finding.rule.id}|{finding.fault.expected}"},
    }


def _path(rule: Demand, report: Report) -> str:
    """The path of the operation on the server, without the slash in front."""
    operation = specification.operations().get(rule.operation)
    path = report.options.base.path + (operation.path if operation else "")
    return quote(path.lstrip("/"), safe="/") or "."
