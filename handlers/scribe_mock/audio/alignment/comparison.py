"""Says what of a reference is missing, there twice, out of order or distorted in what arrived."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scribe_mock.audio.alignment.fingerprint import FRAMES, Fingerprint
from scribe_mock.audio.alignment.passages import Passages, Stretch
from scribe_mock.audio.alignment.route import route
from scribe_mock.audio.alignment.segments import Segment
from scribe_mock.audio.alignment.shape import shape_of
from scribe_mock.audio.alignment.timeline import Piece, Timeline

__all__ = ["Comparison", "Match", "Passage", "Piece", "compare"]


@dataclass(frozen=True)
class Passage:
    """A stretch of the reference.

    Args:
        start_s: where it begins, in seconds.
        end_s: where it ends.
        chunk: the chunk that has it; of what is missing, the chunk in which, or after which, it
            would have come, None for the very start.
    """

    start_s: float
    end_s: float
    chunk: int | None


@dataclass(frozen=True)
class Match:
    """A stretch of a chunk, and where in the reference it was spoken.

    Args:
        chunk: the chunk.
        start_s: where the stretch begins in the chunk, in seconds.
        end_s: where it ends there.
        reference_start_s: where it begins in the reference; None if it was not spoken there.
        reference_end_s: where it ends there.
    """

    chunk: int | None
    start_s: float
    end_s: float
    reference_start_s: float | None
    reference_end_s: float | None


@dataclass(frozen=True)
class Comparison:
    """What became of a reference.

    Args:
        duration_s: length of the reference, in seconds.
        coverage_percent: how much of its sound arrived.
        missing: what did not arrive.
        repeated: what arrived twice.
        reordered: what arrived too late or too early.
        distorted: in whose place something else arrived.
        matches: where each stretch of each chunk was spoken.
    """

    duration_s: float
    coverage_percent: float
    missing: tuple[Passage, ...]
    repeated: tuple[Passage, ...]
    reordered: tuple[Passage, ...]
    distorted: tuple[Passage, ...]
    matches: tuple[Match, ...]


def compare(reference: Fingerprint, pieces: Sequence[Piece]) -> Comparison:
    """Compare what arrived with what was spoken.

    Args:
        reference: what was spoken.
        pieces: the chunks that arrived, in the order of their numbers.
    """
    timeline = Timeline(pieces)
    spoken, heard = shape_of(reference), shape_of(timeline.fingerprint)
    offsets = route(spoken, heard, timeline.borders)
    found = Passages(spoken, heard, offsets, timeline.borders)

    def passages(stretches: Sequence[Stretch]) -> tuple[Passage, ...]:
        return tuple(
            Passage(one.start / FRAMES, one.stop / FRAMES, timeline.chunk_at(one.frame))
            for one in stretches
        )

    return Comparison(
        reference.duration_s,
        round(found.coverage * 100, 1),
        passages(found.missing),
        passages(found.repeated),
        passages(found.reordered),
        passages(found.distorted),
        tuple(_matches(found.segments, timeline)),
    )


def _matches(segments: Sequence[Segment], timeline: Timeline) -> Iterator[Match]:
    """Yield where each stretch of each chunk was spoken, in the order in which they arrived."""
    ends = [segment.end for segment in segments]
    for chunk, begin, end in timeline.spans():
        at = begin
        for segment in segments[bisect_right(ends, begin) :]:
            if segment.begin >= end:
                break
            if segment.begin > at:
                yield _match(chunk, at - begin, segment.begin - begin, None, None)
            first, at = max(segment.begin, begin), min(segment.end, end)
            yield _match(chunk, first - begin, at - begin, segment.place(first), segment.place(at))
        if at < end:
            yield _match(chunk, at - begin, end - begin, None, None)


def _match(chunk: int | None, begin: int, end: int, start: int | None, stop: int | None) -> Match:
    def seconds(frame: int | None) -> float | None:
        return None if frame is None else frame / FRAMES

    return Match(chunk, begin / FRAMES, end / FRAMES, seconds(start), seconds(stop))
