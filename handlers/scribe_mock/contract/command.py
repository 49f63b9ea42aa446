"""`scribe-mock check` and `scribe-mock rules`.

Exit codes: 0 the server keeps the contract, 1 it does not, 2 it could not be checked, 3 no fault
was found but rules were not checked. They stay the same when the reader of the output stops early,
as `head` does.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from scribe_mock.contract.against.difference import Difference, lines
from scribe_mock.contract.arguments import ARGUMENTS, read_options, settle
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.extra import require_extra
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.proxies import ignored_proxy

if TYPE_CHECKING:
    from scribe_mock.contract.core.events import Report

KEPT, COULD_NOT_RUN = 0, 2

_EPILOG = (
    "Exit codes: 0 the server keeps the contract, and all that could be tried was tried; "
    "1 it breaks the contract; 2 it could not be checked; 3 no fault was found, but rules were not "
    "checked for want of time, sessions, answers or patience (0 with --allow-skipped). "
    "They stay the same when the reader of the output stops early, as head does."
)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands to a command line."""
    text = "Check a server against the contract."
    check = commands.add_parser("check", help=text.lower()[:-1], description=text, epilog=_EPILOG)
    check.add_argument("url", metavar="URL", nargs="?", help="the base under which /sessions lies")
    text = "List the rules of the contract."
    rules = commands.add_parser(
        "rules", help=text.lower()[:-1], description=text, epilog="Exit codes: 0 listed, 2 not."
    )
    for argument in ARGUMENTS:
        argument.add_to(check.add_argument)
        if argument.for_rules:
            argument.add_to(rules.add_argument)


def run(options: argparse.Namespace, environ: Mapping[str, str], stdin: TextIO) -> int:
    """Run one of the two commands.

    Args:
        options: What was given on the command line.
        environ: Where the id and the secret for `--login` are.
        stdin: Where the answer to a question comes from.

    Returns:
        The exit code.
    """
    try:
        settle(options, environ)
        if options.command == "rules" or options.list:
            return list_rules(options)
        require_extra()
        return _check(options, environ, stdin)
    except CannotRun as reason:
        print(f"scribe-mock: {reason}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("scribe-mock: stopped before the end.", file=sys.stderr)
        return COULD_NOT_RUN


def list_rules(options: argparse.Namespace) -> int:
    """Print rules, one a line: id, grade, sentence and source."""
    try:
        from scribe_mock.contract.core.engine import chosen
    except ModuleNotFoundError:
        require_extra()
        raise
    asked = Options(
        base=Address.parse("http://localhost"), only=tuple(options.only), skip=tuple(options.skip)
    )
    rules = _some(chosen(asked))
    with _reader_may_stop():
        for rule in rules:
            print(f"{rule.id:40} {rule.grade:11} {rule.sentence} ({rule.citation})")
    return KEPT


def _some(found: Sequence[Any]) -> Sequence[Any]:
    if not found:
        raise CannotRun("No rule fits --only and --skip; `scribe-mock rules` lists all.")
    return found


@contextmanager
def _reader_may_stop() -> Iterator[None]:
    """Print until the reader of the output stops, and then no more."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence_output()


def silence_output() -> None:
    """Throw away what is still printed; Python would fail to write it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _check(options: argparse.Namespace, environ: Mapping[str, str], stdin: TextIO) -> int:
    from scribe_mock.contract import reports
    from scribe_mock.contract.core.cleaning import estimate
    from scribe_mock.contract.core.engine import check, chosen
    from scribe_mock.contract.reports.progress import Ticker
    from scribe_mock.contract.reports.terminal import Terminal, console_of

    asked = read_options(options, environ)
    wanted = reports.wanted(options.report)
    rules = _some(chosen(asked))
    differences = _compare(options.against)
    _ask(asked, estimate(rules), options, stdin)
    if proxy := ignored_proxy(environ, asked.base.origin):
        print(f"scribe-mock: {proxy} is ignored: the check connects directly.", file=sys.stderr)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal can show what a server sent
    with _reader_may_stop(), _for_github(options, environ) as tell_github:
        terminal = Terminal(
            console_of(sys.stdout, silence_output), Ticker(sys.stderr), verbose=options.verbose
        )
        try:
            report = check(asked, terminal.handle)
        finally:
            terminal.close()
    report = replace(report, against=differences)
    with _reader_may_stop():
        tell_github(report)
    reports.write_all(wanted, report)
    return report.exit_code


@contextmanager
def _for_github(
    options: argparse.Namespace, environ: Mapping[str, str]
) -> Iterator[Callable[["Report"], None]]:
    """Print meanwhile; then call the function to tell GitHub, if that was asked for."""
    from scribe_mock.contract.reports import github
    from scribe_mock.contract.sheets import workflow
    from scribe_mock.contract.sheets.files import require_writable, unwritable

    if not options.github:
        yield lambda report: None
        return
    name = environ.get(workflow.SUMMARY, "")
    if name:
        require_writable(Path(name))

    def tell(report: "Report") -> None:
        print(*github.annotations(report), sep="\n")
        try:
            if name:
                workflow.append_summary(Path(name), github.summary(report))
        except OSError as error:
            raise unwritable(Path(name), error) from None

    with workflow.quiet(sys.stdout):
        yield tell


def _compare(file: str | None) -> list[Difference] | None:
    """Print how the server's own document differs from the contract; None without one."""
    if file is None:
        return None
    from scribe_mock.contract.against.comparison import compare

    found = compare(Path(file))
    with _reader_may_stop():
        print("\n".join(lines(found, file)), end="\n\n", flush=True)
    return found


def _ask(asked: Options, count: int, options: argparse.Namespace, stdin: TextIO) -> None:
    """Say how many sessions will be created on a public host, and ask unless `--yes` was given.

    Args:
        asked: The options of the run.
        count: About how many sessions it creates.
        options: What was given on the command line.
        stdin: Where the answer comes from.

    Raises:
        CannotRun: the answer is not yes.
    """
    if asked.read_only or not count or not asked.base.origin.is_public():
        return
    said = f"{asked.base.origin} is a public host"
    number = f"about {count} sessions"
    if options.yes:
        print(f"scribe-mock: {said}: {number} will be created there.", file=sys.stderr)
        return
    question = f"{said}. Create {number} and upload audio there?"
    if not stdin.isatty():
        raise CannotRun(f"{question} Confirm with --yes, or use --read-only.")
    print(f"{question} [y/N] ", end="", flush=True)
    if stdin.readline().strip().lower() not in ("y", "yes"):
        raise CannotRun("Nothing was sent.")
