"""What of a run is reported when `--only` chose rules."""

from dataclasses import replace

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.ledger import Verdict
from scribe_mock.contract.core.rule import matches


def asked_for(report: Report) -> Report:
    """The report without what nobody asked for.

    Rules that were tried only because the chosen ones need them are left out if they passed, and
    so is the coverage of operations that no chosen rule is about.
    """
    only = report.options.only
    if not only:
        return report
    results = [
        result
        for result in report.results
        if result.verdict is not Verdict.PASSED or matches(result.rule.id, only)
    ]
    operations = {one.rule.operation for one in results if matches(one.rule.id, only)}
    cells = [cell for cell in report.coverage if cell.recipe.operation in operations]
    return replace(report, results=results, coverage=cells)
