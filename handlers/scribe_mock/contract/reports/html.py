"""The report as one HTML page, without scripts and without other files."""

from html import escape

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding, Result, Verdict
from scribe_mock.contract.recipes.coverage import Cell
from scribe_mock.contract.reports.harm import by_harm
from scribe_mock.contract.reports.html_page import PAGE
from scribe_mock.contract.reports.markdown import as_html, inline
from scribe_mock.contract.reports.quotation import section_of
from scribe_mock.contract.reports.reproduce import reproduction
from scribe_mock.contract.reports.words import figures, seen_in, verdict, verdict_of

#: What the filter offers: the verdict, empty for all, and its label.
_FILTERS = {
    "": "All",
    Verdict.FAILED: "Failed",
    Verdict.NOTED: "Noted",
    Verdict.SKIPPED: "Not tried",
    Verdict.PASSED: "Passed",
}


def render(report: Report) -> str:
    """The report as a text."""
    return PAGE.format(
        title=escape(verdict(report)),
        figures=escape(figures(report)),
        remarks="".join(f"<p>{escape(remark)}</p>" for remark in report.remarks),
        kind="good" if report.exit_code == 0 else "bad",
        hiding=",\n".join(_hiding(one) for one in _FILTERS if one),
        filters="\n".join(_filter(one, name, report) for one, name in _FILTERS.items()),
        findings="\n".join(_finding(one, report) for one in by_harm(report.findings)),
        rules="\n".join(map(_rule, report.results)),
        coverage="\n".join(map(_cell, report.coverage)),
        sections="\n".join(_sections(report)),
    )


def _hiding(one: str) -> str:
    """The style that hides what has another verdict."""
    return f"body:has(#show-{one}:checked) [data-verdict]:not([data-verdict={one}])"


def _filter(one: str, label: str, report: Report) -> str:
    count = sum(not one or result.verdict == one for result in report.results)
    checked = "" if one else " checked"
    return (
        f'<label><input type="radio" name="show" id="show-{one or "all"}"{checked}>'
        f" {label} <b>{count}</b></label>"
    )


def _finding(finding: ContractFinding, report: Report) -> str:
    found = Verdict.NOTED if finding in report.notes else Verdict.FAILED
    rows = [
        ("The contract", f"{inline(finding.rule.sentence)} {_citation(finding.rule)}"),
        ("Expected", escape(finding.fault.expected)),
        ("Got", escape(finding.fault.got)),
        ("Seen in", escape(seen_in(finding))),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    variants = "".join(f"<li>{escape(one)}</li>" for one in finding.variants)
    script = escape(reproduction(finding.fault, report.options))
    return (
        f'<article data-verdict="{found}"><h3>{escape(finding.rule.id)}'
        f" <small>{finding.grade}</small></h3><dl>{listed}</dl>"
        + (f"<details><summary>Requests</summary><ul>{variants}</ul></details>" if variants else "")
        + (
            f"<details><summary>To reproduce it</summary><pre>{script}</pre></details>"
            if script
            else ""
        )
        + "</article>"
    )


def _citation(rule: Demand) -> str:
    """Where a rule comes from, as a link to the section in this page."""
    section = section_of(rule)
    text = escape(rule.citation)
    return f'<a href="#{section.anchor}">{text}</a>' if section else text


def _rule(result: Result) -> str:
    rule = result.rule
    reason = f"<br><small>{escape(result.reason)}</small>" if result.reason else ""
    return (
        f'<tr data-verdict="{result.verdict}"><td>{escape(rule.id)}</td>'
        f"<td>{escape(verdict_of(result))}{reason}</td><td>{rule.grade}</td>"
        f"<td>{inline(rule.sentence)} {_citation(rule)}</td></tr>"
    )


def _cell(cell: Cell) -> str:
    return (
        f"<tr><td>{escape(cell.recipe.operation or '(none)')}</td>"
        f"<td>{cell.recipe.status} {escape(cell.recipe.code)}</td>"
        f"<td>{cell.count or 'no'}</td>"
        f"<td>{escape(cell.reason or cell.recipe.summary())}</td></tr>"
    )


def _sections(report: Report) -> list[str]:
    """The sections that the rules of the report cite, each once."""
    cited = {section_of(result.rule) for result in report.results} - {None}
    return [
        f'<section id="{one.anchor}"><h3>{escape(one.title)}</h3>{as_html(one.text)}'
        f'<p><a href="{one.url}">{escape(one.title)} in CONTRACT.md</a></p></section>'
        for one in sorted((one for one in cited if one), key=lambda one: one.title)
    ]
