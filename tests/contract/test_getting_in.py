"""Which body of Create session the check finds on servers that refuse some, and what it says."""

import json

import pytest
from starlette.responses import JSONResponse, Response

from scribe_mock import cli
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.core.ledger import Verdict
from tests.contract.checking import named, run
from tests.contract.independent_server import Refusal, Running, Server

#: Rules that need a session, and no other part of the server.
FEW = ("create.answer", "upload.success", "session.state")


class Framework(Server):
    """Its framework refuses bodies in the framework's own form, without the envelope."""

    needed: tuple[str, ...] = ()

    async def create(self, call):
        body = json.loads(await call.body())
        missing = [name for name in self.needed if name not in body]
        if missing:
            fault = {"type": "missing", "loc": ["body", missing[0]], "msg": "Field required"}
            return JSONResponse({"detail": [fault]}, 422)
        call.read_again(json.dumps(body).encode())
        return await super().create(call)


class January(Framework):
    needed = ("templates", "upload_type", "communication_protocol")


class WantsClinic(Framework):
    needed = ("clinic",)


class Picky(Server):
    """Refuses bodies with an error of its own."""

    def refuse(self, message):
        raise Refusal(400, "bad_request", message=message)


class OpenSource(Picky):
    """Asks for a language that it knows, and for templates of its own list."""

    languages: tuple[str, ...] = ("en", "hi", "en-hi")
    listed: tuple[str, ...] = ("soap_v2", "letter")

    def known_templates(self):
        return self.listed

    def check_fields(self, body):
        pass

    def check_create(self, body):
        if unknown := [one for one in body.get("templates", []) if one not in self.listed]:
            self.refuse(f"Template '{unknown[0]}' is not available")
        if not set(body.get("language_hint") or ()) & set(self.languages):
            self.refuse("language_hint is required on session create; supported: en, hi, en-hi")
        super().check_create(body)

    def route(self, path):
        if path == "/voice/api/v1/template":
            return self.listing_of_templates, (), ["GET"]
        return super().route(path)

    async def listing_of_templates(self, call):
        return JSONResponse({"items": [{"id": name, "title": name} for name in self.listed]})


class Regional(OpenSource):
    languages = ("en-IN",)


class NoProtocol(Picky):
    def check_create(self, body):
        if "communication_protocol" in body:
            self.refuse("communication_protocol is unknown")
        super().check_create(body)


class NoTemplates(Picky):
    def check_create(self, body):
        if "templates" in body:
            self.refuse("templates is unknown")
        super().check_create(body)


class Bare(Picky):
    def check_create(self, body):
        if set(body) != {"upload_type"}:
            self.refuse("one field, please")
        super().check_create(body)


class Crashing(Server):
    """Fails, in place of refusing, for a language."""

    def check_create(self, body):
        if "language_hint" in body:
            raise ZeroDivisionError
        super().check_create(body)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Server, "accepts templates and language_hint."),
        (January, "accepts templates and language_hint."),
        (OpenSource, "accepts templates and language_hint."),
        (Regional, "accepts language_hint en-IN, since the usual body was refused: 400"),
        (NoProtocol, "accepts without communication_protocol, since"),
        (NoTemplates, "accepts without templates, since the usual body was refused: 400"),
        (Bare, 'accepts upload_type alone, since the usual body was refused: 400 bad_request "one'),
        (Crashing, "accepts without language_hint, since the usual body was refused: createSes"),
    ],
)
def test_it_gets_in_and_says_how(server, said):
    report = run(server(), only=FEW)
    assert said in " ".join(report.remarks)
    verdicts = {one.rule.id: one.verdict for one in report.results}
    assert verdicts["upload.success"] is Verdict.PASSED
    assert verdicts["create.answer"] is Verdict.PASSED


def test_templates_are_from_the_servers_own_list():
    app = OpenSource()
    run(app, only=FEW)
    asked = [one.body["templates"] for one in app.sessions.values() if "templates" in one.body]
    assert asked
    assert {name for names in asked for name in names} <= {"soap_v2", "letter"}


