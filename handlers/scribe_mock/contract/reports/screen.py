"""One screen for a run: the verdict, the findings by harm, and what was not checked."""

from collections.abc import Iterator

from rich.text import Text

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding
from scribe_mock.contract.core.verdict import ExitCode, counted
from scribe_mock.contract.plain_text import plain
from scribe_mock.contract.reports.harm import grouped
from scribe_mock.contract.reports.words import figures, verdict

#: Columns of the screen.
COLUMNS = 100
#: The most lines for findings, for reasons why rules were not checked, and for remarks.
_MOST_FINDINGS, _MOST_REASONS, _MOST_REMARKS = 18, 4, 3
#: Columns for the id of a rule.
_ID = 30

_STYLES = {
    ExitCode.KEPT: "bold green",
    ExitCode.BROKEN: "bold red",
    ExitCode.COULD_NOT_RUN: "bold red",
    ExitCode.NOT_CHECKED: "bold yellow",
}


def screen(report: Report, *, verbose: bool) -> Iterator[Text]:
    """The lines of the screen, at most 40.

    Args:
        report: The result of the run.
        verbose: Whether all details follow, so that no line has to say where they are.
    """
    yield Text(plain(verdict(report), most=3 * COLUMNS), _STYLES[report.verdict.exit_code])
    for remark in report.remarks[:_MOST_REMARKS]:
        yield Text(plain(remark, most=2 * COLUMNS))
    yield from _findings(report)
    yield from _not_checked(report)
    yield Text()
    yield Text(figures(report), "dim")
    if report.findings and not verbose:
        yield _line("With commands that reproduce each: --verbose, or --report html=FILE.", "dim")
    elif report.verdict.not_checked and not verbose:
        yield _line("Which rules, and what was reached: --verbose, or --report html=FILE.", "dim")


def _findings(report: Report) -> Iterator[Text]:
    left = _MOST_FINDINGS
    for heading, findings in grouped(report):
        if not left:
            break
        yield Text()
        yield Text(f"{heading}: {len(findings)}", "bold")
        for finding in findings[:left]:
            yield _finding(finding, note=finding in report.notes)
        left -= min(left, len(findings))
    hidden = len(report.findings) - _MOST_FINDINGS
    if hidden > 0:
        yield Text(f"  and {hidden} more", "dim")


def _finding(finding: ContractFinding, *, note: bool) -> Text:
    room = COLUMNS - _ID - 2 - len("expected , got ")
    room -= max(0, len(finding.rule.id) + 1 - _ID)
    expected, got = _shared(finding.fault.expected, finding.fault.got, room)
    return Text.assemble(
        "  ",
        (f"{finding.rule.id:{_ID - 1}} ", "yellow" if note else "red"),
        ("expected ", "dim"),
        expected,
        (", got ", "dim"),
        got,
    )


def _shared(first: str, second: str, room: int) -> tuple[Text, Text]:
    """Two texts in so many columns: a long one gets what a short one leaves."""
    texts = Text(plain(first)), Text(plain(second))
    widths = [text.cell_len for text in texts]
    for text, other in zip(texts, reversed(widths), strict=True):
        text.truncate(max(room - other, room // 2), overflow="ellipsis")
    return texts


def _not_checked(report: Report) -> Iterator[Text]:
    reasons = sorted(report.verdict.reasons.items(), key=lambda pair: -len(pair[1]))
    if not reasons:
        return
    yield Text()
    yield Text(f"Not checked: {report.verdict.not_checked}", "bold")
    for reason, rules in reasons[:_MOST_REASONS]:
        yield _line(f"  {counted(len(rules), 'rule')}: {plain(reason)}")
    if len(reasons) > _MOST_REASONS:
        rest = sum(len(rules) for _, rules in reasons[_MOST_REASONS:])
        yield _line(f"  {counted(rest, 'rule')} for other reasons")


def _line(text: str, style: str = "") -> Text:
    shown = Text(text, style)
    shown.truncate(COLUMNS, overflow="ellipsis")
    return shown
