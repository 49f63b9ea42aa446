"""The report of a run: on the terminal, and in files for people and for programs."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scribe_mock.contract.core.events import Report
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.reports import ctrf, html, json_report, junit, sarif

#: Kind of a report → the function that makes its text.
WRITERS: Mapping[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "junit": junit.render,
    "html": html.render,
    "sarif": sarif.render,
    "ctrf": ctrf.render,
}


def wanted(texts: Iterable[str]) -> list[tuple[str, Path]]:
    """Kind and file of each report that was asked for.

    Args:
        texts: Values of `--report`, such as `json=out.json`.

    Raises:
        CannotRun: a value names no kind or no file, or the file can't be written.
    """
    found = []
    for text in texts:
        kind, _, name = text.partition("=")
        if kind not in WRITERS or not name:
            raise CannotRun(f"--report {text}: expected KIND=FILE with {', '.join(WRITERS)}.")
        require_writable(Path(name))
        found.append((kind, Path(name)))
    return found


def require_writable(path: Path) -> None:
    """Raise CannotRun if a file can't be written: better before a long run than after it."""
    there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> CannotRun:
    """The reason when a file can't be written."""
    return CannotRun(f"The report can't be written to {path}: {error.strerror}.")


def write_all(files: Iterable[tuple[str, Path]], report: Report) -> None:
    """Write a report to files, given by kind and path; raises CannotRun when one can't be."""
    for kind, path in files:
        try:
            write(kind, path, report)
        except OSError as error:
            raise unwritable(path, error) from None


def write(kind: str, path: Path, report: Report) -> None:
    """Write a report to a file."""
    # A server can send a lone surrogate as JSON, and UTF-8 cannot encode it.
    path.write_text(WRITERS[kind](report), "utf-8", "replace")
