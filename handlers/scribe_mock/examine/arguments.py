"""The options of `scribe-mock examine`."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract.arguments import Argument
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
