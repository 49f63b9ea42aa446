"""The report as CTRF, the common test report format of ctrf.io: one test a rule."""

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.reports.cases import sheet_of
from scribe_mock.contract.sheets import ctrf


def render(report: Report) -> str:
    """The report as a text."""
    return ctrf.render(sheet_of(report))
