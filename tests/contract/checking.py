"""Running the check on a server of this folder."""

import subprocess
import sys
from contextlib import contextmanager
from fnmatch import fnmatchcase

from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.transport.address import Address
from tests.contract.independent_server import Running


def run(server, **options):
    """The report on a server that runs for just as long."""
    with Running(server) as running:
        return check(Options(base=Address.parse(running.base_url), **options))


def named(report):
    """Ids of all rules that a report's findings name, and of those that only met them too."""
    return {rule_id for one in report.findings for rule_id in (one.rule.id, *one.also)}


def judge_mutant(mutant, report):
    """What is wrong with a report on a mutant; empty when nothing is."""
    found = named(report)
    missing = [
        wanted for wanted in mutant.rules if not any(fnmatchcase(one, wanted) for one in found)
    ]
    problems = [f"not named: {missing}, but {sorted(found)}"] if missing else []
    binding = [one.rule.id for one in report.findings if not one.is_note]
    if mutant.note and binding:
        problems.append(f"only notes were expected, but {binding} fail")
    if not mutant.note and report.exit_code != 1:
        problems.append("the run does not fail")
    if len(report.findings) > 4:
        problems.append(f"{len(report.findings)} findings for one fault: {sorted(found)}")
    return "; ".join(problems)


@contextmanager
def serving(*options):
    """The mock in a process of its own, as a server that is checked is."""
    command = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0", "--quiet", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield next(line.split()[1] for line in process.stdout or () if line.startswith("  API"))
        finally:
            process.terminate()
