"""The verdict on a run, which all reports and the exit code share."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scribe_mock import cli
from scribe_mock.contract import reports
from scribe_mock.contract.core.verdict import ExitCode
from tests.contract.checking import run
from tests.contract.independent_server import Running, Server
from tests.contract.mutants.upload_formats import UnsupportedIs415

README = Path(__file__).parents[2] / "README.md"
TWO = ("upload.row.7", "create.answer")


def suite_of(report):
    return ElementTree.fromstring(reports.WRITERS["junit"](report))[0]


def test_all_that_could_be_tried_was_tried():
    report = run(Server(), only=TWO)
    assert report.exit_code == ExitCode.KEPT
    assert report.verdict.sentence.endswith("keeps the contract: no fault; all 2 rules checked.")
    assert suite_of(report).get("errors") == "0"


def test_what_was_not_checked_is_said_in_every_report():
    report = run(Server(), only=TWO, time_budget=0.0)
    assert report.exit_code == ExitCode.NOT_CHECKED
    assert "not checked: 2 of 2 rules" in report.verdict.sentence
    assert report.verdict.reasons == {
        "--time-budget 0 s is used up": ["upload.row.7.format", "create.answer"]
    }
    for writer in reports.WRITERS.values():
        assert "not checked: 2 of 2 rules" in writer(report)
    suite = suite_of(report)
    (case,) = suite.findall("testcase/error/..")
    assert (case.get("name"), suite.get("errors"), suite.get("skipped")) == ("verdict", "1", "2")
    assert suite.get("tests") == str(len(suite.findall("testcase"))) == "3"


def test_allowed_it_is_0_with_the_number_in_the_first_line(capsys):
    with Running(Server()) as running:
        command = ["check", running.base_url, "--only=upload.row.7", "--time-budget=0"]
        assert cli.main(command) == 3
        assert cli.main([*command, "--allow-skipped"]) == 0
    first = capsys.readouterr().out.split(running.base_url)[2].splitlines()[0]
    said = " keeps the contract, as far as it was checked: no fault; not checked: 1 of 1 rules."
    assert first == said


def test_a_fault_comes_before_what_was_not_checked():
    report = run(UnsupportedIs415(), only=("upload.row.7", "upload.row.3"), expired_session="none")
    assert report.verdict.not_checked == 1
    assert report.exit_code == ExitCode.BROKEN
    assert "breaks the contract: 1 fault; not checked: 1 of 2 rules" in report.verdict.sentence


class ChunkedAlone(Server):
    upload_types = ("chunked",)


def test_rules_without_sense_do_not_count():
    report = run(ChunkedAlone(), only=("upload.row.7", "single.format", "stream.connect"))
    assert report.exit_code == ExitCode.KEPT
    assert report.verdict.not_checked == 0
    assert report.verdict.senseless == report.verdict.rules - 1 > 0
    assert f"{report.verdict.senseless} rules without sense here" in report.verdict.sentence


def test_where_nothing_could_be_tried_nothing_is_kept():
    report = run(ChunkedAlone(), only=("stream.connect",))
    assert (report.verdict.tried, report.exit_code) == (0, ExitCode.NOT_CHECKED)


def test_what_read_only_leaves_out_does_not_count():
    report = run(Server(), only=("discovery.cached", "create.answer"), read_only=True)
    assert report.exit_code == ExitCode.KEPT
    assert "left out on request:" in report.verdict.sentence


@pytest.mark.parametrize("code", ExitCode)
def test_help_and_readme_explain_every_exit_code(code, capsys):
    with pytest.raises(SystemExit):
        cli.main(["check", "--help"])
    told = " ".join(capsys.readouterr().out.split()).partition("Exit codes: ")[2]
    assert f"{code:d} " in told
    assert f"\n| {code:d} | " in README.read_text("utf-8")


def test_the_json_report_has_the_numbers():
    data = json.loads(reports.WRITERS["json"](run(Server(), only=TWO, time_budget=0.0)))
    assert (data["exit_code"], data["not_checked"], data["tried"]) == (3, 2, 0)
    assert [one["skipped"] for one in data["rules"]] == ["not checked", "not checked"]
