import subprocess
import sys

from tests.contract import mutants
from tests.contract.server import Running, Server


def pytest_in(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_rule_is_a_test_under_its_id(tmp_path):
    with Running(Server()) as running:
        code, shown = pytest_in(
            tmp_path, f"--scribe-url={running.base_url}", "-v", "-k", "upload.row.7"
        )
    assert code == 0, shown
    assert "upload.row.7.format PASSED" in shown
    assert "1 passed" in shown


def test_a_fault_fails_its_test_and_shows_how_to_see_it(tmp_path):
    with Running(mutants.UnsupportedIs415()) as running:
        code, shown = pytest_in(
            tmp_path, f"--scribe-url={running.base_url}", "--scribe-only=upload.row"
        )
    assert code == 1, shown
    assert "1 failed" in shown
    assert "expected  400 invalid_audio_format" in shown
    assert "curl -s -i" in shown


CONFTEST = """
def pytest_scribe_expected():
    return {"upload.row.7.*": "our gateway answers 415", "upload.row.2.*": "it was so once"}
"""


def test_known_deviations_are_expected_and_reported_when_gone(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    with Running(mutants.UnsupportedIs415()) as running:
        code, shown = pytest_in(
            tmp_path, f"--scribe-url={running.base_url}", "--scribe-only=upload.row", "-rxX"
        )
    assert code == 1, shown
    assert "1 failed" in shown
    assert "1 xfailed" in shown
    assert "XPASS(strict)" in shown
    assert "our gateway answers 415" in shown


def test_without_the_option_it_adds_nothing(tmp_path):
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    code, shown = pytest_in(tmp_path)
    assert code == 0
    assert "1 passed" in shown


def test_a_server_that_is_not_there_ends_the_session(tmp_path):
    code, shown = pytest_in(tmp_path, "--scribe-url=http://127.0.0.1:9/v1", "-k", "upload.success")
    assert code == 2, shown
    assert "can't be reached" in shown
