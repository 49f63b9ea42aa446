"""The report for GitHub Actions: annotations in the log, and the summary of the step."""

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding
from scribe_mock.contract.reports.harm import by_harm, grouped
from scribe_mock.contract.reports.quotation import url_of
from scribe_mock.contract.reports.words import figures, verdict
from scribe_mock.contract.sheets.workflow import MOST_ANNOTATIONS, annotation, cell

#: The most findings in the summary; GitHub takes 1 MiB.
_MOST_ROWS = 200


def annotations(report: Report) -> list[str]:
    """Commands that make GitHub show the verdict and the worst findings beside the run."""
    faults = [one for one in by_harm(report.findings) if one not in report.notes]
    notes = [one for one in by_harm(report.findings) if one in report.notes]
    found = []
    if report.exit_code:
        found.append(annotation("error", "scribe-mock check", verdict(report)))
    found += [_annotation("error", one) for one in faults[: MOST_ANNOTATIONS - 1]]
    found += [_annotation("notice", one) for one in notes[:MOST_ANNOTATIONS]]
    return found


def summary(report: Report) -> str:
    """The summary of the step, in Markdown."""
    lines = [f"### {cell(verdict(report))}", "", figures(report)]
    lines += [line for remark in report.remarks for line in ("", cell(remark))]
    left = _MOST_ROWS
    for heading, findings in grouped(report):
        lines += ["", f"#### {heading}: {len(findings)}", ""]
        lines += ["| rule | expected | got |", "|---|---|---|", *map(_row, findings[:left])]
        left -= len(findings[:left])
    if report.verdict.reasons:
        lines += ["", f"#### Not checked: {report.verdict.not_checked}", "", "| rules | why |"]
        lines += ["|---|---|"]
        lines += [f"| {len(some)} | {cell(why)} |" for why, some in report.verdict.reasons.items()]
    return "\n".join([*lines, "", ""])


def _annotation(kind: str, finding: ContractFinding) -> str:
    fault = finding.fault
    text = (
        f"expected {fault.expected}, got {fault.got}\n"
        f"{finding.rule.sentence} ({finding.rule.citation})"
    )
    return annotation(kind, finding.rule.id, text)


def _row(finding: ContractFinding) -> str:
    fault, rule = finding.fault, finding.rule
    cells = [f"[{rule.id}]({url_of(rule)})", cell(fault.expected), cell(fault.got)]
    return f"| {' | '.join(cells)} |"
