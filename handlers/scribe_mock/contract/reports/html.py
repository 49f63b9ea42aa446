"""The report as one HTML page, without scripts and without other files."""

from html import escape

from scribe_mock.contract.core.demand import Demand
from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding, Result, Verdict
from scribe_mock.contract.recipes.coverage import Cell
from scribe_mock.contract.reports.harm import by_harm
from scribe_mock.contract.reports.markdown import as_html, inline
from scribe_mock.contract.reports.quotation import section_of
from scribe_mock.contract.reports.reproduce import reproduction
from scribe_mock.contract.reports.words import figures, seen_in, verdict, verdict_of
from scribe_mock.contract.sheets.html_page import page

#: What the filter offers, and its labels.
_FILTERS = {
    Verdict.FAILED: "Failed",
    Verdict.NOTED: "Noted",
    Verdict.SKIPPED: "Not tried",
    Verdict.PASSED: "Passed",
}

_BODY = """\
<h2>Findings, the worst first</h2>
{findings}
<h2>Rules</h2>
<table class="list"><thead><tr><th>Rule</th><th>Verdict</th><th>Grade</th><th>What it says</th></tr>
</thead><tbody>
{rules}
</tbody></table>
<div class="whole">
<h2>Coverage</h2>
<table class="list"><thead><tr><th>Operation</th><th>Answer</th><th>Reached</th>
<th>Requests that bring it about, or why not reached</th></tr></thead><tbody>
{coverage}
</tbody></table>
</div>
<h2>The contract's sections</h2>
{sections}"""


def render(report: Report) -> str:
    """The report as a text."""
    body = _BODY.format(
        findings="\n".join(_finding(one, report) for one in by_harm(report.findings)),
        rules="\n".join(map(_rule, report.results)),
        coverage="\n".join(map(_cell, report.coverage)),
        sections="\n".join(_sections(report)),
    )
    return page(
        title=verdict(report),
        good=report.exit_code == 0,
        figures=figures(report),
        remarks=report.remarks,
        filters={one.value: (name, report.count(one)) for one, name in _FILTERS.items()},
        body=body,
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
