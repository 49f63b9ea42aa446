"""`scribe-mock check` and `scribe-mock rules`: their options, and what is done with them.

Exit codes: 0 the server keeps the contract, 1 it does not, 2 it could not be checked.
"""

import argparse
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from scribe_mock.contract.core.events import CannotRun
from scribe_mock.contract.core.extra import require_extra
from scribe_mock.contract.core.options import DEFAULT_TOKEN, EXPIRED_SESSION, PATIENCE, Options
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.transport.address import Address
from scribe_mock.settings import CLIENT_ID, CLIENT_SECRET

KEPT, BROKEN, COULD_NOT_RUN = 0, 1, 2


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both commands to a command line."""
    epilog = (
        "Exit codes: 0 the server keeps the contract, 1 it does not, 2 it could not be checked."
    )
    text = "Check a server against the contract."
    check = commands.add_parser("check", help=text.lower()[:-1], description=text, epilog=epilog)
    check.add_argument("url", metavar="URL", nargs="?", help="the base under which /sessions lies")
    _add_access(check)
    _add_choice(check)
    _add_bounds(check)
    rules = commands.add_parser(
        "rules", help="list the rules of the contract", description="List the rules."
    )
    _add_choice(rules)


def _add_access(check: argparse.ArgumentParser) -> None:
    check.add_argument("--token", metavar="T", default=DEFAULT_TOKEN, help="bearer token to send")
    check.add_argument(
        "--login",
        action="store_true",
        help=f"get a token with the id and secret in {CLIENT_ID} and {CLIENT_SECRET}",
    )
    check.add_argument(
        "--expired-session",
        metavar="ID",
        default=EXPIRED_SESSION,
        help=f"a session that has expired (default: {EXPIRED_SESSION}, which scribe-mock has)",
    )
    check.add_argument("--yes", action="store_true", help="do not ask before a public host")
    check.add_argument("--read-only", action="store_true", help="try only what changes nothing")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", metavar="RULE", action="append", default=[], help="rules to try: upload.limit.*"
    )
    parser.add_argument(
        "--skip", metavar="RULE", action="append", default=[], help="rules not to try"
    )


def _add_bounds(check: argparse.ArgumentParser) -> None:
    check.add_argument("--list", action="store_true", help="list what would be tried, and stop")
    check.add_argument("--strict", action="store_true", help="let notes fail the run too")
    check.add_argument(
        "--report",
        metavar="KIND=FILE",
        action="append",
        default=[],
        help="also write a report: json, junit, html or sarif; may be given again",
    )
    check.add_argument("--seed", metavar="N", type=int, default=0, help="what is random follows it")
    check.add_argument(
        "--patience",
        metavar="S",
        type=float,
        default=PATIENCE,
        help="seconds processing may take (30); with more, other answers may take longer too",
    )
    check.add_argument("--time-budget", metavar="S", type=float, help="begin nothing after that")
    check.add_argument(
        "--concurrency", metavar="N", type=int, default=64, help="requests at once (64)"
    )
    check.add_argument(
        "--max-bytes", metavar="N", type=int, default=100_000_000, help="bytes to send (100000000)"
    )


def run(options: argparse.Namespace, environ: Mapping[str, str], stdin: TextIO) -> int:
    """Do what was asked; returns the exit code."""
    try:
        if options.command == "rules" or options.list:
            return list_rules(options)
        return _check(options, environ, stdin)
    except CannotRun as reason:
        print(f"scribe-mock: {reason}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("scribe-mock: stopped before the end.", file=sys.stderr)
        return COULD_NOT_RUN


def list_rules(options: argparse.Namespace) -> int:
    """Print rules, one a line: id, grade and sentence."""
    from scribe_mock.contract.core.engine import chosen

    asked = Options(
        base=Address.parse("http://localhost"), only=tuple(options.only), skip=tuple(options.skip)
    )
    for rule in _some(chosen(asked)):
        print(f"{rule.id:40} {rule.grade:11} {rule.sentence}")
    return KEPT


def _some(found: list[Rule]) -> list[Rule]:
    if not found:
        raise CannotRun("No rule fits --only and --skip; `scribe-mock rules` lists all.")
    return found


def _check(options: argparse.Namespace, environ: Mapping[str, str], stdin: TextIO) -> int:
    asked = read(options, environ)

    from rich.console import Console

    from scribe_mock.contract import reports
    from scribe_mock.contract.core.engine import check, chosen
    from scribe_mock.contract.reports.terminal import Terminal

    wanted = [_report(text) for text in options.report]
    _some(chosen(asked))
    _ask(asked, options, stdin)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal can show what a server said
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    terminal = Terminal(console)
    try:
        report = check(asked, terminal.handle)
    finally:
        terminal.close()
    for kind, path in wanted:
        try:
            reports.write(kind, path, report)
        except OSError as error:
            raise CannotRun(f"The report can't be written to {path}: {error.strerror}.") from None
    return report.exit_code


def read(options: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """The options of a run; raises CannotRun when one makes no sense, or the extra is missing."""
    require_extra()
    if not options.url:
        raise CannotRun("Name the server: scribe-mock check http://127.0.0.1:8080/voice/v1")
    try:
        base = Address.parse(options.url)
    except ValueError as error:
        raise CannotRun(f"{error}.") from None
    if base.origin.scheme not in ("http", "https"):
        raise CannotRun(f"{options.url} is no http or https address.")
    if options.concurrency < 1 or options.max_bytes < 0 or not options.patience >= 0:
        raise CannotRun("--concurrency is at least 1; --max-bytes and --patience are at least 0.")
    if not (options.token.isascii() and options.token.isprintable()):
        raise CannotRun("--token has a character that no header field can have.")
    login = None
    if options.login:
        login = environ.get(CLIENT_ID, ""), environ.get(CLIENT_SECRET, "")
        if not all(login):
            raise CannotRun(f"--login needs {CLIENT_ID} and {CLIENT_SECRET} in the environment.")
    return Options(
        base=base,
        token=options.token,
        login=login,
        patience=options.patience,
        seed=options.seed,
        only=tuple(options.only),
        skip=tuple(options.skip),
        time_budget=options.time_budget,
        strict=options.strict,
        concurrency=options.concurrency,
        max_bytes=options.max_bytes,
        read_only=options.read_only,
        expired_session=options.expired_session,
    )


def _report(text: str) -> tuple[str, Path]:
    from scribe_mock.contract.reports import WRITERS

    kind, _, name = text.partition("=")
    if kind not in WRITERS or not name:
        raise CannotRun(f"--report {text}: expected KIND=FILE with {', '.join(WRITERS)}.")
    return kind, Path(name)


def _ask(asked: Options, options: argparse.Namespace, stdin: TextIO) -> None:
    """Ask before sessions are created on a public host; raises CannotRun without a yes."""
    if options.yes or asked.read_only or not asked.base.origin.is_public():
        return
    question = f"{asked.base.origin} is a public host. Create sessions and upload audio there?"
    if not stdin.isatty():
        raise CannotRun(f"{question} Say so with --yes, or use --read-only.")
    print(f"{question} [y/N] ", end="", flush=True)
    if stdin.readline().strip().lower() not in ("y", "yes"):
        raise CannotRun("Nothing was sent.")
