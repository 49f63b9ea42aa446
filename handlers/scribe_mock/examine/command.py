"""The command `scribe-mock examine`.

Exit codes: 0 the client does what it must, 1 it does not, 2 it could not be examined, 3 nothing is
wrong, but scenarios were not tried.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scribe_mock.contract.arguments import settle
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.examine import text
from scribe_mock.examine.arguments import ARGUMENTS, read_options
from scribe_mock.gauntlet.scenario import Scenario
from scribe_mock.gauntlet.scenarios import chosen

if TYPE_CHECKING:
    from scribe_mock.examine.result import Result

_FINE, _COULD_NOT_RUN = 0, 2
_EPILOG = (
    "Exit codes: 0 the client does what it must; 1 it does not; 2 it could not be examined; 3 "
    "nothing is wrong, but scenarios were not tried (0 with --allow-skipped)."
)


def add_command(commands: Any) -> None:
    """Add the command's arguments to those of `scribe-mock`."""
    said = "Put a client through faults, and say from what arrived whether the recording survived."
    command = commands.add_parser(
        "examine",
        help="examine a client",
        description=said + " The command is run once for each scenario, with SCRIBE_MOCK_URL, "
        "SCRIBE_MOCK_TOKEN, SCRIBE_MOCK_SCENARIO and SCRIBE_MOCK_AUDIO in its environment.",
        epilog=_EPILOG,
        usage="%(prog)s [options] -- COMMAND ...",
    )
    command.add_argument(
        "client", metavar="COMMAND", nargs="*", help="the client, and its arguments"
    )
    for argument in ARGUMENTS:
        argument.add_to(command.add_argument)


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Examine a client, or list the scenarios; returns the exit code."""
    try:
        settle(options, environ, ARGUMENTS, "examine")
        scenarios = chosen(options.only, options.skip)
        if not scenarios:
            raise CannotRun("No scenario fits --only and --skip; --list shows all.")
        if options.list:
            for scenario in scenarios:
                print(*text.listed(scenario), sep="\n")
            return _FINE
        return _examine(options, scenarios, environ)
    except CannotRun as reason:
        print(f"scribe-mock: {reason}", file=sys.stderr)
        return _COULD_NOT_RUN
    except KeyboardInterrupt:
        print("scribe-mock: stopped before the end.", file=sys.stderr)
        return _COULD_NOT_RUN


def _examine(
    options: argparse.Namespace, scenarios: list[Scenario], environ: Mapping[str, str]
) -> int:
    from scribe_mock.contract.sheets import files
    from scribe_mock.examine import reports
    from scribe_mock.examine.engine import examine

    asked = read_options(options)
    wanted = files.wanted(options.report, reports.WRITERS)
    with _for_github(options, environ) as tell_github:
        result = examine(scenarios, asked, lambda outcome: print(text.line(outcome), flush=True))
        print("", *text.described(result, verbose=options.verbose), sep="\n")
    tell_github(result)
    reports.write_all(wanted, result)
    return int(result.exit_code)


@contextmanager
def _for_github(
    options: argparse.Namespace, environ: Mapping[str, str]
) -> Iterator[Callable[["Result"], None]]:
    """Print meanwhile; then call the function to tell GitHub, if that was asked for."""
    from scribe_mock.contract.sheets import files, workflow
    from scribe_mock.examine.reports import github

    if not options.github:
        yield lambda result: None
        return
    name = environ.get(workflow.SUMMARY, "")
    if name:
        files.require_writable(Path(name))

    def tell(result: "Result") -> None:
        print(*github.annotations(result), sep="\n")
        try:
            if name:
                workflow.append_summary(Path(name), github.summary(result))
        except OSError as error:
            raise files.unwritable(Path(name), error) from None

    with workflow.quiet(sys.stdout):
        yield tell
