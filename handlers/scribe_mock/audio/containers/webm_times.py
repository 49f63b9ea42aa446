"""What the timestamps of a WebM file tell: holes, repeats, an end that is missing."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.timeline import (
    MOST_RUNS,
    SHORTEST_HOLE,
    Run,
    flaws_of_runs,
    gap,
    is_told,
    is_unsent_silence,
    junk,
    other_file,
)
from scribe_mock.audio.containers.webm_blocks import Blocks
from scribe_mock.audio.flaws import Flaw

# A duration in the header that is so much longer than the sound, in seconds and as a share of it.
# Recorders write it one packet short or long.
_TOLERATED_S, _TOLERATED_SHARE = 1.0, 0.02
# So many joined files are looked at one by one.
_MOST_FILES = 50


class WebmTimes:
    """The times of blocks beside the sound that is in them.

    Args:
        blocks: the blocks of the audio track.
        counts: samples of each frame.
        tick_s: the unit of the times, in seconds.
        skip: samples that a player drops at the start.
    """

    def __init__(self, blocks: Blocks, counts: NDArray[np.int64], tick_s: float, skip: int) -> None:
        self._blocks = blocks
        self._skip_s = skip / opus.RATE
        # The first frame of each block; a block with several has one time.
        first = [index for index, time in enumerate(blocks.times) if time is not None]
        self._first = np.array(first, np.int64)
        self._starts = np.array([blocks.times[index] for index in first], np.float64) * tick_s
        self._lengths = np.add.reduceat(counts, self._first) / opus.RATE
        self._heard = np.concatenate([[0.0], np.cumsum(self._lengths)])
        sizes = np.subtract(blocks.ends, blocks.starts)
        self._sizes = np.add.reduceat(sizes.astype(np.int64), self._first)
        self._heads = np.searchsorted(self._first, blocks.heads)
        damaged = [damage.block for damage in blocks.damage]
        self._damaged = np.searchsorted(self._first, damaged).tolist()

    def claimed(self, durations: Sequence[float]) -> float:
        """Return how long the recording is by its header or by its packets, in seconds."""
        begins = [self._starts[a] for a, _ in self._files()]
        announced = sum(max(0.0, d - s) for d, s in zip(durations, begins, strict=False))
        return max(float(announced), float(self._heard[-1]))

    def flaws(
        self, packets: Sequence[bytes], durations: Sequence[float], others: Sequence[str]
    ) -> list[Flaw]:
        """Return what is wrong with the recording.

        Args:
            packets: the frames.
            durations: what each of the joined files announces in its header, in seconds, or 0.
            others: the codecs of files that follow and are not read.
        """
        found: list[Flaw] = []
        for begin, end in self._files():
            found += self._flaws_of_file(begin, end, packets)
        last_head = self._heads[-1] if len(self._heads) else 0
        for damage, block in zip(self._blocks.damage, self._damaged, strict=True):
            at = self._at(block)
            if is_told(found, at):
                continue
            # Nothing tells how much is missing after the last cluster's head.
            unknown = damage.cut and last_head <= block < len(self._first)
            found.append(gap(at, None) if unknown else junk(damage.size, damage.at, at))
        found += [other_file(f"a WebM file with {codec}", self._at(-1)) for codec in others]
        return found + self._cut_short(found, durations)

    def _at(self, block: int) -> float:
        return max(0.0, float(self._heard[block]) - self._skip_s)

    def _files(self) -> list[tuple[int, int]]:
        """Return the first block of each file, and the one after its last."""
        begins = np.searchsorted(self._first, self._blocks.files[1:_MOST_FILES]).tolist()
        edges = [0, *begins, len(self._first)]
        return [(a, b) for a, b in pairwise(edges) if a < b]

    def _flaws_of_file(self, begin: int, end: int, packets: Sequence[bytes]) -> list[Flaw]:
        runs = self._runs(begin, end)

        def some(first: int, last: int) -> list[bytes]:
            return list(packets[first:last])

        found = flaws_of_runs(runs, some)
        heads = set(self._heads.tolist())
        for before, run in pairwise(runs):
            # Within a cluster no clock is set back: the head of another one is missing.
            back = run.start_s < before.start_s + before.length_s
            if back and run.first not in heads and not is_told(found, run.heard_s):
                found.append(gap(run.heard_s, None))
        return found

    def _runs(self, begin: int, end: int) -> list[Run]:
        starts, ends = self._starts[begin:end], (self._starts + self._lengths)[begin:end]
        jumps = starts[1:] - ends[:-1]
        places = np.flatnonzero(np.abs(jumps) > SHORTEST_HOLE) + 1
        sizes, lengths = self._sizes[begin:end], self._lengths[begin:end]
        places = places[~is_unsent_silence(jumps, places, sizes, lengths)]
        places = places[:MOST_RUNS]
        damaged = [at - begin for at in self._damaged if begin < at < end]
        edges = [0, *sorted({*places.tolist(), *damaged}), end - begin]
        heads = set((self._heads - begin).tolist())
        runs: list[Run] = []
        for first, last in reversed(list(pairwise(edges))):
            length = float(self._heard[begin + last] - self._heard[begin + first])
            start = float(starts[first])
            if first and first not in heads and last in heads and runs:
                # Its times count from a cluster whose head is missing; they end at the next one.
                start = runs[-1].start_s - length
            heard = self._at(begin + first)
            if runs and abs(runs[-1].start_s - start - length) <= SHORTEST_HOLE:
                length, last = length + runs[-1].length_s, runs[-1].last - begin
                runs.pop()
            runs.append(Run(start, length, heard, begin + first, begin + last))
        return runs[::-1]

    def _cut_short(self, found: list[Flaw], durations: Sequence[float]) -> list[Flaw]:
        if any(flaw.code == "gap_inside" for flaw in found):
            return []
        missing = self._blocks.missing
        if missing:
            what = f"The file is not complete: it announces {missing} bytes more than there are"
            return [Flaw("truncated", what, self._at(-1))]
        if len(durations) > len(self._files()):  # the last file is not read
            return []
        held = float(self._starts[-1] + self._lengths[-1])
        announced = durations[-1] if durations else 0.0
        if announced <= held + max(_TOLERATED_S, _TOLERATED_SHARE * held):
            return []
        what = (
            f"The file is not complete: it announces {announced:.1f} s and ends after {held:.1f} s"
        )
        return [Flaw("truncated", what, self._at(-1))]
