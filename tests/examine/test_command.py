"""The command `scribe-mock examine`: its options, its reports, its exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.cli import main
from scribe_mock.examine.reports import WRITERS
from scribe_mock.gauntlet.scenarios import SCENARIOS
from tests.support import PATIENCE, ROOT

PYTHON = sys.executable
CLIENT = [PYTHON, str(Path(__file__).with_name("client.py"))]


def test_scenarios_are_listed_with_their_demands(capsys):
    assert main(["examine", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert names == [scenario.name for scenario in SCENARIOS]
    assert len(names) == 23
    demands = [line for line in lines if line.startswith(" ")]
    assert len(demands) == sum(len(scenario.demands) for scenario in SCENARIOS)
    assert all(re.fullmatch(r"  (must|should|optional) +[a-z-]+ .*\)", line) for line in demands)


def test_scenarios_can_be_chosen(capsys):
    main(["examine", "--list", "--only", "end-*", "--only", "plain", "--skip", "*-lost"])
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert names == ["plain", "end-overtakes"]


def test_every_option_is_in_the_readme_and_in_the_environment(capsys, monkeypatch):
    with pytest.raises(SystemExit):
        main(["examine", "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    text = (ROOT / "README.md").read_text("utf-8").partition("## Examine a client")[2]
    assert {option for option in options if f"`{option}" not in text} == set()
    monkeypatch.setenv("SCRIBE_MOCK_EXAMINE_LIST", "1")
    monkeypatch.setenv("SCRIBE_MOCK_EXAMINE_ONLY", "plain offline")
    assert main(["examine"]) == 0
    assert re.findall(r"^[a-z]\S+", capsys.readouterr().out, re.MULTILINE) == ["plain", "offline"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name the client after two dashes"),
        (["--only", "nothing", "--", "true"], "No scenario fits"),
        (["--timeout", "0", "--", "true"], "--timeout is above 0"),
        (["--jobs", "0", "--", "true"], "--jobs at least 1"),
        (["--url", "127.0.0.1:80", "--", "true"], "expected the mock's root"),
        (["--url", "http://127.0.0.1:9", "--only", "plain", "--", "true"], "No answer"),
        (["--report", "sarif=x", "--", "true"], "expected KIND=FILE"),
        (["--report", "json=/nowhere/x", "--", "true"], "can't be written"),
        (["--only", "plain", "--", "/no/such/client"], "can't be started"),
    ],
)
def test_what_cannot_be_examined_says_why(capsys, words, said):
    assert main(["examine", *words]) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_variable_is_refused(capsys, monkeypatch):
    monkeypatch.setenv("SCRIBE_MOCK_EXAMINE_JOB", "1")
    assert main(["examine", "--", "true"]) == 2
    assert "SCRIBE_MOCK_EXAMINE_JOB" in capsys.readouterr().err


def test_a_client_that_sends_nothing_is_not_tried(capsys):
    assert main(["examine", "--only", "plain", "--", "true"]) == 3
    assert "does the client send it?" in capsys.readouterr().out


def test_every_report_says_the_same(tmp_path, capsys):
    files = {kind: tmp_path / kind for kind in WRITERS}
    asked = [f"--report={kind}={path}" for kind, path in files.items()]
    only = ["--only", "plain", "--only", "rate-limited", "--only", "webhooks"]
    broken = ["impatient", "no_webhook", "pieces"]
    assert main(["examine", *only, *asked, "--", *CLIENT, *broken]) == 1
    verdicts = {"plain": "failed", "rate-limited": "failed", "webhooks": "not tried"}
    found = json.loads(files["json"].read_text("utf-8"))
    assert {one["scenario"]: one["verdict"] for one in found["scenarios"]} == verdicts
    suite = ElementTree.fromstring(files["junit"].read_text("utf-8"))[0]
    cases = {case.get("name"): [part.tag for part in case] for case in suite.iter("testcase")}
    assert cases == {"plain": ["failure"], "rate-limited": ["failure"], "webhooks": ["skipped"]}
    tests = json.loads(files["ctrf"].read_text("utf-8"))["results"]["tests"]
    assert {test["name"]: test["rawStatus"] for test in tests} == verdicts
    page = files["html"].read_text("utf-8")
    assert page.count("<article") == 3
    assert found["verdict"] in capsys.readouterr().out


def test_github_gets_annotations_and_a_summary(tmp_path, capsys, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    main(["examine", "--only", "rate-limited", "--github", "--", *CLIENT, "impatient"])
    assert (
        "\n::warning title=rate-limited::The chunk does not come again" in capsys.readouterr().out
    )
    assert "| rate-limited | warned |" in summary.read_text("utf-8")


def is_gone(note):
    """Whether the process whose id is in a file ends soon."""
    started = int(note.read_text("utf-8"))
    until = time.monotonic() + PATIENCE
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(started, 0)
            time.sleep(0.05)
        return False
    return True


def test_a_client_that_does_not_end_is_killed_with_all_that_it_started(tmp_path, capsys):
    note = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {note}; wait"
    began = time.monotonic()
    words = ["examine", "--only", "plain", "--timeout", "1", "--", "bash", "-c", script]
    assert main(words) == 3
    assert time.monotonic() - began < PATIENCE
    assert is_gone(note)


def test_ctrl_c_ends_the_client_too(tmp_path):
    note = tmp_path / "pid"
    script = f"echo $$ > {note}; exec sleep 600"
    command = [
        PYTHON,
        "-m",
        "scribe_mock",
        "examine",
        "--only",
        "plain",
        "--",
        "bash",
        "-c",
        script,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (note.exists() and note.read_text("utf-8")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told) == (2, "scribe-mock: stopped before the end.\n")
    assert is_gone(note)


def test_what_a_client_prints_is_shown_and_moves_no_cursor(capsys):
    script = "printf 'lost \\033[2Jeverything'; exit 3"
    main(["examine", "--only", "plain", "--verbose", "--", "bash", "-c", script])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown


def test_a_mock_that_is_running_examines(capsys):
    with MockServer(Settings(port=0, quiet=True, token=("secret",))) as mock:
        words = ["examine", "--url", f"{mock.url}/", "--only", "plain", "--only", "upload-cut"]
        assert main([*words, "--token", "secret", "--", *CLIENT]) == 0
        assert main([*words, "--", *CLIENT]) == 2
        assert mock.scope("secret").requests() == []
    assert "--token" in capsys.readouterr().err


def test_the_client_gets_an_environment_and_a_folder_of_its_own(tmp_path, capsys):
    note = tmp_path / "environment"
    script = f"""
import json, os, wave
from pathlib import Path
names = [name for name in os.environ if name.startswith("SCRIBE_MOCK_")]
audio = Path(os.environ["SCRIBE_MOCK_AUDIO"])
with wave.open(str(audio)) as file:
    parameters = file.getparams()
found = {{"names": sorted(names), "rate": parameters.framerate, "cwd": os.getcwd()}}
found["alone"] = [path.name for path in audio.parent.iterdir()]
Path({str(note)!r}).write_text(json.dumps(found))
"""
    main(["examine", "--only", "plain", "--", PYTHON, "-c", script])
    found = json.loads(note.read_text("utf-8"))
    names = ["SCRIBE_MOCK_AUDIO", "SCRIBE_MOCK_SCENARIO", "SCRIBE_MOCK_TOKEN", "SCRIBE_MOCK_URL"]
    assert found == {
        "names": names,
        "rate": 16000,
        "cwd": str(Path.cwd()),
        "alone": ["spoken.wav"],
    }
