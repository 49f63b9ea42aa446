import ast
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.checking import judge_mutant, run
from tests.contract.mutants import MUTANTS
from tests.contract.mutants.access import AnySchemeAccepted


def imported(path):
    """The names of the modules that a module imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_the_servers_share_no_code_with_the_mock():
    here = Path(__file__).parent
    paths = [path for name in ("independent_server", "mutants") for path in (here / name).iterdir()]
    names = {name for path in paths if path.suffix == ".py" for name in imported(path)}
    own = {name for name in names if name.startswith("tests.")}
    assert [name for name in names if name.startswith("scribe_mock")] == []
    assert {".".join(name.split(".")[:3]) for name in own} == {
        "tests.contract.independent_server",
        "tests.contract.mutants",
    }


def test_there_are_enough():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 60


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_right_rule_names_the_fault(mutant):
    report = run(mutant.server(), only=(*mutant.only, *mutant.rules, "server"))
    assert judge_mutant(mutant, report) == ""
    strict = replace(report, options=replace(report.options, strict=True))
    assert strict.exit_code == 1


def test_what_all_operations_let_pass_is_one_finding():
    report = run(AnySchemeAccepted(), only=("auth.malformed",))
    assert [one.rule.id for one in report.findings] == ["auth.malformed.createSession"]
    assert {"auth.malformed.endSession", "auth.malformed.getSession"} <= set(
        report.findings[0].also
    )
