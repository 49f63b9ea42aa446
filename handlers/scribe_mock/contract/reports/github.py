"""The report for GitHub Actions: annotations in the log, and the summary of the step."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding
from scribe_mock.contract.reports.harm import by_harm, grouped
from scribe_mock.contract.reports.quotation import url_of
from scribe_mock.contract.reports.words import figures, verdict

#: The variable that names the file of the step's summary.
SUMMARY = "GITHUB_STEP_SUMMARY"
#: GitHub shows at most ten annotations of each kind for a step.
_MOST_ANNOTATIONS = 10
#: The most findings in the summary; GitHub takes 1 MiB.
_MOST_ROWS = 200


@contextmanager
def quiet(stream: TextIO) -> Iterator[None]:
    """Let GitHub take nothing that is printed meanwhile for a command: a server can send any text.

    Args:
        stream: The output.
    """
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}", file=stream)
    try:
        yield
    finally:
        print(f"::{word}::", file=stream)


def annotations(report: Report) -> list[str]:
    """Commands that make GitHub show the verdict and the worst findings beside the run."""
    faults = [one for one in by_harm(report.findings) if one not in report.notes]
    notes = [one for one in by_harm(report.findings) if one in report.notes]
    found = []
    if report.exit_code:
        found.append(_command("error", "scribe-mock check", verdict(report)))
    found += [_annotation("error", one) for one in faults[: _MOST_ANNOTATIONS - 1]]
    found += [_annotation("notice", one) for one in notes[:_MOST_ANNOTATIONS]]
    return found


def summary(report: Report) -> str:
    """The summary of the step, in Markdown."""
    lines = [f"### {_cell(verdict(report))}", "", figures(report)]
    lines += [line for remark in report.remarks for line in ("", _cell(remark))]
    left = _MOST_ROWS
    for heading, findings in grouped(report):
        lines += ["", f"#### {heading}: {len(findings)}", ""]
        lines += ["| rule | expected | got |", "|---|---|---|", *map(_row, findings[:left])]
        left -= len(findings[:left])
    if report.verdict.reasons:
        lines += ["", f"#### Not checked: {report.verdict.not_checked}", "", "| rules | why |"]
        lines += ["|---|---|"]
        lines += [f"| {len(some)} | {_cell(why)} |" for why, some in report.verdict.reasons.items()]
    return "\n".join([*lines, "", ""])


def append_summary(path: Path, report: Report) -> None:
    """Append the summary of the step to its file; raises OSError."""
    with path.open("a", encoding="utf-8", errors="replace") as file:
        file.write(summary(report))


def _annotation(kind: str, finding: ContractFinding) -> str:
    fault = finding.fault
    text = (
        f"expected {fault.expected}, got {fault.got}\n"
        f"{finding.rule.sentence} ({finding.rule.citation})"
    )
    return _command(kind, finding.rule.id, text)


def _command(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """A text as GitHub reads it in a command; in a property colons and commas are escaped too."""
    for one in "%\r\n" + more:
        text = text.replace(one, f"%{ord(one):02X}")
    return text


def _row(finding: ContractFinding) -> str:
    fault, rule = finding.fault, finding.rule
    cells = [f"[{rule.id}]({url_of(rule)})", _cell(fault.expected), _cell(fault.got)]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """A text as itself in Markdown, in one line."""
    for one in "\\`*_[]<>|#&~!":
        text = text.replace(one, f"&#{ord(one)};" if one != "&" else "&")
    return " ".join(text.split())
