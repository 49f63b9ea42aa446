"""What a server may leave out or set to null, and what it may lack: notes at most."""

import json

import pytest
from starlette.responses import JSONResponse

from tests.contract.checking import named, run
from tests.contract.independent_server import Refusal, Server

ONLY = ("answers", "upload.success", "state", "end", "get", "time", "store.by_number")


def texts(report):
    return sorted(one.fault.expected for one in report.findings)


class Terse(Server):
    """Leaves out every field that a client can do without."""

    needed = frozenset({"session_id", "upload_url", "success", "status", "audio_files"})

    async def respond(self, scope, receive):
        answer = await super().respond(scope, receive)
        if answer.status_code < 300 and scope["path"].startswith(f"{self.base}/sessions"):
            body = json.loads(answer.body)
            kept = {name: value for name, value in body.items() if name in self.needed}
            return JSONResponse(kept, answer.status_code)
        return answer


def test_each_missing_field_is_one_note_an_operation():
    report = run(Terse(), only=ONLY)
    assert [one.rule.id for one in report.findings if not one.is_note] == []
    wanted = [one for one in texts(report) if one.startswith("`created_at`")]
    assert wanted == [
        f"`created_at` in the answer of {operation}, if possible"
        for operation in ("createSession", "getSession")
    ]


@pytest.mark.parametrize("field", ["upload_url", "success", "status"])
def test_what_the_flow_needs_is_a_fault(field):
    app = Terse()
    app.needed = Terse.needed - {field}
    report = run(app, only=ONLY)
    faults = [one for one in report.findings if not one.is_note]
    assert any(one.rule.id == "answers.fields" and field in one.fault.got for one in faults)


class Nulls(Server):
    """Sends null wherever a document allows it."""

    def shown(self, session, state, call):
        found = super().shown(session, state, call)
        nullable = ("transcript", "completed_at", "language_detected", "patient_details")
        return found | dict.fromkeys((name for name in nullable if name in found), None)

    async def process(self, call, session_id, template):
        answer = await super().process(call, session_id, template)
        body = json.loads(answer.body) | {"document_id": None}
        return JSONResponse(body, answer.status_code)


def test_nulls_are_taken_where_a_document_allows_them():
    report = run(Nulls(), only=("answers", "time", "state", "process"))
    assert named(report) == set()


class WrongTypes(Server):
    def shown(self, session, state, call):
        return super().shown(session, state, call) | {"transcript": 7}


def test_what_is_there_has_the_published_type():
    report = run(WrongTypes(), only=("answers", "state.created.get"))
    assert named(report) == {"answers.schema"}
    assert report.exit_code == 1


class CreatesNothing(Server):
    """Refuses every session, and lacks four operations."""

    def check_create(self, body):
        raise Refusal(400, "invalid_request", "Not today.")

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler in (self.process, self.discovery, self.login, self.refresh):
            return None, (), []
        return handler, arguments, ["GET"] if handler == self.session else methods


def test_missing_operations_are_notes_where_no_session_can_be_created_too():
    report = run(CreatesNothing(), only=("answers", "server", "paths", "create"))
    missing = {
        one.fault.expected.split()[-1]
        for one in report.findings
        if one.rule.id == "server.operations"
    }
    assert missing >= {
        "getDiscovery",
        "login",
        "refreshToken",
        "updateSession",
        "processTemplate",
    }
