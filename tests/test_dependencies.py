"""What is imported is declared: by the base install what serves, by extras what else is wanted."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

from scribe_mock.contract import extra
from tests.support import ROOT, matched

PACKAGE = ROOT / "handlers" / "scribe_mock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: Code that is shown to readers, and modules that only pytest imports.
APART = (
    PACKAGE / "web/docs/snippets",
    PACKAGE / "testing/pytest_plugin.py",
    PACKAGE / "testing/pytest_fixtures.py",
)
DISTRIBUTIONS = metadata.packages_distributions()


def plain(name):
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements):
    return {plain(matched(r"^[\w.-]+", requirement)) for requirement in requirements}


def imported(path):
    """Top-level modules that a file imports, inside functions and for type checkers too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def distributions(paths):
    """Distributions that hold what these files import."""
    names = {name for path in paths for name in imported(path)}
    third = names - sys.stdlib_module_names - {"scribe_mock"}
    return {plain(distribution) for name in third for distribution in DISTRIBUTIONS[name]}


FILES = [path for path in PACKAGE.rglob("*.py") if not any(map(path.is_relative_to, APART))]
CHECKING = [path for path in FILES if path.is_relative_to(PACKAGE / "contract")]
BASE = declared(PROJECT["dependencies"])
EXTRA = declared(PROJECT["optional-dependencies"]["check"])
TRACING = PACKAGE / "server/tracing.py"
OTEL = declared(PROJECT["optional-dependencies"]["otel"])
#: uvicorn and redis-py find these by themselves.
NOT_IMPORTED = {"hiredis", "uvloop", "websockets"}


def test_the_base_has_what_everything_but_checks_and_traces_imports():
    needed = distributions(set(FILES) - {*CHECKING, TRACING})
    assert needed - BASE == set()
    assert BASE - needed <= NOT_IMPORTED


def test_the_extra_has_what_only_the_check_imports():
    assert distributions(CHECKING) - BASE == EXTRA


def test_the_extra_for_traces_has_what_only_they_import():
    # They share one namespace, as more distributions do that come with them.
    assert distributions([TRACING]) - BASE >= OTEL
    assert set(imported(TRACING)) - sys.stdlib_module_names == {
        "opentelemetry",
        "scribe_mock",
        "starlette",
    }


def test_the_message_about_the_extra_knows_its_packages():
    assert set(extra.PACKAGES) == EXTRA


def pins(lock):
    """Package → version and marker, as a lock file has them."""
    found = re.findall(r"^(\S+)==([^\\\n]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    return {name: version.strip() for name, version in found}


def test_both_locks_have_the_same_versions():
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_the_locks_have_what_is_declared():
    assert pins("requirements.lock").keys() >= BASE
    assert pins("requirements-dev.lock").keys() >= BASE | EXTRA | OTEL


@pytest.mark.parametrize("module", ["scribe_mock", "scribe_mock.testing.pytest_plugin"])
def test_an_import_is_light(module):
    # pytest imports the plugin at every start, so this is what each run of any tests pays.
    code = (
        "import pytest, sys; before = set(sys.modules)\n"
        f"import {module}; print(*(sys.modules.keys() - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = {name.partition(".")[0] for name in done.stdout.split()}
    assert new - sys.stdlib_module_names == {"scribe_mock"}
    assert not new & {"asyncio", "difflib", "http", "logging", "ssl"}
