import json
import re
import subprocess
import sys
from importlib import import_module

import pytest

from tests.contract.independent_server import Running, Server
from tests.contract.mutants.upload_formats import UnsupportedIs415

pytest_plugins = ["pytester"]

# pytester forgets what is first imported while it runs: each run would have classes of its own.
import_module("scribe_mock.contract.core.engine")
import_module("scribe_mock.contract.reports")


@pytest.fixture
def pytest_in(pytester):
    """A function that runs pytest in a folder of its own: exit code and output.

    It runs here, which takes a tenth of the time; with `apart=True` in a process of its own.
    """

    def run(*arguments, apart=False):
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        done = start("-p", "no:cacheprovider", "-p", "no:xdist", *arguments)
        return done.ret, done.stdout.str() + done.stderr.str()

    return run


def test_each_rule_is_a_test_under_its_id(pytest_in):
    with Running(Server()) as running:
        options = (f"--scribe-url={running.base_url}", "-v", "-k", "upload.row.7")
        code, shown = pytest_in(*options, apart=True)
    assert code == 0, shown
    assert "upload.row.7.format PASSED" in shown
    assert "1 passed" in shown


def test_a_fault_fails_its_test_and_shows_how_to_see_it(pytest_in):
    with Running(UnsupportedIs415()) as running:
        code, shown = pytest_in(f"--scribe-url={running.base_url}", "--scribe-only=upload.row")
    assert code == 1, shown
    assert "1 failed" in shown
    assert "expected  400 invalid_audio_format" in shown
    assert "curl -s -i" in shown


CONFTEST = """
def pytest_scribe_expected():
    return {"upload.row.7.*": "our gateway answers 415", "upload.row.2.*": "it was so once"}
"""


def test_known_deviations_are_expected_and_reported_when_gone(pytest_in, pytester):
    (pytester.path / "conftest.py").write_text(CONFTEST)
    with Running(UnsupportedIs415()) as running:
        code, shown = pytest_in(
            f"--scribe-url={running.base_url}", "--scribe-only=upload.row", "-rxX"
        )
    assert code == 1, shown
    assert "1 failed" in shown
    assert "1 xfailed" in shown
    assert "XPASS(strict)" in shown
    assert "our gateway answers 415" in shown


def test_without_the_option_it_adds_nothing(pytest_in, pytester):
    (pytester.path / "test_own.py").write_text("def test_own():\n    pass\n")
    code, shown = pytest_in()
    assert code == 0
    assert "1 passed" in shown


def test_a_server_that_is_not_there_ends_the_session(pytest_in):
    code, shown = pytest_in("--scribe-url=http://127.0.0.1:9/v1", "-k", "upload.success")
    assert code == 2, shown
    assert "can't be reached" in shown


def test_each_option_of_the_check_has_its_twin(pytest_in):
    done = subprocess.run(
        [sys.executable, "-m", "scribe_mock", "check", "--help"], capture_output=True, text=True
    )
    _, shown = pytest_in("--help")
    options = set(re.findall(r"--([a-z][a-z-]+)", done.stdout)) - {"help", "list"}
    options -= {"against", "verbose", "github"}  # what the command alone prints
    assert {one for one in options if f"--scribe-{one}" not in shown} == set()
    assert "--scribe-list" not in shown  # pytest has --collect-only


def test_the_options_of_the_check_have_their_effect(pytest_in, pytester):
    with Running(Server()) as running:
        code, shown = pytest_in(
            f"--scribe-url={running.base_url}",
            "--scribe-only=upload.row.7",
            "--scribe-report=json=out.json",
            "--scribe-time-budget=0",
            "-rs",
        )
    assert code == 3, shown
    assert "--time-budget 0 s is used up" in shown
    assert "scribe-mock: " + running.base_url + " was not checked in full" in shown
    assert json.loads((pytester.path / "out.json").read_text())["rules"]


def test_what_was_not_checked_may_be_allowed(pytest_in):
    with Running(Server()) as running:
        options = ("--scribe-only=upload.row.7", "--scribe-time-budget=0", "--scribe-allow-skipped")
        code, shown = pytest_in(f"--scribe-url={running.base_url}", *options)
    assert code == 0, shown
    assert "not checked: 1 of 1 rules" in shown


def test_an_option_that_makes_no_sense_is_told(pytest_in):
    code, shown = pytest_in("--scribe-url=http://127.0.0.1:9/v1", "--scribe-concurrency=0")
    assert code == 4, shown
    assert shown.startswith("ERROR: scribe-mock: --concurrency is at least 1")
    assert shown.count("\n") < 3
