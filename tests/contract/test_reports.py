import html
import json
import os
import re
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
from tests.contract.mutants.storing import GapsRefused
from tests.contract.mutants.upload_formats import QuotedCodecsRefused, UnsupportedIs415
from tests.contract.mutants.upload_limits import BodyReadFirst

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
    assert not re.search("src=|url[(]|@import|<link", page)


#: The parts of the SARIF 2.1.0 schema that code scanning asks for.
SARIF = {
    "required": ["version", "runs", "$schema"],
    "properties": {
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "items": {
                "required": ["tool", "results", "invocations"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "helpUri", "help"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "helpUri": {"pattern": "^https://"},
                                                "help": {"required": ["text", "markdown"]},
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "minItems": 1,
                        "items": {
                            "required": ["ruleId", "ruleIndex", "message", "locations", "level"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "locations": {"minItems": 1},
                            },
                        },
                    },
                },
            }
        },
    },
}


def test_sarif_points_at_the_rules_page_and_the_operation_on_the_server(report):
    document = json.loads(reports.WRITERS["sarif"](report))
    jsonschema.validate(document, SARIF)
    run = document["runs"][0]
    rules = {one["id"]: one for one in run["tool"]["driver"]["rules"]}
    assert rules["upload.row.7.format"]["helpUri"].endswith("/CONTRACT.md#checks")
    assert "| 7 | the MIME type" in rules["upload.row.7.format"]["help"]["markdown"]
    assert run["originalUriBaseIds"]["SERVER"]["uri"].startswith("http://127.0.0.1:")
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert "region" not in place  # nobody but the project has the file of the contract
        # GitHub refuses a file with an absolute address here.
        assert re.fullmatch(r"voice/[\w/.%-]+", place["artifactLocation"]["uri"])


#: What the schema of ctrf.io requires.
CTRF = {
    "required": ["results", "reportFormat", "specVersion"],
    "properties": {
        "reportFormat": {"enum": ["CTRF"]},
        "specVersion": {"pattern": r"^\d+\.\d+\.\d+$"},
        "results": {
            "required": ["tool", "summary", "tests"],
            "additionalProperties": False,
            "properties": {
                "tool": {"required": ["name"]},
                "summary": {
                    "required": [
                        "tests",
                        "passed",
                        "failed",
                        "pending",
                        "skipped",
                        "other",
                        "start",
                        "stop",
                    ],
                    "additionalProperties": {"type": "integer"},
                },
                "tests": {
                    "items": {
                        "required": ["name", "status", "duration"],
                        "properties": {
                            "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
                            "duration": {"type": "integer", "minimum": 0},
                            "tags": {"items": {"type": "string"}},
                            "suite": {"items": {"type": "string"}, "minItems": 1},
                        },
                    }
                },
                "extra": {"type": "object"},
            },
        },
    },
}


def test_ctrf_is_as_its_schema_says(report):
    document = json.loads(reports.WRITERS["ctrf"](report))
    jsonschema.validate(document, CTRF)
    summary, tests = document["results"]["summary"], document["results"]["tests"]
    for status in ("passed", "failed", "skipped"):
        assert summary[status] == sum(one["status"] == status for one in tests) > 0
    assert summary["tests"] == len(tests) == len(report.results)
    assert summary["start"] < summary["stop"]


def test_all_reports_say_the_same_verdict(report):
    written = {kind: write(report) for kind, write in reports.WRITERS.items()}
    sentence, left = report.verdict.sentence, report.verdict.not_checked
    assert f"not checked: {left} of {len(report.results)} rules" in sentence
    data, ctrf = json.loads(written["json"]), json.loads(written["ctrf"])["results"]["extra"]
    sarif = json.loads(written["sarif"])["runs"][0]
    suite = ElementTree.fromstring(written["junit"])[0]
    said = {one.get("name"): one.get("value", "") for one in suite.iter("property")}
    assert [data["verdict"], ctrf["verdict"], said["verdict"]] == [sentence] * 3
    assert sarif["invocations"][0]["exitCodeDescription"] == sentence
    assert f">{html.escape(sentence)}</h1>" in written["html"]
    assert [data["not_checked"], ctrf["notChecked"], int(said["not_checked"])] == [left] * 3
    assert sarif["properties"]["notChecked"] == left
    assert [data["exit_code"], ctrf["exitCode"], int(said["exit_code"])] == [report.exit_code] * 3


def test_html_links_each_rule_to_the_section_that_it_quotes(report):
    page = reports.WRITERS["html"](report)
    ids = re.findall(r' id="([^"]+)"', page)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert "checks" in links <= set(ids)
    assert len(ids) == len(set(ids))
    assert "<td>the MIME type is not supported</td>" in page
    assert "<script" not in page


def test_only_hides_the_rest(report):
    asked = tuple(f"{one}." for one in ONLY)
    data = json.loads(reports.WRITERS["json"](report))
    assert all(f"{one['id']}.".startswith(asked) for one in data["rules"])
    assert {"uploadAudio"} < {one["operation"] for one in data["coverage"]}
    assert "getDiscovery" not in {one["operation"] for one in data["coverage"]}
    for kind in ("junit", "html", "sarif", "ctrf"):
        assert "discovery.answer" not in reports.WRITERS[kind](report)


def test_findings_stand_in_the_order_of_their_harm(report):
    found = [one["grade"] for one in json.loads(reports.WRITERS["json"](report))["findings"]]
    assert found == sorted(found, key=["documented", "protocol", "inferred"].index)
    assert len(set(found)) == 3


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
