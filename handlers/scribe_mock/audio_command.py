"""The command `scribe-mock audio`: examines audio files, or writes a sample.

Exit codes: 0 no serious finding, or the sample is written; 1 a serious finding; 2 a wrong option,
or a file that cannot be read or written.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from scribe_mock.errors import SettingsError

_FINE, _SERIOUS, _UNREADABLE = 0, 1, 2
# What removes the line that a terminal shows last.
_ERASE = "\r\x1b[K"


def add_command(commands: Any) -> None:
    """Add the command's arguments to those of `scribe-mock`."""
    command = commands.add_parser(
        "audio",
        help="examine audio files, or write a sample",
        description="Examine audio files, and show the chunks that a single upload makes of each; "
        "or write one of the shipped samples.",
        epilog="Exit codes: 0 no serious finding, or the sample is written; 1 a serious finding; "
        "2 a wrong option, or a file that cannot be read or written.",
    )
    command.add_argument("files", metavar="FILE", type=Path, nargs="*", help="an audio file")
    command.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each file, on a line of its own",
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
    if bool(options.files) is (options.sample is not None):
        raise SettingsError("Name either the files to examine, or one --sample to write.")
    if options.sample is not None:
        return write_sample(options.sample, options.output)
    return examine(options.files, as_json=options.json)


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


def examine(files: Sequence[Path], *, as_json: bool) -> int:
    """Print what is known of audio files; returns the exit code."""
    from scribe_mock.audio import file_report
    from scribe_mock.audio.limits import Limits
    from scribe_mock.audio.worker_pool import AudioWorkers

    worst, progress = _FINE, _Progress(sys.stderr, len(files))
    output = _Output(sys.stdout)
    if not as_json:
        output.line("Findings about each file, and the chunks that a single upload would make:")
    with AudioWorkers() as workers:
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
