"""Servers of one published document each: the check says what that document says otherwise."""

from scribe_mock.contract.core.ledger import Verdict
from tests.contract.checking import run
from tests.contract.dialects import Page, Reference
from tests.support import PATIENCE


def notes(report):
    """What the notes are about: the rule, or the operation or field that is missing."""
    return {
        one.fault.expected if one.rule.id == "answers.fields" else one.rule.id
        for one in report.findings
        if one.rule.id != "server.operations"
    }


def lacking(report):
    return {
        one.fault.expected.split()[-1]
        for one in report.findings
        if one.rule.id == "server.operations"
    }


def untried(report):
    """Rules that were not tried, though the server has their operation."""
    lost = lacking(report)
    return {
        one.rule.id: one.reason
        for one in report.results
        if one.verdict is Verdict.SKIPPED and one.rule.operation not in lost
    }


def test_the_page_has_no_other_operations():
    report = run(Page(), skip=("fuzz",), patience=PATIENCE)
    assert report.exit_code == 0
    assert notes(report) == set()
    assert lacking(report) >= {"getDiscovery", "login", "updateSession", "processTemplate"}


def test_the_reference_has_six_types():
    report = run(Reference(), skip=("fuzz",), patience=PATIENCE)
    assert report.exit_code == 0
    assert notes(report) == {"published.ogg_opus"}
