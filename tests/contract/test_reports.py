import json
import os
import subprocess
from xml.etree import ElementTree

import jsonschema
import pytest

from scribe_mock.contract import reports
from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.reports.reproduce import reproduction
from scribe_mock.contract.transport.address import Address
from tests.contract.independent_server import Running, Server
from tests.contract.mutants.creating import SchemaIs400
from tests.contract.mutants.storing import (
    CutUploadsStored,
    GapsRefused,
    Lexicographic,
    RefusedIsStored,
)
from tests.contract.mutants.together import EndRace, LostUpdates, UploadsLostAtEnd
from tests.contract.mutants.upload_formats import QuotedCodecsRefused, UnsupportedIs415
from tests.contract.mutants.upload_limits import (
    BodyReadFirst,
    LimitByContentLengthOnly,
    LimitOffByOne,
)
from tests.contract.mutants.upload_names import CrashesOnOddNames
from tests.contract.mutants.upload_rows import UploadAfterCompletion

ONLY = (
    "upload.row",
    "upload.spelling",
    "store",
    "race.two_ends",
    "upload.early",
    "errors",
    "server",
)


class Several(
    UnsupportedIs415,
    QuotedCodecsRefused,
    GapsRefused,
    BodyReadFirst,
):
    pass


@pytest.fixture(scope="module")
def report():
    with Running(Several()) as running:
        yield check(Options(base=Address.parse(running.base_url), only=ONLY))


def test_json_has_everything(report):
    data = json.loads(reports.WRITERS["json"](report))
    assert data["keeps_the_contract"] is False
    found = {one["rule"]: one for one in data["findings"]}
    assert found["upload.row.7.format"]["kind"] == "failure"
    assert found["store.gaps"]["kind"] == "note"
    assert "curl" in found["upload.row.7.format"]["reproduction"]
    assert {one["verdict"] for one in data["rules"]} == {"passed", "failed", "noted", "skipped"}
    cells = {(one["operation"], one["status"], one["code"]): one for one in data["coverage"]}
    assert cells["uploadAudio", 404, "session_not_found"]["reached"]
    assert cells["uploadAudio", 500, "internal_error"]["why_not"]


def test_junit_has_a_case_for_each_rule(report):
    suite = ElementTree.fromstring(reports.WRITERS["junit"](report))[0]
    count = {name: int(suite.get(name, -1)) for name in ("tests", "failures", "skipped")}
    assert count["tests"] == len(suite.findall("testcase")) == len(report.results)
    assert len(suite.findall("testcase/failure")) == count["failures"] > 0
    assert len(suite.findall("testcase/skipped")) == count["skipped"]


def test_html_needs_nothing_else_and_escapes(report):
    page = reports.WRITERS["html"](report)
    assert "upload.row.7.format" in page
    assert "<session_id>" not in page
    assert "src=" not in page
    assert 'href="http' not in page


#: The parts of the SARIF 2.1.0 schema that code scanning asks for.
SARIF = {
    "required": ["version", "runs"],
    "properties": {
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "results": {
                        "minItems": 1,
                        "items": {
                            "required": ["ruleId", "message", "locations", "level"],
                            "properties": {"level": {"enum": ["error", "note"]}},
                        },
                    }
                },
            }
        },
    },
}


def test_sarif_points_into_the_spec(report):
    document = json.loads(reports.WRITERS["sarif"](report))
    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize(
    ("server", "only", "shown"),
    [
        (UnsupportedIs415, "upload.row.7", "415"),
        (QuotedCodecsRefused, "upload.spelling.quoted", "invalid_audio_format"),
        (LimitOffByOne, "upload.row.9", "200 OK"),
        (LimitByContentLengthOnly, "upload.limit.over_chunked", "200 OK"),
        (UploadAfterCompletion, "upload.row.5.completed", "200 OK"),
        (GapsRefused, "store.gaps", "400 Bad Request"),
        (Lexicographic, "store.numeric_order", '"10.webm","11.webm","2.webm"'),
        (BodyReadFirst, "upload.early.7", "no answer before the body"),
        (EndRace, "race.two_ends", "202"),
        (CutUploadsStored, "store.cut", '"audio_files":["0.webm"]'),
        (RefusedIsStored, "store.refused", '"audio_files":["9.webm"]'),
        (LostUpdates, "together.uploads", '"audio_files_received"'),
        (UploadsLostAtEnd, "race.uploads_kept", '"audio_files_received"'),
        (SchemaIs400, "create.schema.model", "400 Bad Request"),
        (CrashesOnOddNames, "upload.name.hostile", "500 Internal Server Error"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_pasted_reproduction_shows_the_fault(server, only, shown, tmp_path):
    with Running(server()) as running:
        report = check(
            Options(base=Address.parse(running.base_url), only=(only, "store.order", "server"))
        )
        finding = next(one for one in report.findings if one.rule.id.startswith((only, "server")))
        script = reproduction(finding.fault, report.options)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert shown in done.stdout, script + done.stdout + done.stderr


@pytest.mark.parametrize("own", ["s3cret-token", "t0k"])
def test_a_reproduction_never_has_the_token(own):
    class Guarded(UnsupportedIs415):
        token = own

    with Running(Guarded()) as running:
        options = Options(base=Address.parse(running.base_url), token=own, only=("upload.row.7",))
        report = check(options)
    for kind, write in reports.WRITERS.items():
        assert own not in write(report), kind


class TellsNoLifetime(Server):
    """Its login leaves out expires_in."""

    token = "s3cret-token"

    def tokens(self):
        return {"access_token": self.token, "refresh_token": "t2"}


def test_a_reproduction_has_no_secret_and_shows_the_fault_with_it(tmp_path):
    login = ("my-id", "my \"very\" 's3cret'")
    with Running(TellsNoLifetime()) as running:
        base = Address.parse(running.base_url)
        report = check(Options(base=base, login=login, only=("login.answer", "answers")))
        script = reproduction(report.findings[0].fault, report.options)
        done = subprocess.run(
            ["bash", "-c", script],
            env={"SCRIBE_MOCK_CLIENT_SECRET": "another", "TOKEN": "any", **os.environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert '"refresh_token":"t2"' in done.stdout
    assert "TOKEN=scribe-mock-check" not in script
    for kind, write in reports.WRITERS.items():
        assert "s3cret" not in write(report), kind


class NamesACommand(Server):
    """Its upload_url is a shell's command, wherever double quotes let one through."""

    def upload_url(self, session, call):
        return f"http://{call.first('host')}/$(touch${{IFS}}ran)`touch${{IFS}}ran`$HOME/audio"


def test_no_reproduction_runs_what_a_server_named(tmp_path):
    with Running(NamesACommand()) as running:
        options = Options(base=Address.parse(running.base_url), only=("session.upload_url.works",))
        finding = next(
            one for one in check(options).findings if one.rule.id == "session.upload_url.works"
        )
        script = reproduction(finding.fault, options)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert not (tmp_path / "ran").exists()
    assert "404 Not Found" in done.stdout
