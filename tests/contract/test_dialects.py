"""Servers of one published document each: the check says what that document says otherwise."""

from collections.abc import Iterable

from scribe_mock.contract.core.ledger import Verdict
from tests.contract.checking import named, run
from tests.contract.dialects import January, Page, ProtocolExample, Reference, Vendor
from tests.support import PATIENCE

#: Operations that the protocol's documents of January do not have.
LATER = {
    "createTemplate",
    "deleteDocument",
    "deleteTemplate",
    "getDocument",
    "getSessionAudio",
    "getSessionRecord",
    "listSessions",
    "listTemplates",
    "login",
    "processTemplate",
    "refreshToken",
    "saveDocument",
    "updateSession",
    "updateTemplate",
    "uploadTranscript",
}


def lacking(report):
    """The operations that the server does not have; each is one note."""
    return {
        one.fault.expected.split()[-1]
        for one in report.findings
        if one.rule.id == "server.operations"
    }


def notes(report):
    """All other notes, by rule; for a field that is missing, the operation and the field."""
    found = [one for one in report.findings if one.is_note and one.rule.id != "server.operations"]
    return {one.fault.group if one.rule.id == "answers.fields" else one.rule.id for one in found}


def faults(report):
    return {one.rule.id for one in report.findings if not one.is_note}


def fields(operation: str, names: Iterable[str]):
    return {f"{operation} answers without `{name}`" for name in names}


def untried(report):
    """Rules that were not tried, though the server has their operation."""
    lost = lacking(report)
    return {
        one.rule.id: one.reason
        for one in report.results
        if one.verdict is Verdict.SKIPPED and one.rule.operation not in lost
    }


def check(server):
    return run(server, skip=("fuzz", "upload.order"), patience=PATIENCE)


def test_the_page_says_nothing_else_and_has_no_other_operations():
    report = check(Page())
    assert (faults(report), notes(report)) == (set(), set())
    assert lacking(report) >= {*LATER, "getDiscovery"}
    assert untried(report) == {}


def test_the_reference_has_six_types():
    report = check(Reference())
    assert (faults(report), notes(report)) == (set(), {"published.ogg_opus"})
    assert (lacking(report), untried(report)) == (set(), {})


def test_january_requires_templates_and_has_another_status_and_fewer_fields():
    report = check(January())
    assert faults(report) == set()
    assert notes(report) == {
        "create.minimal",
        "published.too_large",
        "get.default_model",
        "get.protocol_data",
        *fields("uploadAudio", ["session_id"]),
        *fields("getSession", ["upload_url", "patient_details", "expires_at"]),
    }
    assert lacking(report) == LATER
    assert untried(report) == {}


def test_the_protocols_example_server_is_let_in_and_found_out():
    report = run(ProtocolExample(), skip=("fuzz", "upload.order"), patience=2.0)
    assert named(report) >= {
        "server.no_5xx",
        "errors.envelope",
        "auth.missing.createSession",
        "upload.near_miss.plain_webm",
        "state.end_twice",
        "end.no_body",
        "create.minimal",
        "process.ends",
    }
    assert named(report) & {"upload.row.9.size", "upload.limit.over_single"}
    assert not any(reason.startswith("the rule itself") for reason in untried(report).values())
    assert report.exit_code == 1


def test_the_vendors_server_is_let_in_and_found_out():
    report = run(Vendor(), skip=("fuzz", "upload.order"), patience=PATIENCE)
    assert named(report) >= {
        "server.no_5xx",
        "create.schema.model",
        "upload.row.2.unknown",
        "upload.row.9.size",
        "state.recording.get",
        "create.minimal",
    }
    minimal = next(one for one in report.findings if one.rule.id == "create.minimal")
    assert "language_hint is required" in minimal.fault.got
    assert not any(reason.startswith("the rule itself") for reason in untried(report).values())
