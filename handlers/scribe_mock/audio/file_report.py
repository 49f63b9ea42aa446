"""What is known of an audio file on disk, for people and for programs."""

import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.media_types import MEDIA_TYPES, TYPE_OF_EXTENSION, type_of_container
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.sniffing import sniff
from scribe_mock.audio.worker_pool import AudioWorkers
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis

#: Where the second column starts.
_INDENT = 12


@dataclass(frozen=True)
class FileReport:
    """What is known of one file.

    Args:
        path: the file.
        media_type: the type that an upload of it would have.
        diagnosis: its measurements and findings.
        chunks: what a single upload would store.
        refusal: why a single upload would be refused; empty if it would not.
    """

    path: Path
    media_type: str
    diagnosis: Diagnosis
    chunks: tuple[RecordingChunk, ...] = ()
    refusal: str = ""

    @property
    def findings(self) -> tuple[AudioFinding, ...]:
        """The findings about the file, and those of cutting it."""
        known = self.diagnosis.findings
        cutting = [found for chunk in self.chunks for found in chunk.findings if found not in known]
        return (*known, *cutting)

    @property
    def serious(self) -> bool:
        """Whether one of the findings is serious."""
        return any(finding.serious for finding in self.findings)


def examine_file(path: Path, workers: AudioWorkers, limits: Limits) -> FileReport:
    """Examine one file, and cut it as a single upload would be cut.

    Raises:
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    media_type = _media_type(path, data)
    # Nobody declared a type; the file's name says one.
    diagnosis = workers.diagnose(data, "", extension_of(path.name), limits)
    try:
        chunks = tuple(workers.split(data, media_type, limits))
    except AudioError as error:
        return FileReport(path, media_type, diagnosis, refusal=str(error))
    return FileReport(path, media_type, diagnosis, chunks)


def _media_type(path: Path, data: bytes) -> str:
    """Return the type that an upload would have, by its extension or else by its bytes."""
    inferred = TYPE_OF_EXTENSION.get(extension_of(path.name))
    return inferred or type_of_container(sniff(data)) or next(iter(MEDIA_TYPES))


def as_json(report: FileReport) -> dict[str, Any]:
    """Return a report as a JSON object; the README lists its fields."""
    measured = asdict(report.diagnosis)
    measured.pop("findings")
    return {
        "file": str(report.path),
        "media_type": report.media_type,
        "serious": report.serious,
        **measured,
        "findings": [asdict(finding) for finding in report.findings],
        "chunks": [
            {
                "start_s": round(chunk.start_s, 3),
                "end_s": round(chunk.end_s, 3),
                "bytes": len(chunk.data),
                "speech": chunk.speech,
            }
            for chunk in report.chunks
        ],
        "refusal": report.refusal or None,
    }


def as_text(report: FileReport) -> str:
    """Return a report as lines that fit the terminal."""
    lines = [line for row in _rows(report) for line in wrapped(*row)]
    return "\n".join([printable(report.path.name), *lines])


def _rows(report: FileReport) -> Iterator[tuple[str, list[str]]]:
    """Yield names and values, each value as lines."""
    found = report.diagnosis
    sound = f", {found.codec}, {found.rate} Hz, {found.channels} ch" if found.codec else ""
    yield "found", [f"{found.container or 'not recognised'}{sound}"]
    if found.duration_s is not None:
        yield "seconds", [f"{found.duration_s:.2f}"]
    if found.loudness_dbfs is not None:
        yield "loudness", [f"{found.loudness_dbfs:.1f} dBFS"]
    if found.speech_share is not None:
        yield "speech", [f"{found.speech_share:.0%}"]
    findings = [
        f"{finding.code}{' (serious)' if finding.serious else ''}: {finding.message} "
        f"{finding.advice}"
        for finding in report.findings
    ]
    yield "findings", findings or ["none"]
    yield "chunks", [f"refused: {report.refusal}"] if report.refusal else _places(report.chunks)


def _places(chunks: tuple[RecordingChunk, ...]) -> list[str]:
    return [
        f"{index}: {chunk.start_s:.2f} to {chunk.end_s:.2f} s"
        + ("" if chunk.speech else ", no speech")
        for index, chunk in enumerate(chunks)
    ]


def wrapped(name: str, values: list[str]) -> Iterator[str]:
    """Yield the lines of a row of two columns, no wider than the terminal."""
    width = max(shutil.get_terminal_size().columns, 40) - _INDENT
    lines = [line for value in values for line in textwrap.wrap(printable(value), width) or [""]]
    for index, line in enumerate(lines):
        yield f"{'' if index else f'  {name}':{_INDENT}}{line}"


def printable(text: str) -> str:
    """Replace characters that control a terminal, since names and codecs come from files."""
    return "".join(char if char.isprintable() else "?" for char in text)
