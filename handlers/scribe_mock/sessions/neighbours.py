"""What the order of two chunks, one after the other, shows."""

from collections.abc import Sequence

from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.diagnosis import Diagnosis

#: The codes of findings about a chunk and the one before it.
GAP, FORMAT_CHANGED = "gap", "format_changed"


def missing_between(before: int, sequence: int) -> int:
    """How many numbers are missing between two chunks; -1 is before the first one."""
    return sequence - before - 1


def sound_format(diagnosis: Diagnosis | None) -> str | None:
    """How the sound of a chunk is coded, in words; None if that is not known."""
    if diagnosis is None or diagnosis.codec is None:
        return None
    channels = {1: "mono", 2: "stereo"}.get(
        diagnosis.channels or 0, f"{diagnosis.channels} channels"
    )
    return f"{diagnosis.container} with {diagnosis.codec}, {diagnosis.rate} Hz, {channels}"


def neighbour_codes(before: Chunk | None, chunk: Chunk) -> Sequence[str]:
    """The codes of the findings about a chunk and the one before it, if there is one."""
    last = -1 if before is None else before.sequence
    has_gap = chunk.sequence != last + 1 and not chunk.is_cut
    one = None if before is None else sound_format(before.diagnosis)
    two = None if one is None else sound_format(chunk.diagnosis)
    if two is not None and one != two:
        return (GAP, FORMAT_CHANGED) if has_gap else (FORMAT_CHANGED,)
    return (GAP,) if has_gap else ()
