"""The base install has none of what only the check needs."""

import subprocess
import sys

import pytest

from scribe_mock.contract.extra import PACKAGES

#: Hides packages, as if they were not installed, and then does something.
WITHOUT = """\
import sys
from importlib.abc import MetaPathFinder

HIDDEN = set({hidden!r})

class Hiding(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hiding())
{then}
"""

#: What only tests need is hidden, too.
HIDDEN = ("schemathesis", "hypothesis", "h11", "rich")
LINE = "pip install 'scribe-mock[check]'"


def without(then, hidden=HIDDEN):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(hidden=hidden, then=then)],
        capture_output=True,
        text=True,
        check=False,
    )


IMPORTS = """\
import scribe_mock.app, scribe_mock.cli, scribe_mock.contract.command
import scribe_mock.testing.pytest_plugin
import scribe_mock.web.docs.catalogue, scribe_mock.web.docs.export
scribe_mock.create_app()
assert not HIDDEN & sys.modules.keys()
"""


def test_all_but_the_check_goes_without_it():
    done = without(IMPORTS)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [["check", "http://127.0.0.1:9/v1"], ["rules"]])
def test_a_command_that_needs_it_says_in_one_line_what_to_install(command):
    done = without(f"from scribe_mock.cli import main; sys.exit(main({command!r}))")
    assert (done.returncode, done.stdout) == (2, "")
    assert LINE in done.stderr
    assert done.stderr.count("\n") == 1


def test_help_needs_nothing_of_it():
    done = without("from scribe_mock.cli import main; main(['check', '--help'])")
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_are_listed_without_what_tests_need():
    done = without("from scribe_mock.cli import main; main(['rules'])", HIDDEN[:2])
    assert (done.returncode, done.stderr) == (0, "")
    assert "fuzz.links" in done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_of_it_is_looked_for(package):
    done = without(
        "from scribe_mock.contract.extra import require_extra; require_extra()", (package,)
    )
    assert f"missing: {package}" in done.stderr


def test_pytest_says_so_too(tmp_path):
    arguments = ["-p", "no:hypothesispytest", "-p", "no:schemathesis", "-p", "no:cacheprovider"]
    arguments += [str(tmp_path), "--scribe-url=http://127.0.0.1:9/v1"]
    done = without(f"import pytest; sys.exit(pytest.main({arguments!r}))")
    assert done.returncode == 4, done.stderr
    assert LINE in done.stderr
    assert done.stderr.strip().count("\n") == 0
