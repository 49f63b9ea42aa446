"""What the doctor says of files on disk, as a table, with the chunks a single upload would make."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scribe_mock.audio.errors import AudioError
from scribe_mock.audio.formats import TYPE_OF_EXTENSION, extension_of
from scribe_mock.audio.kinds import KINDS, sniff
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.piece import Piece
from scribe_mock.audio.workers import AudioWorkers
from scribe_mock.sessions.diagnosis import Diagnosis

_COLUMNS = (
    "file",
    "found",
    "seconds",
    "loudness",
    "speech",
    "findings",
    "chunks of a single upload",
)


def report(paths: Iterable[Path], limits: Limits, console: Console) -> bool:
    """Print the table; whether all files are free of serious findings.

    Raises:
        OSError: a file can't be read.
    """
    table = Table(*_COLUMNS, title="What the doctor says", title_justify="left", show_lines=True)
    fine = True
    with AudioWorkers() as workers:
        for path in paths:
            data = path.read_bytes()
            kind = _kind(path, data)
            diagnosis = workers.diagnose(data, kind, KINDS[kind].extension, limits)
            fine = fine and not diagnosis.serious
            table.add_row(*_row(path, diagnosis, _chunks(workers, data, kind, limits)))
    console.print(table)
    return fine


def _kind(path: Path, data: bytes) -> str:
    """The type that an upload would have: by the extension, else by the bytes."""
    inferred = TYPE_OF_EXTENSION.get(extension_of(path.name))
    container = sniff(data)
    return inferred or next(
        (kind.mime for kind in KINDS.values() if kind.container == container), next(iter(KINDS))
    )


def _chunks(workers: AudioWorkers, data: bytes, kind: str, limits: Limits) -> str:
    try:
        return _places(workers.split(data, kind, limits))
    except AudioError as error:
        return f"refused: {error}"


def _places(pieces: Sequence[Piece]) -> str:
    return "\n".join(
        f"{index}: {piece.start_s:.2f} to {piece.end_s:.2f} s"
        + ("" if piece.speech else ", no speech")
        for index, piece in enumerate(pieces)
    )


def _row(path: Path, found: Diagnosis, chunks: str) -> list[Text]:
    sound = f"{found.codec}, {found.rate} Hz, {found.channels} ch" if found.codec else ""
    findings = "\n".join(
        f"{finding.code}{' (serious)' if finding.serious else ''}: {finding.message} "
        f"{finding.advice}"
        for finding in found.findings
    )
    cells = (
        path.name,
        f"{found.container or 'nothing known'}\n{sound}".strip(),
        "" if found.duration_s is None else f"{found.duration_s:.2f}",
        "" if found.loudness_dbfs is None else f"{found.loudness_dbfs:.1f} dBFS",
        "" if found.speech_share is None else f"{found.speech_share:.0%}",
        findings or "none",
        chunks,
    )
    return [Text(cell) for cell in cells]
