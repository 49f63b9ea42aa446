"""Compares files on disk with a recording of what was spoken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.comparison_report import comparison_form, sentences
from scribe_mock.audio.file_report import printable, wrapped
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.audio.worker_pool import AudioWorkers

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison


@dataclass(frozen=True)
class FileComparison:
    """What became of a recording.

    Args:
        reference: its file.
        duration_s: its length in seconds.
        files: what arrived, in order; the number of a chunk is its place here, from 0.
        comparison: what was found.
    """

    reference: Path
    duration_s: float
    files: Sequence[Path]
    comparison: "Comparison"

    @property
    def differs(self) -> bool:
        """Whether something did not arrive as it was spoken."""
        return any(True for _ in self._sentences())

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object; the README lists its fields."""
        head = {"reference": str(self.reference), "duration_s": round(self.duration_s, 2)}
        return {**head, **comparison_form(self.comparison)}

    def as_text(self) -> str:
        """Return it as lines that fit the terminal."""
        lines = [f"Compared with {printable(self.reference.name)}, {self.duration_s:.2f} s:"]
        lines += wrapped("arrived", [f"{self.comparison.coverage_percent:.1f}% of its sound"])
        found: dict[str, list[str]] = {}
        for kind, sentence, _ in self._sentences():
            found.setdefault(kind, []).append(sentence)
        for kind, told in found.items():
            lines += wrapped(kind, told)
        return "\n".join(lines)

    def _sentences(self) -> Iterator[tuple[str, str, int | None]]:
        return sentences(self.comparison, lambda number: self.files[number].name)


def compare_files(
    reference: Path,
    spoken: PackedFingerprint,
    files: Sequence[Path],
    workers: AudioWorkers,
    limits: Limits,
) -> FileComparison:
    """Compare files, the chunks of one recording in their order, with what was spoken.

    Those that can't be decoded, by themselves or behind the header of an earlier one, count as
    nothing.

    Args:
        reference: the file with what was spoken.
        spoken: its fingerprint.
        files: what arrived; files that can't be read are left out.
        workers: decode.
        limits: bounds on each file, and on the comparison.

    Raises:
        AudioError: the comparison takes too much work.
    """
    pieces: list[PackedPiece] = []
    head = b""
    for number, path in enumerate(files):
        try:
            data = path.read_bytes()
            found = workers.fingerprint(data, head, limits)
        except (OSError, AudioError):
            continue
        pieces.append(PackedPiece(number, found))
        head = data if found.alone else head
    comparison = workers.compare(spoken, pieces, limits)
    return FileComparison(reference, spoken.duration_s, files, comparison)
