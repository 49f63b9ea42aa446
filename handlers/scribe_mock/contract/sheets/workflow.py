"""What GitHub Actions reads: commands in the log, and the summary of the step."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

#: The variable that names the file of the step's summary.
SUMMARY = "GITHUB_STEP_SUMMARY"
#: GitHub shows at most ten annotations of each kind for a step.
MOST_ANNOTATIONS = 10


@contextmanager
def quiet(stream: TextIO) -> Iterator[None]:
    """Let GitHub take nothing that is printed meanwhile for a command: others can send any text.

    Args:
        stream: The output.
    """
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}", file=stream)
    try:
        yield
    finally:
        print(f"::{word}::", file=stream)


def annotation(kind: str, title: str, text: str) -> str:
    """The command for an annotation: `error`, `warning` or `notice`."""
    return f"::{kind} title={_escaped(title, ':,')}::{_escaped(text)}"


def append_summary(path: Path, text: str) -> None:
    """Append to the summary of the step; raises OSError."""
    with path.open("a", encoding="utf-8", errors="replace") as file:
        file.write(text)


def cell(text: str) -> str:
    """A text as itself in Markdown, in one line."""
    for one in "\\`*_[]<>|#&~!":
        text = text.replace(one, f"&#{ord(one)};" if one != "&" else "&")
    return " ".join(text.split())


def _escaped(text: str, more: str = "") -> str:
    """A text as GitHub reads it in a command; in a property colons and commas are escaped too."""
    for one in "%\r\n" + more:
        text = text.replace(one, f"%{ord(one):02X}")
    return text
