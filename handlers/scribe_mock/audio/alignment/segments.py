"""The stretches of a route through the reference that have no jump."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.alignment.costs import NOWHERE, SAME, Offsets
from scribe_mock.audio.alignment.evidence import EVEN
from scribe_mock.audio.alignment.shape import Floats, Shape

# The shortest stretch, in frames, and the least evidence for one.
_SHORTEST, _LEAST = 5, 5.0
# Two words may be alike by chance: a stretch of less than so many frames needs so much evidence for
# its sound.
_SHORT, _ALIKE = 100, 0.42
# The evidence from which chance is out of the question. Less is not believed where there is more
# than so many frames without a place around, where so many weak stretches follow each other, and of
# a stretch that is shorter than the last number.
_STRONG, _GAPS, _MOST_WEAK, _SHORTEST_JUMP = 40.0, 25, 3, 12
# Frames by which a stretch may be early or late and still comes when it is due.
_ONE_PLACE = 15


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch that arrived without a jump.

    Args:
        begin: its first frame.
        places: for each of its frames, the frame of the reference.
        evidence: what speaks for it.
    """

    begin: int
    places: NDArray[np.int64]
    evidence: float = 0.0

    @property
    def length(self) -> int:
        """Its length in frames."""
        return len(self.places)

    @property
    def end(self) -> int:
        """The frame after the last one."""
        return self.begin + len(self.places)

    @property
    def start(self) -> int:
        """The frame of the reference at which it begins."""
        return int(self.places[0])

    @property
    def stop(self) -> int:
        """The frame of the reference at which it ends."""
        return int(self.places[-1]) + 1

    def place(self, frame: int) -> int:
        """Return the frame of the reference at which one of its frames, or its end, was spoken."""
        return int(self.places[frame - self.begin]) if frame < self.end else self.stop


def segments_of(spoken: Shape, heard: Shape, offsets: Offsets) -> list[Segment]:
    """Return the stretches for which there is enough evidence, in the order in which they arrived.

    Args:
        spoken: the reference.
        heard: what arrived.
        offsets: the offset of each frame of what arrived.
    """
    weighed = []
    for segment in _segments(offsets, len(spoken)):
        common, energy = common_energy(spoken, heard, segment)
        evidence, total = float((2 * common - EVEN * energy).sum()), float(energy.sum())
        if evidence >= _LEAST and (segment.length >= _SHORT or evidence >= _ALIKE * total):
            weighed.append(replace(segment, evidence=evidence))
    return list(_without_chance(weighed))


def common_energy(spoken: Shape, heard: Shape, segment: Segment) -> tuple[Floats, Floats]:
    """Return, for each frame of a segment, what the recordings have in common, and their energy."""
    rows = heard.rows[segment.begin : segment.end]
    common: Floats = np.einsum("ij,ij->i", spoken.rows[segment.places], rows)
    return common, spoken.energy[segment.places] + heard.energy[segment.begin : segment.end]


def _without_chance(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield the segments that are not alike by chance, as some are in any other sound."""
    strong: Segment | None = None
    weak: list[Segment] = []
    for segment in segments:
        if segment.length < _SHORT and segment.evidence < _STRONG:
            weak.append(segment)
            continue
        yield from _likely(weak, strong, segment)
        yield segment
        strong, weak = segment, []
    yield from _likely(weak, strong, None)


def _likely(
    weak: Sequence[Segment], before: Segment | None, after: Segment | None
) -> Iterator[Segment]:
    """Yield those of some weak segments in a row that are likely, by what is before and after."""
    edges = [*([before] if before else []), *weak, *([after] if after else [])]
    gaps = sum(other.begin - one.end for one, other in pairwise(edges))
    alone = gaps > _GAPS or len(weak) > _MOST_WEAK
    for segment in weak:
        if _in_time(segment, before, after) or (not alone and segment.length >= _SHORTEST_JUMP):
            yield segment


def _in_time(segment: Segment, before: Segment | None, after: Segment | None) -> bool:
    """Whether a segment comes when it is due, by what is before or after it."""
    late = [] if before is None else [segment.start - before.stop - segment.begin + before.end]
    late += [] if after is None else [after.start - segment.stop - after.begin + segment.end]
    return any(abs(frames) <= _ONE_PLACE for frames in late)


def _segments(offsets: Offsets, length: int) -> Iterator[Segment]:
    """Yield the stretches of a route without jumps, as far as they are inside the reference."""
    if not len(offsets):
        return
    edges = np.flatnonzero(np.abs(np.diff(offsets)) > SAME) + 1
    for begin, end in pairwise([0, *edges.tolist(), len(offsets)]):
        if offsets[begin] == NOWHERE:
            continue
        places = np.arange(begin, end) + offsets[begin:end]
        inside = np.flatnonzero((places >= 0) & (places < length))
        if len(inside) >= _SHORTEST:
            yield Segment(begin + int(inside[0]), places[inside[0] : inside[-1] + 1])
