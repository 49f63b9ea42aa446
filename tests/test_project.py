"""The project's own files agree with one another."""

import re
import subprocess
import tomllib

import pytest
import yaml

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOCUMENTS = sorted(ROOT.glob("*.md"))


def test_the_versions_of_python_that_are_tested_are_those_that_are_named():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert tested == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_tests_that_make_unit_leaves_out_are_there():
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "slow", "PYTHON=python3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, command = done.stdout.strip().splitlines()
    paths = [word.partition("::")[0] for word in command.split() if word.startswith("tests/")]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_hooks_run_what_make_check_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]
    assert hooks["repo"] == "local"
    entries = " ".join(hook["entry"] for hook in hooks["hooks"])
    for program in ("ruff check", "ruff format", "mypy"):
        assert f".venv/bin/{program}" in entries


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document):
    text = document.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_changelog_begins_with_what_is_not_released():
    headings = re.findall(r"^##? .*", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:2] == ["# Changelog", "## [Unreleased]"]
