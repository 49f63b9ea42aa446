"""The result as one HTML page, without scripts and without other files."""

from html import escape

from scribe_mock.contract.core.verdict import counted
from scribe_mock.contract.sheets.html_page import page
from scribe_mock.examine.result import Result
from scribe_mock.gauntlet.grade import Verdict
from scribe_mock.gauntlet.grading import Mark, Outcome

#: The verdict → its name in the page's style, and the label of the filter.
_SHOWN = {
    Verdict.FAILED: ("failed", "Failed"),
    Verdict.WARNED: ("warned", "Warned"),
    Verdict.NOTED: ("noted", "Noted"),
    Verdict.NOT_TRIED: ("skipped", "Not tried"),
    Verdict.PASSED: ("passed", "Passed"),
}


def render(result: Result) -> str:
    """The result as a text."""
    return page(
        title=result.sentence,
        good=result.exit_code == 0,
        figures=f"{counted(len(result.outcomes), 'scenario')}, {result.seconds:.1f} s",
        remarks=(),
        filters={name: (label, result.count(verdict)) for verdict, (name, label) in _SHOWN.items()},
        body="<h2>Scenarios</h2>\n" + "\n".join(map(_outcome, result.outcomes)),
    )


def _outcome(outcome: Outcome) -> str:
    scenario, (name, _) = outcome.scenario, _SHOWN[outcome.verdict]
    reason = f"<p>{escape(outcome.reason)}</p>" if outcome.reason else ""
    output = escape(outcome.output.strip())
    printed = f"<details><summary>What the client printed</summary><pre>{output}</pre></details>"
    return (
        f'<article data-verdict="{name}"><h3>{escape(scenario.name)}'
        f" <small>{outcome.verdict}, {outcome.seconds:.1f} s</small></h3>"
        f"<p>{escape(scenario.title)}</p>{reason}"
        f"<dl>{''.join(map(_mark, outcome.marks))}</dl>{printed if output else ''}</article>"
    )


def _mark(mark: Mark) -> str:
    demand, judgement = mark.demand, mark.judgement
    said = f"<br>{escape(judgement.said)}" if judgement.said else ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in judgement.seen)
    seen = f"<details><summary>Requests</summary><ul>{lines}</ul></details>" if lines else ""
    return (
        f"<dt>{mark.verdict}</dt><dd>{escape(demand.sentence)}"
        f" <small>{demand.grade}; {escape(demand.source)}</small>{said}{seen}</dd>"
    )
