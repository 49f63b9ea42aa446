"""What the package offers, and nothing by accident."""

import subprocess
import sys
from importlib import metadata, resources

import pytest

import scribe_mock
from scribe_mock import testing


def test_the_public_names_are_these():
    assert scribe_mock.__all__ == ["MockServer", "Settings", "__version__", "create_app"]


def test_all_public_names_are_there_and_explained():
    for name in scribe_mock.__all__:
        assert getattr(scribe_mock, name) is not None
        assert name == "__version__" or getattr(scribe_mock, name).__doc__


def test_all_names_for_tests_are_there_and_explained():
    for name in testing.__all__:
        assert getattr(testing, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'Mock'"):
        testing.__getattr__("Mock")


def test_another_name_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'Serve'"):
        scribe_mock.__getattr__("Serve")


def test_the_version_is_that_of_the_distribution():
    assert scribe_mock.__version__ == metadata.version("scribe-mock")


def test_type_checkers_are_told_of_the_types():
    assert resources.files("scribe_mock").joinpath("py.typed").is_file()


def test_importing_the_package_warns_of_nothing_and_says_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import scribe_mock, scribe_mock.cli"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
