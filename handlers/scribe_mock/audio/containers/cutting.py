"""Cuts a recording into complete files by copying its packets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.registry import load_container
from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.track import Track


@dataclass(frozen=True)
class Cut:
    """A complete file with one stretch of a recording, and the exact place of that stretch."""

    data: bytes
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def cut(track: Track, stretches: Sequence[tuple[float, float]]) -> list[Cut]:
    """Return a complete file for each stretch, in the container and codec of the recording.

    Args:
        track: a counted track.
        stretches: (start, end) in seconds, in order and without overlap.
    """
    container = load_container(MEDIA_TYPES[track.media_type].container)
    exact = container.cuts_anywhere(track)
    positions = [(_snap(track, start, exact), _snap(track, end, exact)) for start, end in stretches]
    return [_cut_one(track, container, start, end) for start, end in positions if end > start]


def _snap(track: Track, seconds: float, exact: bool) -> int:
    """Return the position nearest to a time at which the track can be cut."""
    position = min(max(0, round(seconds * track.rate)), track.length())
    if exact or position in (0, track.length()):
        return track.skip + position
    edges = track.edges
    nearest = int(edges[np.abs(edges - track.skip - position).argmin()])
    return min(max(nearest, track.skip), track.skip + track.length())


def _cut_one(track: Track, container: Container, start: int, end: int) -> Cut:
    data = container.write(track, start, end)
    return Cut(data, (start - track.skip) / track.rate, (end - track.skip) / track.rate)
