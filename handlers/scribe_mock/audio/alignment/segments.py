"""The stretches of a route through the reference that have no jump."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from scribe_mock.audio.alignment.costs import NOWHERE, SAME, Offsets
from scribe_mock.audio.alignment.evidence import EVEN
from scribe_mock.audio.alignment.shape import Shape

# The shortest stretch, in frames, and the least evidence for one.
_SHORTEST, _LEAST = 5, 7.0
# Two words may be alike by chance: a stretch of less than so many frames needs so much evidence for
# its sound.
_SHORT, _ALIKE = 100, 0.42
# The evidence from which chance is out of the question. Less is not believed where there is more
# than so many frames without a place around, where so many weak stretches follow each other, and of
# a stretch that is shorter than the last number.
_STRONG, _GAPS, _MOST_WEAK, _SHORTEST_JUMP = 40.0, 25, 3, 12
# Frames by which a stretch may be early or late and still comes when it is due.
_ONE_PLACE = 15


@dataclass(frozen=True)
class Segment:
    """A stretch that arrived without a jump.

    Args:
        begin: its first frame.
        end: the frame after the last one.
        start: the frame of the reference at which it begins.
        stop: that at which it ends.
        evidence: what speaks for it.
    """

    begin: int
    end: int
    start: int
    stop: int
    evidence: float = 0.0

    @property
    def length(self) -> int:
        """Its length in frames."""
        return self.end - self.begin

    def place(self, frame: int) -> int:
        """Return the frame of the reference at which a frame of it was spoken."""
        drift = (self.stop - self.start) / self.length
        return self.start + round((frame - self.begin) * drift)


def segments_of(spoken: Shape, heard: Shape, offsets: Offsets) -> list[Segment]:
    """Return the stretches for which there is enough evidence, in the order in which they arrived.

    Args:
        spoken: the reference.
        heard: what arrived.
        offsets: the offset of each frame of what arrived.
    """
    weighed = [
        replace(segment, evidence=evidence)
        for segment in _segments(offsets, len(spoken))
        for evidence, energy in [_weighed(spoken, heard, offsets, segment)]
        if evidence >= _LEAST and (segment.length >= _SHORT or evidence >= _ALIKE * energy)
    ]
    return list(_without_chance(weighed))


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
        start, stop = begin + int(offsets[begin]), end + int(offsets[end - 1])
        before, after = max(0, -start), max(0, stop - length)
        if end - begin - before - after >= _SHORTEST:
            yield Segment(begin + before, end - after, start + before, stop - after)


def _weighed(
    spoken: Shape, heard: Shape, offsets: Offsets, segment: Segment
) -> tuple[float, float]:
    """Return the evidence for a segment, and the energy of its sound."""
    frames = np.arange(segment.begin, segment.end)
    places = np.clip(frames + offsets[frames], 0, len(spoken) - 1)
    common = float(np.einsum("ij,ij->", spoken.rows[places], heard.rows[frames]))
    energy = float(spoken.energy[places].sum() + heard.energy[frames].sum())
    return 2 * common - EVEN * energy, energy
