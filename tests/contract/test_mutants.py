import ast
from dataclasses import replace
from pathlib import Path

import pytest

from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.transport.address import Address
from tests.contract.checking import judge_mutant, run
from tests.contract.independent_server import Running
from tests.contract.mutants import MUTANTS
from tests.contract.mutants.access import AnySchemeAccepted
from tests.contract.reproducing import problem_of, require_shell


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
def test_the_right_rule_names_the_fault_and_its_commands_show_it(mutant, tmp_path):
    with Running(mutant.server()) as running:
        only = (*mutant.only, *mutant.rules, "server")
        # Its processing takes a quarter of a second: what has not come by then does not come.
        options = Options(base=Address.parse(running.base_url), only=only, patience=10.0)
        report = check(options)
        assert judge_mutant(mutant, report) == ""
        require_shell()
        for finding in report.findings:
            # A fault of requests at the same time does not show each time.
            tries = 3 if finding.fault.together else 1
            problems: list[str] = []
            while len(problems) < tries and "" not in problems:
                problems.append(problem_of(finding, report.options, tmp_path))
            assert "" in problems, problems
    strict = replace(report, options=replace(report.options, strict=True))
    assert strict.exit_code == 1


def test_what_all_operations_let_pass_is_one_finding():
    report = run(AnySchemeAccepted(), only=("auth.malformed",))
    assert [one.rule.id for one in report.findings] == ["auth.malformed.createSession"]
    assert {"auth.malformed.endSession", "auth.malformed.getSession"} <= set(
        report.findings[0].also
    )
