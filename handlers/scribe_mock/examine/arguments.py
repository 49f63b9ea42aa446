"""The options of `scribe-mock examine`."""

import argparse
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scribe_mock.contract.arguments import Argument
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.examine.options import Options
from scribe_mock.settings import EXAMINE_PREFIX


def _argument(name: str, text: str, metavar: str = "", **more: Any) -> Argument:
    return Argument(name=name, help=text, metavar=metavar, prefix=EXAMINE_PREFIX, **more)


_seconds: Callable[[str], float] = float

ARGUMENTS = (
    _argument("list", "list the scenarios that would be tried, with their demands, and stop"),
    _argument(
        "only",
        "scenarios to try, such as offline or end-*; may be given again",
        "SCENARIO",
        repeats=True,
    ),
    _argument("skip", "scenarios not to try; may be given again", "SCENARIO", repeats=True),
    _argument(
        "timeout",
        "seconds after which the client is killed, with all programs that it started",
        "S",
        convert=_seconds,
        default=120.0,
    ),
    _argument(
        "jobs", "scenarios at the same time; each has its own token", "N", convert=int, default=4
    ),
    _argument(
        "url", "a mock that is running, http://host:port, instead of one for this run", "URL"
    ),
    _argument(
        "token",
        "the token of every scenario, for a mock that was started with --token; they run one after "
        "another then",
        "T",
    ),
    _argument("strict", "let demands of the grade should fail the run, too"),
    _argument("allow-skipped", "exit with 0 even if scenarios were not tried"),
    _argument(
        "report",
        "also write a report: json, junit, html or ctrf; may be given again",
        "KIND=FILE",
        repeats=True,
    ),
    _argument("verbose", "also print the marks of scenarios that passed, and the client's output"),
    _argument("github", "also print annotations for GitHub Actions, and write the step's summary"),
)


def read_options(values: argparse.Namespace) -> Options:
    """The options of a run; raises CannotRun if a value makes no sense."""
    if not values.client:
        raise CannotRun("Name the client after two dashes: scribe-mock examine -- COMMAND")
    if not values.timeout > 0 or values.jobs < 1:
        raise CannotRun("--timeout is above 0, and --jobs at least 1.")
    return Options(
        command=values.client,
        url=None if values.url is None else _url(values.url),
        token=values.token,
        timeout=values.timeout,
        jobs=1 if values.token else values.jobs,
        strict=values.strict,
        allow_skipped=values.allow_skipped,
    )


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CannotRun(f"--url {text}: expected the mock's root, such as http://127.0.0.1:8080.")
    return text.rstrip("/")