def test_a_field_that_the_server_wants_is_added(capsys, monkeypatch):
    with Running(WantsClinic()) as running:
        command = ["check", running.base_url, "--only=upload.success"]
        assert cli.main(command) == 2
        first = capsys.readouterr().out.splitlines()[0]
        assert "could not be checked: it creates no session: 422" in first
        assert '"body.clinic: Field required"' in first
        assert cli.main([*command, '--create-field=clinic="north"']) == 0
        monkeypatch.setenv("SCRIBE_MOCK_CHECK_CREATE_FIELD", 'model="pro"\nclinic="the north"\n')
        assert cli.main(command) == 0


def test_added_fields_replace_those_of_the_form_and_keep_the_mark():
    app = Server()
    fields = {"templates": ["transcript_template"], "additional_data": {"a": 1}}
    run(app, only=("create.answer",), create_fields=fields)
    bodies = [one.body for one in app.sessions.values() if "additional_data" in one.body]
    assert bodies
    for body in bodies:
        assert body["templates"] == ["transcript_template"]
        assert set(body["additional_data"]) == {"a", "scribe_mock_check"}


@pytest.mark.parametrize("field", ["clinic", "clinic=north", '="x"', "additional_data=1"])
def test_a_field_without_sense_is_told(capsys, field):
    assert cli.main(["check", "http://127.0.0.1:9/v1", f"--create-field={field}"]) == 2
    assert "--create-field" in capsys.readouterr().err


class Hopeless(Picky):
    def check_create(self, body):
        self.refuse("This clinic has no licence.")


def test_when_nothing_works_the_first_line_has_the_servers_message(capsys, tmp_path):
    with Running(Hopeless()) as running:
        report = tmp_path / "out.json"
        code = cli.main(["check", running.base_url, "--only=upload.row", f"--report=json={report}"])
    first = capsys.readouterr().out.splitlines()[0]
    assert code == 2
    assert "could not be checked: it creates no session" in first
    assert '400 bad_request "This clinic has no licence."' in first
    data = json.loads(report.read_text())
    assert (data["exit_code"], data["keeps_the_contract"]) == (2, False)
    assert data["verdict"] in first


class Busy(Server):
    """Has no time for new sessions today."""

    asked = 0

    async def before_create(self):
        self.asked += 1
        raise Refusal(429, "rate_limit_exceeded", headers={"Retry-After": "5000"})


def test_other_forms_are_not_tried_on_a_server_that_has_no_time():
    app = Busy()
    report = run(app, only=("upload.success",))
    assert report.exit_code == 2
    assert "the server answers 429 and asks for 5000 seconds" in report.verdict.sentence
    assert app.asked == 1


class Poor(Hopeless):
    """Has Create session, which refuses, and hardly another operation."""

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler == self.create:
            return handler, arguments, methods
        return None, (), []


def test_without_a_session_missing_operations_are_notes():
    report = run(Poor(), skip=("fuzz", "browsers"))
    assert report.exit_code == 2
    faults = {one.rule.id for one in report.findings if not one.is_note}
    assert faults <= {"create.type.chunked"}
    assert "server.operations" in named(report)


class SingleOnly(Picky):
    upload_types = ("single",)


def test_a_server_with_single_sessions_alone_is_checked_as_far_as_it_goes():
    report = run(SingleOnly(), only=("create.type", "single.stored", "upload.row.7"))
    verdicts = {one.rule.id: one.verdict for one in report.results}
    assert verdicts["create.type.chunked"] is Verdict.FAILED
    assert verdicts["create.type.single"] is Verdict.PASSED
    assert report.exit_code == 1
    assert "upload_type single" in " ".join(report.remarks)


class AllFail(Server):
    async def respond(self, scope, receive):
        return Response("<html><body>502 Bad Gateway</body></html>", 502)


def test_a_server_that_always_fails_is_one_finding(tmp_path, capsys):
    with Running(AllFail()) as running:
        assert cli.main(["check", running.base_url, f"--report=json={tmp_path / 'r'}"]) == 2
    assert "could not be checked: every request failed (502" in capsys.readouterr().out
    data = json.loads((tmp_path / "r").read_text())
    assert [one["rule"] for one in data["findings"]] == ["server.no_5xx"]
    assert {one["verdict"] for one in data["rules"]} == {"skipped", "failed"}


def test_a_refused_token_is_told_with_the_servers_message():
    class Locked(Server):
        def authorize(self, call):
            raise Refusal(401, "authentication_failed", message="Ask the ward.")

    with pytest.raises(CannotRun, match="Ask the ward"):
        run(Locked())
