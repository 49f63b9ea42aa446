"""The command `scribe-mock audio`: examines audio files, or writes a sample.

Exit codes: 0 no serious finding, or the sample is written; 1 a serious finding, or a difference
from the reference; 2 a wrong option, or a file that cannot be read or written.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from scribe_mock.errors import SettingsError

if TYPE_CHECKING:
    from scribe_mock.audio.packed_fingerprint import PackedFingerprint
    from scribe_mock.audio.worker_pool import AudioWorkers

_FINE, _SERIOUS, _UNREADABLE = 0, 1, 2
# What removes the line that a terminal shows last.
_ERASE = "\r\x1b[K"


def add_command(commands: Any) -> None:
    """Add the command's arguments to those of `scribe-mock`."""
    command = commands.add_parser(
        "audio",
        help="examine audio files, or write a sample",
        description="Examine audio files, and show the chunks that a single upload makes of each; "
        "compare them with what was spoken; or write one of the shipped samples.",
        epilog="Exit codes: 0 no serious finding, or the sample is written; 1 a serious finding, "
        "or a difference from the reference; 2 a wrong option, or a file that cannot be read or "
        "written.",
    )
    command.add_argument("files", metavar="FILE", type=Path, nargs="*", help="an audio file")
    command.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each file, on a line of its own",
    )
    command.add_argument(
        "--reference",
        metavar="REF",
        type=Path,
        help="a recording of what was spoken: say which seconds of it are missing in the files, "
        "which are chunks of one recording in this order",
    )
    command.add_argument(
        "--sample",
        metavar="NAME",
        help="write this sample to the standard output: webm, wav, ogg, mp4, m4a or mp3 for a "
        "short one, or a file of fixtures/audio such as speech.webm or silence.wav",
    )
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="write the sample to this file instead"
    )


def run(options: argparse.Namespace) -> int:
    """Examine files, or write a sample; returns the exit code, or raises SettingsError."""
    if options.sample is None and options.output is not None:
        raise SettingsError("--output goes with --sample NAME; files are only examined.")
    if options.sample is not None and options.json:
        raise SettingsError("--json goes with files; a sample is written as it is.")
    if options.sample is not None and options.reference is not None:
        raise SettingsError("--reference goes with files; a sample is compared with nothing.")
    if bool(options.files) is (options.sample is not None):
        raise SettingsError("Name either the files to examine, or one --sample to write.")
    if options.sample is not None:
        return write_sample(options.sample, options.output)
    return examine(options.files, options.reference, as_json=options.json)


def write_sample(name: str, output: Path | None) -> int:
    """Write a shipped audio file to a file or to the standard output; raises SettingsError."""
    from scribe_mock.sample_audio import sample

    body = sample(name).read_bytes()
    try:
        if output is not None:
            output.write_bytes(body)
        elif sys.stdout.isatty():
            raise SettingsError(f"A terminal can't show audio; add --output {sample(name).name}.")
        else:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
    except OSError as error:
        raise SettingsError(f"The sample can't be written: {error.strerror}.") from None
    return _FINE


def examine(files: Sequence[Path], reference: Path | None, *, as_json: bool) -> int:
    """Print what is known of audio files; returns the exit code, or raises SettingsError.

    Args:
        files: The files.
        reference: A recording of what was spoken, to compare them with; None for none.
        as_json: Whether to print JSON.
    """
    from scribe_mock.audio.worker_pool import AudioWorkers

    progress = _Progress(sys.stderr, len(files) + (reference is not None))
    output = _Output(sys.stdout)
    with AudioWorkers() as workers:
        spoken = None if reference is None else _spoken(reference, workers)
        if not as_json:
            output.line("Findings about each file, and the chunks that a single upload would make:")
        worst = _examine_each(files, workers, output, progress, as_json=as_json)
        if reference is not None and spoken is not None:
            progress.begin("comparison")
            differs = _compare(reference, spoken, files, workers, output, as_json=as_json)
            progress.end()
            worst = max(worst, _SERIOUS if differs else _FINE)
    return worst


def _examine_each(
    files: Sequence[Path],
    workers: "AudioWorkers",
    output: "_Output",
    progress: "_Progress",
    *,
    as_json: bool,
) -> int:
    from scribe_mock.audio import file_report
    from scribe_mock.audio.limits import Limits

    worst = _FINE
    for path in files:
        progress.begin(file_report.printable(path.name))
        try:
            report = file_report.examine_file(path, workers, Limits())
        except OSError as error:
            progress.end()
            print(f"scribe-mock: Can't read {path}: {error.strerror}.", file=sys.stderr)
            worst = _UNREADABLE
            continue
        progress.end()
        if as_json:
            output.line(json.dumps(file_report.as_json(report)))
        else:
            output.line(f"\n{file_report.as_text(report)}")
        worst = max(worst, _SERIOUS if report.serious else _FINE)
    return worst


def _spoken(reference: Path, workers: "AudioWorkers") -> "PackedFingerprint":
    """What files are compared by; raises SettingsError."""
    from scribe_mock.audio.audio_errors import AudioError

    try:
        return workers.fingerprint(reference.read_bytes())
    except OSError as error:
        raise SettingsError(f"Can't read {reference}: {error.strerror}.") from None
    except AudioError as error:
        raise SettingsError(f"--reference {reference} can't be decoded. {error}") from None


def _compare(
    reference: Path,
    spoken: "PackedFingerprint",
    files: Sequence[Path],
    workers: "AudioWorkers",
    output: "_Output",
    *,
    as_json: bool,
) -> bool:
    """Print how files differ from what was spoken; returns whether they do."""
    from scribe_mock.audio.audio_errors import AudioError
    from scribe_mock.audio.file_comparison import compare_files
    from scribe_mock.audio.limits import Limits

    try:
        found = compare_files(reference, spoken, files, workers, Limits())
    except AudioError as error:
        raise SettingsError(f"The files can't be compared with {reference}. {error}") from None
    output.line(json.dumps(found.as_json()) if as_json else f"\n{found.as_text()}")
    return found.differs


class _Output:
    """Prints lines for as long as somebody reads them: the exit code is still of use after that."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._read = True

    def line(self, text: str) -> None:
        if not self._read:
            return
        try:
            print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            self._read = False
            # Python would report the closed pipe once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class _Progress:
    """Says on a terminal which of several files is examined."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total if stream.isatty() else 0
        self._number = 0

    def begin(self, name: str) -> None:
        self._number += 1
        if self._total:
            self._write(f"{_ERASE}{self._number} of {self._total}: {name[:60]}")

    def end(self) -> None:
        if self._total:
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
