"""The report as one HTML page, without other files."""

from html import escape

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import ContractFinding, Result
from scribe_mock.contract.reports.reproduce import reproduction
from scribe_mock.contract.reports.words import figures, seen_in, verdict

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0;
  border-bottom: 1px solid #8884 }}
pre {{ background: #8882; padding: .75rem; overflow: auto; font-size: .85rem }}
article {{ border-left: .3rem solid #c33; padding-left: 1rem; margin: 1.5rem 0 }}
article.note {{ border-color: #c90 }}
dt {{ font-weight: 600 }}
dd {{ margin: 0 0 .25rem 0; overflow-wrap: anywhere }}
.failed {{ color: #c33 }} .noted {{ color: #a70 }} .skipped {{ opacity: .7 }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{figures}</p>
{findings}
<h2>Coverage</h2>
<table><thead><tr><th>Operation</th><th>Status</th><th>Code</th><th>Reached</th>
<th>Requests that bring it about, or why not reached</th></tr></thead><tbody>
{coverage}
</tbody></table>
<h2>Rules</h2>
<table><thead><tr><th>Rule</th><th>Verdict</th><th>Grade</th><th>What it says</th></tr></thead>
<tbody>
{rules}
</tbody></table>
</body>
</html>
"""


def render(report: Report) -> str:
    """The report as a text."""
    return _PAGE.format(
        title=escape(verdict(report)),
        figures=escape(figures(report)),
        findings="\n".join(_finding(one, report) for one in report.findings),
        coverage="\n".join(
            f"<tr><td>{escape(cell.recipe.operation or '(none)')}</td>"
            f"<td>{cell.recipe.status}</td><td>{escape(cell.recipe.code)}</td>"
            f"<td>{cell.count or 'no'}</td>"
            f"<td>{escape(cell.reason or cell.recipe.summary())}</td></tr>"
            for cell in report.coverage
        ),
        rules="\n".join(map(_rule, report.results)),
    )


def _finding(finding: ContractFinding, report: Report) -> str:
    kind = "note" if finding in report.notes else "fault"
    variants = "".join(f"<li>{escape(one)}</li>" for one in finding.variants)
    rows = [
        ("The contract", f"{finding.rule.sentence} ({finding.rule.citation}; {finding.grade})"),
        ("Expected", finding.fault.expected),
        ("Got", finding.fault.got),
        ("Seen in", seen_in(finding)),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    script = escape(reproduction(finding.fault, report.options))
    return (
        f'<article class="{kind}"><h2>{escape(finding.rule.id)}</h2><dl>{listed}</dl>'
        + (f"<details><summary>Requests</summary><ul>{variants}</ul></details>" if variants else "")
        + (f"<p>To reproduce it:</p><pre>{script}</pre>" if script else "")
        + "</article>"
    )


def _rule(result: Result) -> str:
    rule, state = result.rule, result.verdict.value
    reason = f"<br>{escape(result.reason)}" if result.reason else ""
    return (
        f'<tr class="{state}"><td>{escape(rule.id)}</td><td>{state}{reason}</td>'
        f"<td>{rule.grade}</td><td>{escape(rule.sentence)}</td></tr>"
    )
