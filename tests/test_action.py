"""The steps of the GitHub action, run with programs that only write down their arguments."""

import json
import subprocess
import sys

import pytest
import yaml

from tests.support import ROOT

ACTION = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text("utf-8"))
STEPS = [step for step in ACTION["runs"]["steps"] if "run" in step]
INSTALL, CHECK = STEPS
#: How GitHub starts `shell: bash`.
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
STUB = """#!{python}
import json, pathlib, sys
pathlib.Path("arguments.json").write_text(json.dumps(sys.argv[1:]))
sys.exit({code})
"""


@pytest.fixture
def run(tmp_path):
    """Run a step; returns its exit code and the arguments of the program that it started."""

    def run(step, code=0, **environ):
        stubs = tmp_path / "stubs"
        stubs.mkdir()
        for name in ("python", "scribe-mock"):
            (stubs / name).write_text(STUB.format(python=sys.executable, code=code))
            (stubs / name).chmod(0o755)
        needed = dict.fromkeys(step["env"], "")
        path = {"PATH": f"{stubs}:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "output")}
        done = subprocess.run(
            [*BASH, step["run"]], env=needed | path | environ, cwd=tmp_path, check=False
        )
        return done.returncode, json.loads((tmp_path / "arguments.json").read_text())

    return run


def given(arguments):
    """What stands between the address and the reports."""
    assert arguments[:2] == ["check", "http://127.0.0.1:9/v1"]
    assert arguments[-9:] == [
        "--github",
        "--report",
        "junit=scribe-check.xml",
        "--report",
        "html=scribe-check.html",
        "--report",
        "sarif=scribe-check.sarif",
        "--report",
        "ctrf=scribe-check.ctrf.json",
    ]
    return arguments[2:-9]


def test_each_line_of_args_is_one_argument_and_nothing_in_it_is_run(run, tmp_path):
    hostile = ["--skip=*", "$(touch run)", "`touch run`", '"; touch run; "', "a  b 'c'", "$HOME"]
    args = "\n--strict\n\n" + "\n".join(f"  {line}" for line in hostile) + "\n"
    code, arguments = run(CHECK, URL="http://127.0.0.1:9/v1", ARGS=args)
    assert code == 0
    assert given(arguments) == ["--yes", "--strict", *hostile]
    assert not (tmp_path / "run").exists()


def test_without_args_there_are_none(run):
    _, arguments = run(CHECK, URL="http://127.0.0.1:9/v1")
    assert given(arguments) == ["--yes"]


def test_a_token_and_a_login_are_passed_on(run):
    _, arguments = run(CHECK, URL="http://127.0.0.1:9/v1", TOKEN="a b", SCRIBE_MOCK_CLIENT_ID="id")
    assert given(arguments) == ["--yes", "--token", "a b", "--login"]


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_exit_code_is_that_of_the_check(run, tmp_path, code):
    assert run(CHECK, code, URL="http://127.0.0.1:9/v1")[0] == code
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"


def test_it_installs_this_repository_with_the_extra(run):
    code, arguments = run(INSTALL, HERE="/a b/.github/actions/check")
    assert code == 0
    wanted = "/a b/.github/actions/check/../../..[check]"
    assert arguments == ["-m", "pip", "install", "--quiet", wanted]


def test_it_installs_the_package_that_is_named(run):
    _, arguments = run(INSTALL, HERE="/x", PACKAGE="scribe-mock[check]==0.1.0")
    assert arguments[-1] == "scribe-mock[check]==0.1.0"
