"""The files that reports are written to, checked before a long run."""

from collections.abc import Collection, Iterable
from pathlib import Path

from scribe_mock.contract.core.exceptions import CannotRun


def wanted(texts: Iterable[str], kinds: Collection[str]) -> list[tuple[str, Path]]:
    """Kind and file of each report that was asked for.

    Args:
        texts: Values of `--report`, such as `json=out.json`.
        kinds: The kinds that there are.

    Raises:
        CannotRun: a value names no kind or no file, or the file can't be written.
    """
    found = []
    for text in texts:
        kind, _, name = text.partition("=")
        if kind not in kinds or not name:
            raise CannotRun(f"--report {text}: expected KIND=FILE with {', '.join(kinds)}.")
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


def write_text(path: Path, text: str) -> None:
    """Write a report to a file; raises CannotRun."""
    try:
        # Others can send a lone surrogate as JSON, and UTF-8 cannot encode it.
        path.write_text(text, "utf-8", "replace")
    except OSError as error:
        raise unwritable(path, error) from None
