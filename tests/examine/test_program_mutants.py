"""The guide's program loses nothing, and one mistake in it is found by the scenario about it."""

import pytest

from tests.examine.mutants import (
    EVERY_MUTANT,
    PROGRAM,
    assert_found,
    assert_full_marks,
    names,
    run_all,
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return run_all(PROGRAM, tmp_path_factory.mktemp("clients"))


def test_there_are_enough():
    every = [(file, one["name"]) for file, mutants in EVERY_MUTANT.items() for one in mutants]
    assert len(set(every)) == len(every) >= 30


@pytest.mark.parametrize(("file", "name"), names(PROGRAM))
def test_a_mistake_is_found_by_the_scenario_that_is_about_it(file, name, outcomes):
    assert_found(file, name, outcomes)


def test_the_original_has_full_marks(outcomes):
    assert_full_marks(outcomes)
