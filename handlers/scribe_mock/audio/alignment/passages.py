"""Sorts a route through the reference into what is missing, repeated, reordered and distorted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.alignment.borders import moved_to_borders
from scribe_mock.audio.alignment.costs import Offsets
from scribe_mock.audio.alignment.segments import Segment, common_energy, segments_of
from scribe_mock.audio.alignment.shape import Floats, Shape

# The shortest stretch that counts, in frames; of silence alone; and of what arrived twice, since
# codecs add a little at the start and the end of a chunk.
_SHORTEST, _SHORTEST_SILENCE, _SHORTEST_AGAIN = 5, 15, 8
# Frames with sound that make a stretch one of sound.
_SOUNDING = 3
# Two offsets at most so far apart are those of one place: between them something else was heard.
_ONE_PLACE = 15
# The shortest pause, in frames, that may be a dropout; and the sound that was spoken in it.
_DROPOUT, _DROPPED = 10, 8.0
# The frames in which likeness is measured, and the sound that they need. Below the first likeness
# sound is distorted, with everything around it below the second. Measured, with 15 dB of noise,
# automatic gain control and 16 kbit/s: 0.9 and more in 99 of 100 places, 0.3 to 0.7 when distorted.
_AROUND, _SOUND_AROUND, _UNLIKE, _RATHER_UNLIKE = 50, 25.0, 0.4, 0.6
# Frames between two stretches that are one; among distorted ones, some may be alike by chance.
_APART, _APART_DISTORTED = 10, 40
# The share of silent frames from which a stretch has no sound.
_EMPTY = 0.7

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stretch:
    """A stretch of the reference, and the frame at which it arrived, or would have been due."""

    start: int
    stop: int
    frame: int


class Passages:
    """What became of the reference.

    Args:
        spoken: the reference.
        heard: what arrived.
        offsets: the offset of each frame of what arrived.
        borders: the frames at which its chunks begin.
    """

    def __init__(
        self, spoken: Shape, heard: Shape, offsets: Offsets, borders: Sequence[int]
    ) -> None:
        self._spoken, self._heard = spoken, heard
        found = segments_of(spoken, heard, offsets)
        self.segments = moved_to_borders(found, borders, spoken, heard)
        self.repeated: list[Stretch] = []
        self.distorted: list[Stretch] = []
        self._covered = np.zeros(len(spoken), np.bool_)
        self._dropped: list[Stretch] = []
        fresh = [self._cover(segment) for segment in self.segments]
        self.repeated = _joined(self.repeated)
        late = [
            Stretch(*fresh[index], self.segments[index].begin) for index in _out_of_order(fresh)
        ]
        self.reordered = [one for one in _joined(late) if self._counts(one.start, one.stop)]
        self._bridge()
        for segment in self.segments:
            self._find_dropouts(segment)
            self.distorted += self._unlike(segment)
        self.distorted = _joined(self.distorted, _APART_DISTORTED)
        self.missing = sorted([*self._gaps(), *self._dropped], key=lambda stretch: stretch.start)

    @property
    def coverage(self) -> float:
        """The share of the reference's sound that arrived, 0 to 1."""
        sounds = self._spoken.sounds
        lost = ~self._covered
        for stretch in (*self.distorted, *self._dropped):
            lost[stretch.start : stretch.stop] = True
        return 1 - float((lost & sounds).sum()) / max(1, int(sounds.sum()))

    def _cover(self, segment: Segment) -> tuple[int, int]:
        """Note what a segment covers; returns the stretch that none covered before."""
        inside = self._covered[segment.start : segment.stop]
        for start, stop in _runs(inside):
            again = stop - start >= _SHORTEST_AGAIN
            if again and self._has_sound(segment.start + start, segment.start + stop):
                at = segment.begin + start
                self.repeated.append(Stretch(segment.start + start, segment.start + stop, at))
        fresh = np.flatnonzero(~inside)
        inside[:] = True
        if not len(fresh):
            return segment.start, segment.start
        return segment.start + int(fresh[0]), segment.start + int(fresh[-1]) + 1

    def _counts(self, start: int, stop: int) -> bool:
        return self._has_sound(start, stop) or stop - start >= _SHORTEST_SILENCE

    def _has_sound(self, start: int, stop: int) -> bool:
        return stop - start >= _SHORTEST and self._spoken.sounds[start:stop].sum() >= _SOUNDING

    def _bridge(self) -> None:
        """Look at what arrived between two segments, before the first and after the last."""
        spoken, heard = len(self._spoken), len(self._heard)
        if not self.segments:
            return
        first, last = self.segments[0], self.segments[-1]
        before = min(first.begin, first.start)
        self._look_between(first.begin - before, first.begin, first.start - before, first.start)
        for one, other in pairwise(self.segments):
            self._bridge_gap(other, other.begin - one.end)
        after = min(heard - last.end, spoken - last.stop)
        self._look_between(last.end, last.end + after, last.stop, last.stop + after)

    def _bridge_gap(self, segment: Segment, length: int) -> None:
        """Look at the frames without a place in the reference that arrived before a segment."""
        covered = np.flatnonzero(self._covered[: segment.start])
        free = segment.start - (int(covered[-1]) + 1 if len(covered) else 0)
        if length and abs(free - length) <= _ONE_PLACE:
            begin, start = segment.begin - length, segment.start - free
            self._look_between(begin, segment.begin, start, segment.start)

    def _look_between(self, begin: int, end: int, start: int, stop: int) -> None:
        """Say what became of a stretch at whose time something else, or nothing, was heard."""
        if start >= stop:
            return
        if self._has_sound(start, stop):
            if self._heard.silent[begin:end].mean() > _EMPTY:
                return
            self.distorted.append(Stretch(start, stop, begin))
        self._covered[start:stop] = True

    def _find_dropouts(self, segment: Segment) -> None:
        quiet = self._heard.silent[segment.begin : segment.end]
        for begin, end in _runs(quiet):
            start = segment.place(segment.begin + begin)
            stop = segment.place(segment.begin + end)
            if end - begin < _DROPOUT or float(self._spoken.energy[start:stop].sum()) < _DROPPED:
                continue
            loud = start + np.flatnonzero(self._spoken.sounds[start:stop])
            if len(loud) >= _DROPOUT // 2:
                self._dropped.append(
                    Stretch(int(loud[0]), int(loud[-1]) + 1, segment.begin + begin)
                )

    def _unlike(self, segment: Segment) -> Iterator[Stretch]:
        """Yield where a segment comes when it is due, but sounds otherwise."""
        likeness = _likeness(*common_energy(self._spoken, self._heard, segment))
        for begin, end in _runs(likeness < _RATHER_UNLIKE):
            at = segment.begin + begin
            unlike = end - begin >= _DROPOUT and likeness[begin:end].min() < _UNLIKE
            if unlike and self._heard.silent[at : at + end - begin].mean() <= _EMPTY:
                yield Stretch(segment.place(at), segment.place(at + end - begin), at)

    def _gaps(self) -> Iterator[Stretch]:
        for start, stop in _runs(~self._covered):
            if self._counts(start, stop):
                yield Stretch(start, stop, self._due(start))

    def _due(self, start: int) -> int:
        """Return the frame after which a frame of the reference was due; -1 if before all."""
        before = [segment for segment in self.segments if segment.stop <= start]
        return max(before, key=lambda segment: segment.stop).end - 1 if before else -1


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """Return where each run of true values begins and ends."""
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _likeness(common: Floats, energy: Floats) -> Floats:
    """Return how alike the half second around each frame is, 0 to 1; 1 where there is no sound."""
    half = _AROUND // 2

    def around(values: Floats) -> NDArray[np.float64]:
        sums = np.cumsum(np.pad(values, (half + 1, half)), dtype=np.float64)
        return sums[_AROUND:] - sums[:-_AROUND]

    total = around(energy)
    likeness = 2 * around(common) / np.maximum(total, 1e-6)
    return np.where(total < _SOUND_AROUND, 1.0, likeness).astype(np.float32)


def _joined(stretches: Sequence[Stretch], apart: int = _APART) -> list[Stretch]:
    """Return stretches in order of the reference, those that meet as one."""
    joined: list[Stretch] = []
    for one in sorted(stretches, key=lambda stretch: stretch.start):
        if joined and one.start - joined[-1].stop <= apart:
            before = joined.pop()
            one = Stretch(before.start, max(before.stop, one.stop), before.frame)
        joined.append(one)
    return joined


def _out_of_order(stretches: Sequence[tuple[int, int]]) -> list[int]:
    """Return which of the stretches are not in the longest series that is in order."""
    if not stretches:
        return []
    starts, stops = np.array(stretches, np.int64).T
    best = (stops - starts).astype(np.float64)
    before = np.full(len(best), -1)
    for index in range(1, len(best)):
        fitting = np.where(starts[:index] <= starts[index], best[:index], -1.0)
        longest = int(fitting.argmax())
        if fitting[longest] >= 0:
            best[index] += fitting[longest]
            before[index] = longest
    kept, at = set(), int(best.argmax())
    while at >= 0:
        kept.add(at)
        at = int(before[at])
    return [index for index in range(len(best)) if index not in kept]
