"""What a run looks like to a person, and to the programs that read reports."""

from collections.abc import Callable, Mapping
from pathlib import Path

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.reports import html, json_report, junit, sarif

#: Kind of a report → what writes it as text.
WRITERS: Mapping[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "junit": junit.render,
    "html": html.render,
    "sarif": sarif.render,
}


def write(kind: str, path: Path, report: Report) -> None:
    """Write a report to a file."""
    # JSON can write half a character, and so can a server; no file can.
    path.write_text(WRITERS[kind](report), "utf-8", "replace")
