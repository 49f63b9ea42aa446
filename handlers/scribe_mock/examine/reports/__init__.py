"""The reports of a run of `scribe-mock examine`."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scribe_mock.contract.sheets import ctrf, files, junit
from scribe_mock.examine.reports import cases, html, json_report
from scribe_mock.examine.result import Result

#: Kind of a report → the function that makes its text.
WRITERS: Mapping[str, Callable[[Result], str]] = {
    "json": json_report.render,
    "junit": lambda result: junit.render(cases.sheet_of(result)),
    "html": html.render,
    "ctrf": lambda result: ctrf.render(cases.sheet_of(result)),
}


def write_all(wanted: Iterable[tuple[str, Path]], result: Result) -> None:
    """Write reports to files, given by kind and path; raises CannotRun when one can't be."""
    for kind, path in wanted:
        files.write_text(path, WRITERS[kind](result))
