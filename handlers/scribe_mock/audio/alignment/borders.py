"""Moves jumps to where a chunk begins, if the sound says nothing against it.

In a pause the sound does not tell where a jump was, and most are where a chunk begins.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scribe_mock.audio.alignment.evidence import EVEN
from scribe_mock.audio.alignment.segments import Segment, common_energy
from scribe_mock.audio.alignment.shape import Shape

# Frames by which a jump may be moved, and the evidence that it may cost.
_NEAR, _LOSS = 25, 5.0


def moved_to_borders(
    segments: Sequence[Segment], borders: Sequence[int], spoken: Shape, heard: Shape
) -> list[Segment]:
    """Return the segments with their jumps where chunks begin, as far as that is likely.

    Args:
        segments: the segments, in the order in which they arrived.
        borders: the frames at which chunks begin, in order.
        spoken: the reference.
        heard: what arrived.
    """
    moved = list(segments)
    for index in range(1, len(moved)):
        one, other = moved[index - 1 : index + 1]
        at = other.begin
        near = [border for border in borders if abs(border - at) <= _NEAR]
        if one.end != at or not near:
            continue
        pair = _moved(one, other, min(near, key=lambda border: abs(border - at)), len(spoken))
        if _evidence(spoken, heard, (one, other)) - _evidence(spoken, heard, pair) <= _LOSS:
            moved[index - 1 : index + 1] = pair
    return moved


def _moved(one: Segment, other: Segment, border: int, length: int) -> tuple[Segment, Segment]:
    """Return two segments with the jump between them at a border, or as they are."""
    frames = np.arange(abs(border - other.begin))
    if border < other.begin:
        earlier = other.start - len(frames) + frames
        if len(frames) < one.length and other.start >= len(frames):
            places = np.concatenate([earlier, other.places])
            one = replace(one, places=one.places[: -len(frames)])
            other = replace(other, begin=border, places=places)
    elif len(frames) < other.length and one.stop + len(frames) <= length:
        one = replace(one, places=np.concatenate([one.places, one.stop + frames]))
        other = replace(other, begin=border, places=other.places[len(frames) :])
    return one, other


def _evidence(spoken: Shape, heard: Shape, pair: Sequence[Segment]) -> float:
    both = [common_energy(spoken, heard, segment) for segment in pair]
    return sum(float((2 * common - EVEN * energy).sum()) for common, energy in both)
