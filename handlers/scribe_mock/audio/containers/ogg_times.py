"""What the granule positions and page numbers of an Ogg stream tell: holes, repeats, its end."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.containers.ogg_pages import Mark, Stream
from scribe_mock.audio.containers.timeline import LONGEST_DTX, SHORTEST_HOLE, Run, flaws_of_runs
from scribe_mock.audio.flaws import Flaw

Lengths = NDArray[np.float64] | NDArray[np.int64]


class OggTimes:
    """The times of a stream's pages beside the sound that is on them.

    Args:
        stream: the stream.
        headers: how many of its packets are no sound.
        lengths: samples of each packet with sound.
        rate: samples per second.
        skip: samples that a player drops at the start.
    """

    def __init__(
        self, stream: Stream, headers: int, lengths: Lengths, rate: int, skip: int = 0
    ) -> None:
        self.packets = stream.packets[headers:]
        self._ended = stream.ended
        self._rate = rate
        self._skip_s = skip / rate
        self._edges = np.concatenate([[0.0], np.cumsum(lengths)])
        self._marks = [
            Mark(mark.packets - headers, mark.granule, mark.follows)
            for mark in stream.marks
            if mark.packets > headers
        ]

    @property
    def length_s(self) -> float:
        """Seconds of its sound."""
        return float(self._edges[-1]) / self._rate

    def at(self, packet: int) -> float:
        """Return where a packet begins in the stream as it is heard, in seconds."""
        place = float(self._edges[min(max(0, packet), len(self._edges) - 1)])
        return max(0.0, place / self._rate - self._skip_s)

    def surplus(self) -> int:
        """Return how many samples at the end of a finished stream are not to be heard."""
        if not self._marks or not self._ended:
            return 0
        last = self._marks[-1]
        before = self._marks[-2] if len(self._marks) > 1 else Mark(0, 0, True)
        held = float(self._edges[last.packets] - self._edges[before.packets])
        told = last.granule - before.granule
        return round(held - told) if 0 <= told < held and last.follows else 0

    def runs(self, begin_s: float) -> list[Run]:
        """Return the stretches of pages that follow one another without a jump in time.

        Args:
            begin_s: how much is heard before this stream, in seconds.
        """
        runs: list[Run] = []
        first, start, top = 0, 0.0, 0.0
        for index, (before, mark) in enumerate(pairwise([Mark(0, 0, True), *self._marks])):
            begin = (mark.granule - self._samples(before, mark)) / self._rate
            jump = begin - top
            if not index:
                start = begin
            elif self._is_jump(jump, mark, index):
                runs.append(self._run(start, first, before.packets, begin_s))
                first, start = before.packets, begin
            top = mark.granule / self._rate
        if self._marks:
            runs.append(self._run(start, first, len(self.packets), begin_s))
        return runs

    def _is_jump(self, jump: float, mark: Mark, index: int) -> bool:
        # Between pages that follow one another there may be silence that was not sent.
        if mark.follows and 0 < jump < LONGEST_DTX:
            return False
        is_end = self._ended and index == len(self._marks) - 1
        trims = is_end and jump < 0 and mark.follows
        return abs(jump) > SHORTEST_HOLE and not trims

    def _samples(self, before: Mark, mark: Mark) -> float:
        return float(self._edges[mark.packets] - self._edges[before.packets])

    def _run(self, start: float, first: int, last: int, begin_s: float) -> Run:
        length = float(self._edges[last] - self._edges[first]) / self._rate
        return Run(start, length, begin_s + self.at(first), first, last)

    def flaws(self, begin_s: float) -> list[Flaw]:
        """Return what is missing, there twice or out of order in it."""

        def some(first: int, last: int) -> list[bytes]:
            return self.packets[first:last]

        return flaws_of_runs(self.runs(begin_s), some)


def vorbis_lengths(stream: Stream, headers: int, longest: int) -> NDArray[np.float64]:
    """Return about how many samples each packet has: their number is not known without decoding.

    Args:
        stream: the stream.
        headers: how many of its packets are no sound.
        longest: the most samples of a packet.
    """
    marks = [mark for mark in stream.marks if mark.packets > headers]
    lengths = np.full(max(0, len(stream.packets) - headers), np.nan)
    for before, mark in pairwise([Mark(headers, 0, True), *marks]):
        count, samples = mark.packets - before.packets, mark.granule - before.granule
        if mark.follows and 0 < samples <= count * longest:
            lengths[before.packets - headers : mark.packets - headers] = samples / count
    known = lengths[~np.isnan(lengths)]
    return np.where(np.isnan(lengths), known.mean() if known.size else longest / 2, lengths)
