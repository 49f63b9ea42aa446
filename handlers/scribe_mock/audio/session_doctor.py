"""The findings that come from comparing the chunks of a session with each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.neighbours import (
    FORMAT_CHANGED,
    GAP,
    missing_between,
    sound_format,
)


@dataclass(frozen=True)
class ExaminedChunk:
    """What is compared of a chunk with the other chunks of its session.

    Args:
        sequence: its number in the session.
        sha256: digest of its bytes.
        diagnosis: what examining it alone found.
        cut: whether the server cut it from a recording, and gave it its number.
    """

    sequence: int
    sha256: str
    diagnosis: Diagnosis
    cut: bool = False


def diagnose_session(chunks: Sequence[ExaminedChunk]) -> dict[int, tuple[AudioFinding, ...]]:
    """Return the findings of comparing each chunk with the others, by sequence number.

    A gap is reported at the chunk after it.
    """
    ordered = sorted(chunks, key=lambda chunk: chunk.sequence)
    found: dict[int, list[AudioFinding]] = {chunk.sequence: [] for chunk in ordered}
    seen: dict[str, int] = {}
    previous: ExaminedChunk | None = None
    for chunk in ordered:
        findings = found[chunk.sequence]
        if not chunk.cut:
            findings += _gap(previous.sequence if previous else -1, chunk.sequence)
        # Two chunks of a muted microphone are equal, and no repetition.
        if chunk.sha256 in seen and "silent" not in chunk.diagnosis.codes:
            findings.append(_duplicate(chunk.sequence, seen[chunk.sha256]))
        seen.setdefault(chunk.sha256, chunk.sequence)
        if previous is not None:
            findings += _format_changed(previous, chunk)
        previous = chunk
    return {sequence: tuple(findings) for sequence, findings in found.items()}


def _gap(before: int, sequence: int) -> list[AudioFinding]:
    missing = missing_between(before, sequence)
    if missing < 1:
        return []
    which = (
        f"Chunk {before + 1} is" if missing == 1 else f"Chunks {before + 1} to {sequence - 1} are"
    )
    return [
        AudioFinding(
            GAP,
            f"{which} missing before chunk {sequence}.",
            "Number chunks 0, 1, 2, … without leaving one out, and send failed ones again.",
        )
    ]


def _duplicate(sequence: int, original: int) -> AudioFinding:
    return AudioFinding(
        "duplicate",
        f"Chunk {sequence} has the same bytes as chunk {original}.",
        "Send each recording once; a retry keeps the number of the first attempt.",
    )


def _format_changed(before: ExaminedChunk, after: ExaminedChunk) -> list[AudioFinding]:
    one, two = sound_format(before.diagnosis), sound_format(after.diagnosis)
    if one is None or two is None or one == two:
        return []
    return [
        AudioFinding(
            FORMAT_CHANGED,
            f"Chunk {after.sequence} is {two}, chunk {before.sequence} is {one}.",
            "Record the whole session with the same recorder and the same settings.",
        )
    ]
