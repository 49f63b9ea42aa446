"""The report of a run: on the terminal, and in files for people and for programs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.reports import ctrf, html, json_report, junit, sarif
from scribe_mock.contract.sheets import files

#: Kind of a report → the function that makes its text.
WRITERS: Mapping[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "junit": junit.render,
    "html": html.render,
    "sarif": sarif.render,
    "ctrf": ctrf.render,
}


def wanted(texts: Iterable[str]) -> list[tuple[str, Path]]:
    """Kind and file of each report that was asked for; raises CannotRun."""
    return files.wanted(texts, WRITERS)


def write_all(wanted: Iterable[tuple[str, Path]], report: Report) -> None:
    """Write a report to files, given by kind and path; raises CannotRun when one can't be."""
    for kind, path in wanted:
        files.write_text(path, WRITERS[kind](report))
