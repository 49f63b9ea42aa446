from dataclasses import replace

import pytest
from tests.contract.checking import judge_mutant, run
from tests.contract.mutants import MUTANTS, AnySchemeTaken


def test_there_are_enough():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 60


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_right_rule_names_the_fault(mutant):
    report = run(mutant.server(), only=(*mutant.only, *mutant.rules, "server"))
    assert judge_mutant(mutant, report) == ""
    strict = replace(report, options=replace(report.options, strict=True))
    assert strict.exit_code == 1


def test_what_all_operations_let_pass_is_one_finding():
    report = run(AnySchemeTaken(), only=("auth.malformed",))
    assert [one.rule.id for one in report.findings] == ["auth.malformed.createSession"]
    assert {"auth.malformed.endSession", "auth.malformed.getSession"} <= set(
        report.findings[0].also
    )
