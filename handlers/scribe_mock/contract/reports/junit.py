"""The report as JUnit XML: one test case a rule."""

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.reports.cases import sheet_of
from scribe_mock.contract.sheets import junit


def render(report: Report) -> str:
    """The report as a text."""
    return junit.render(sheet_of(report))
