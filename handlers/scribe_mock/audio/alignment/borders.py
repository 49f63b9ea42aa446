"""Moves jumps to where they make most sense, if the sound says nothing against it.

In a pause, or between two like sounds, the evidence does not tell a jump's place to the frame. Most
jumps are where a chunk begins; and what is out of order ends where something else begins.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scribe_mock.audio.alignment.evidence import EVEN
from scribe_mock.audio.alignment.segments import Segment, common_energy
from scribe_mock.audio.alignment.shape import Shape

# Frames by which a jump may be moved, the evidence that it may cost, and how many segments before
# and after are looked at.
_NEAR, _LOSS, _AROUND = 25, 5.0, 3


def moved_to_borders(
    segments: Sequence[Segment], borders: Sequence[int], spoken: Shape, heard: Shape
) -> list[Segment]:
    """Return the segments with their jumps where they make most sense, as far as that is likely.

    Args:
        segments: the segments, in the order in which they arrived.
        borders: the frames at which chunks begin, in order.
        spoken: the reference.
        heard: what arrived.
    """
    moved = list(segments)
    for index in range(1, len(moved)):
        one, other = moved[index - 1 : index + 1]
        if one.end != other.begin:
            continue
        around = moved[max(0, index - 1 - _AROUND) : index + 1 + _AROUND]
        for border in _wanted(one, other, around, borders):
            pair = _moved(one, other, border, len(spoken))
            if _evidence(spoken, heard, (one, other)) - _evidence(spoken, heard, pair) <= _LOSS:
                moved[index - 1 : index + 1] = pair
                break
    return moved


def _wanted(
    one: Segment, other: Segment, around: Sequence[Segment], borders: Sequence[int]
) -> list[int]:
    """Return the frames at which the jump between two segments would make sense, the best first."""
    at = other.begin
    third = [segment for segment in around if segment is not one and segment is not other]
    meeting = [at + segment.start - one.stop for segment in third]
    meeting += [at + segment.stop - other.start for segment in third]
    return [
        frame
        for frames in (borders, meeting)
        for frame in sorted(frames, key=lambda frame: abs(frame - at))
        if abs(frame - at) <= _NEAR
    ]


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
