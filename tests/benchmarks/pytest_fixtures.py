"""The pytest fixtures: how soon the mock is ready, and what a clean slate costs each test."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from tests.benchmarks.processes import BenchmarkError
from tests.benchmarks.tables import Goal, table

TESTS = 500

#: Notes how long each test took, with its fixtures.
_CONFTEST = """
import json
import time
from pathlib import Path

import pytest

SPENT = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    began = time.perf_counter()
    try:
        return (yield)
    finally:
        SPENT.append([item.name.partition("[")[0], time.perf_counter() - began])

def pytest_sessionfinish():
    Path("spent.json").write_text(json.dumps(SPENT))
"""

_TESTS = f"""
import pytest

def test_first(scribe_mock):
    pass

@pytest.mark.parametrize("number", range({TESTS}))
def test_with(scribe_mock, number):
    pass

@pytest.mark.parametrize("number", range({TESTS}))
def test_without(number):
    pass
"""


@dataclass(frozen=True)
class Fixtures:
    """Seconds of each run: until the first test was ready, and a test's share for its scope."""

    first: list[float]
    slate: list[float]

    def goals(self) -> list[Goal]:
        """The goals of both."""
        slate = [seconds * 1000 for seconds in self.slate]
        return [
            Goal("pytest fixture, first ready, seconds", 1.0, False, self.first),
            Goal("pytest fixture, clean slate, ms a test", 2.0, False, slate),
        ]

    def table(self) -> Table:
        """Both in one row."""
        shown = table("The pytest fixture scribe_mock", "", "first ready", "clean slate a test")
        first, slate = median(self.first), median(self.slate)
        shown.add_row("median", f"{first:.2f} s", f"{slate * 1000:.2f} ms")
        return shown


def measure_fixtures(rounds: int, say: Callable[[str], None]) -> Fixtures:
    """Run pytest with tests that use the fixture, and as many that do not."""
    found = Fixtures([], [])
    for round_ in range(rounds):
        say(f"pytest fixtures: round {round_ + 1} of {rounds}")
        spent = _run()
        found.first.append(spent["test_first"][0])
        found.slate.append(median(spent["test_with"]) - median(spent["test_without"]))
    return found


def _run() -> dict[str, list[float]]:
    """Seconds of each test, by its name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conftest.py").write_text(_CONFTEST)
        (folder / "test_them.py").write_text(_TESTS)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"pytest failed:\n{done.stdout[-500:]}")
        spent: dict[str, list[float]] = {}
        for test, seconds in json.loads((folder / "spent.json").read_text()):
            spent.setdefault(test, []).append(seconds)
        return spent
