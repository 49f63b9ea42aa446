"""The recorder's page loses nothing, and one mistake in it is found by the scenario about it."""

import pytest

from tests.examine.mutants import MUTANTS, assert_found, assert_full_marks, names, run_all

FILES = [file for file in ("session-client.js", "recording.js") if MUTANTS[file]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return {file: run_all(file, tmp_path_factory.mktemp("clients")) for file in FILES}


@pytest.mark.parametrize(("file", "name"), names(*FILES))
def test_a_mistake_is_found_by_the_scenario_that_is_about_it(file, name, outcomes):
    assert_found(file, name, outcomes[file])


@pytest.mark.parametrize("file", FILES)
def test_the_original_has_full_marks(file, outcomes):
    assert_full_marks(outcomes[file])
