"""The order of findings: what harms a client most comes first."""

from collections.abc import Iterable
from itertools import groupby

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.ledger import ContractFinding

#: Rules about what an answer says, not about what the server does.
_FIELDS = ("answers", "errors", "time", "discovery", "published", "fuzz")
_SERVER_FAILED, _FLOW_BROKEN, _WRONG_REFUSAL, _WRONG_FIELD = range(4)


def by_harm(findings: Iterable[ContractFinding]) -> list[ContractFinding]:
    """Findings of documented rules before those of the protocol's, and notes last.

    Within a grade a server that fails comes first, then a flow that breaks, then a refusal that
    is wrong or missing, then a field of an answer.
    """
    return sorted(findings, key=lambda one: (list(Grade).index(one.grade), _harm(one)))


def grouped(report: Report) -> list[tuple[str, list[ContractFinding]]]:
    """The findings by harm, under the headings that a reader sees."""

    def heading(finding: ContractFinding) -> str:
        kind = "Notes on" if finding in report.notes else "Faults against"
        return f"{kind} {_RULES[finding.grade]}"

    return [(name, list(some)) for name, some in groupby(by_harm(report.findings), key=heading)]


_RULES = {
    Grade.DOCUMENTED: "documented rules",
    Grade.PROTOCOL: "rules of the protocol",
    Grade.INFERRED: "rules that this project inferred",
}


def _harm(finding: ContractFinding) -> int:
    fault, subject = finding.fault, finding.rule.subject
    if subject == "server" or (fault.answer is not None and fault.answer.broken):
        return _SERVER_FAILED
    if subject in _FIELDS or finding.rule.id.endswith(".answer"):
        return _WRONG_FIELD
    return _WRONG_REFUSAL if fault.wanted else _FLOW_BROKEN
