"""What `scribe-mock audio` prints: findings about files, and the chunks of a single upload."""

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.media_types import MEDIA_TYPES, TYPE_OF_EXTENSION
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.sniffing import sniff
from scribe_mock.audio.worker_pool import AudioWorkers
from scribe_mock.sessions.diagnosis import Diagnosis

#: Where the second column starts.
_INDENT = 12


def report(paths: Iterable[Path], limits: Limits) -> Iterator[tuple[str, bool]]:
    """Yield for each file the text about it, and whether a finding is serious.

    Raises:
        OSError: a file cannot be read.
    """
    with AudioWorkers() as workers:
        for path in paths:
            data = path.read_bytes()
            media_type = _media_type(path, data)
            # Nobody declared a type; the file's name says one.
            diagnosis = workers.diagnose(data, "", extension_of(path.name), limits)
            chunks = _chunks(workers, data, media_type, limits)
            lines = [line for row in _rows(diagnosis, chunks) for line in _wrapped(*row)]
            yield "\n".join([_printable(path.name), *lines]), diagnosis.serious


def _media_type(path: Path, data: bytes) -> str:
    """Return the type that an upload would have, by its extension or else by its bytes."""
    inferred = TYPE_OF_EXTENSION.get(extension_of(path.name))
    container = sniff(data)
    return inferred or next(
        (one.name for one in MEDIA_TYPES.values() if one.container == container),
        next(iter(MEDIA_TYPES)),
    )


def _chunks(workers: AudioWorkers, data: bytes, media_type: str, limits: Limits) -> list[str]:
    try:
        return _places(workers.split(data, media_type, limits))
    except AudioError as error:
        return [f"refused: {error}"]


def _places(pieces: Sequence[RecordingChunk]) -> list[str]:
    """Return a line about each chunk, and one about sound that is left out around it."""
    lines = []
    for index, piece in enumerate(pieces):
        speech = "" if piece.speech else ", no speech"
        lines.append(f"{index}: {piece.start_s:.2f} to {piece.end_s:.2f} s{speech}")
        # The others are among the findings of the file.
        left_out = [one for one in piece.findings if one.code == "sound_left_out"]
        lines += [f"{one.code}: {one.message} {one.advice}" for one in left_out]
    return lines


def _rows(found: Diagnosis, chunks: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield names and values, each value as lines."""
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
        for finding in found.findings
    ]
    yield "findings", findings or ["none"]
    yield "chunks", chunks


def _wrapped(name: str, values: list[str]) -> Iterator[str]:
    """Yield the lines of a row of two columns, no wider than the terminal."""
    width = max(shutil.get_terminal_size().columns, 40) - _INDENT
    lines = [line for value in values for line in textwrap.wrap(_printable(value), width) or [""]]
    for index, line in enumerate(lines):
        yield f"{'' if index else f'  {name}':{_INDENT}}{line}"


def _printable(text: str) -> str:
    """Replace characters that control a terminal, since names and codecs come from files."""
    return "".join(char if char.isprintable() else "?" for char in text)
