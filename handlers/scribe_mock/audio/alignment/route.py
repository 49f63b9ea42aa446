"""Finds, for each frame of what arrived, the frame of the reference at which it was spoken.

First second by second, with the offsets that its sound suggests; then frame by frame where seconds
disagree or do not fit. Both look for the route with the most evidence, less what it costs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.alignment.candidates import Candidates
from scribe_mock.audio.alignment.costs import (
    JUMP,
    LOST,
    NOWHERE,
    PADDING,
    PADDING_FRAMES,
    Offsets,
    far,
)
from scribe_mock.audio.alignment.evidence import Evidence
from scribe_mock.audio.alignment.fingerprint import FRAMES
from scribe_mock.audio.alignment.frame_route import FrameRoute
from scribe_mock.audio.alignment.shape import Floats, Shape

# Frames of a block.
_BLOCK = FRAMES
# Frames by which the offset may change from block to block, since clocks run differently.
_DRIFT = 2
# A block fits if no so many frames in a row have less evidence than this.
_RUN, _LEAST = 10, -1.2
# Other offsets that are followed; blocks before and after a block whose offsets are tried for it.
_ALTERNATIVES, _NEIGHBOURS = 3, 2
# Frames around an offset that are tried frame by frame; and the most blocks at once, and offsets.
_MARGIN, _MOST_BLOCKS, _MOST_OFFSETS = 3 * FRAMES, 12, 16
# Blocks in a row that are nowhere of which only the first and last are looked at closer.
_LOST_BLOCKS = 4


@dataclass(frozen=True)
class _Block:
    """A second of what arrived: the offsets that were found, and whether the first one fits."""

    begin: int
    end: int
    found: tuple[int, ...]
    fits: bool


def route(reference: Shape, arrived: Shape, borders: Sequence[int]) -> Offsets:
    """Return the offset of each frame of what arrived, or NOWHERE.

    Args:
        reference: what was spoken.
        arrived: what arrived.
        borders: the frames at which its chunks begin.
    """
    if not len(arrived) or not len(reference):
        return np.full(len(arrived), NOWHERE, np.int64)
    return _Route(reference, arrived, borders).offsets()


class _Route:
    def __init__(self, reference: Shape, arrived: Shape, borders: Sequence[int]) -> None:
        self._reference, self._arrived = reference, arrived
        self._jumps = np.full(len(arrived), JUMP, np.float32)
        self._jumps[list(borders)] = JUMP / 2
        self._evidence = Evidence(reference, arrived)
        self._candidates = Candidates(reference, arrived, self._evidence)
        self._blocks = list(self._found_blocks())
        self._best = self._best_of_blocks()

    def offsets(self) -> Offsets:
        """Return the offset of each frame, or NOWHERE."""
        found = np.concatenate(
            [
                np.full(block.end - block.begin, at)
                for block, at in zip(self._blocks, self._best, strict=True)
            ]
        )
        for first, last in self._doubtful():
            self._look_closer(found, first, last)
        return found

    def _found_blocks(self) -> Iterator[_Block]:
        expected: tuple[int, ...] = (0,)
        for begin in range(0, len(self._arrived), _BLOCK):
            block = self._block(begin, min(begin + _BLOCK, len(self._arrived)), expected)
            expected = block.found
            yield block

    def _block(self, begin: int, end: int, expected: Sequence[int]) -> _Block:
        """Return a block with the offsets that are likely for it, the likeliest first.

        Args:
            begin: its first frame.
            end: the frame after the last one.
            expected: the offsets that were likely for the block before it.
        """
        offset, values = self._tracked(begin, end, expected[0])
        total = float(values.sum())
        # Where the same is spoken twice, the next words tell which of the two it was.
        others = [self._tracked(begin, end, other) for other in expected[1:]]
        again = [other for other, found in others if found.sum() > total / 2 - 1][:_ALTERNATIVES]
        runs = np.cumsum(np.pad(values, (1, 0)))
        if len(runs) <= _RUN or (runs[_RUN:] - runs[:-_RUN]).min() > _LEAST:
            return _Block(begin, end, _distinct([offset, *again]), True)
        found = self._candidates.near(begin, end, offset) or self._candidates.anywhere(begin, end)
        jumped = [other for other in found if abs(other - offset) > _DRIFT]
        if jumped and self._sum(begin, end, jumped[0]) > total + JUMP:
            return _Block(begin, end, _distinct([*jumped, *again, offset]), False)
        return _Block(begin, end, _distinct([offset, *again, *jumped]), False)

    def _tracked(self, begin: int, end: int, expected: int) -> tuple[int, Floats]:
        """Return the offset that an expected one may have drifted to, and the frames' evidence."""
        values = self._evidence.at(begin, end, expected - _DRIFT, expected + _DRIFT + 1)
        sums = values.sum(axis=0)
        # Without evidence the clock is not thought to run differently.
        sums[_DRIFT] += 0.5
        best = int(sums.argmax())
        return expected - _DRIFT + best, values[:, best]

    def _sum(self, begin: int, end: int, offset: int) -> float:
        return float(self._evidence.sums(begin, end, offset, offset + 1)[0])

    def _best_of_blocks(self) -> list[int]:
        """Return the offset of each block, or NOWHERE, on the route with the most evidence."""
        steps: list[tuple[Offsets, NDArray[np.int64]]] = []
        states, scores = np.array([NOWHERE]), np.array([0.0])
        for index, block in enumerate(self._blocks):
            jump = float(self._jumps[block.begin : block.end].min())
            options = np.array([*self._options(index), NOWHERE])
            # The recording may begin anywhere, best at the start.
            prices = _prices(states, options, jump) if index else _first_prices(options)
            totals = scores - prices
            froms = totals.argmax(axis=1)
            gains = np.array([self._gain(block, option) for option in options.tolist()])
            scores = totals[np.arange(len(options)), froms] + gains
            steps.append((options, froms))
            states = options
        best, state = [], int((scores - self._last_prices(states)).argmax())
        for options, froms in reversed(steps):
            best.append(int(options[state]))
            state = int(froms[state])
        return best[::-1]

    def _last_prices(self, options: Offsets) -> Floats:
        """Return what it costs to end with each offset: the rest of the reference is skipped."""
        rest = len(self._reference) - len(self._arrived) - options
        return np.where(options == NOWHERE, 0, far(np.maximum(rest, 0))).astype(np.float32)

    def _options(self, index: int) -> tuple[int, ...]:
        around = self._blocks[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS + 1]
        found = [self._blocks[index].found, *(block.found for block in around)]
        return _distinct([offset for offsets in found for offset in offsets])

    def _gain(self, block: _Block, offset: int) -> float:
        if offset == NOWHERE:
            return -LOST * (block.end - block.begin)
        return self._sum(block.begin, block.end, offset)

    def _doubtful(self) -> Iterator[tuple[int, int]]:
        """Yield the first block, and the one after the last, of stretches to look at closer."""
        doubt = [not self._is_sure(index) for index in range(len(self._blocks))]
        wide = [any(doubt[max(0, index - 1) : index + 2]) for index in range(len(doubt))]
        for index in range(len(wide)):
            around = self._best[max(0, index - _LOST_BLOCKS) : index + _LOST_BLOCKS + 1]
            if len(around) > _LOST_BLOCKS and all(at == NOWHERE for at in around):
                wide[index] = False
        first = 0
        while first < len(wide):
            last = first
            while last < len(wide) and wide[last] and last - first < _MOST_BLOCKS:
                last += 1
            if last > first:
                yield first, last
            first = max(last, first + 1)

    def _is_sure(self, index: int) -> bool:
        offset, block = self._best[index], self._blocks[index]
        before = self._best[index - 1] if index else offset
        same = offset != NOWHERE and abs(offset - block.found[0]) <= _DRIFT
        return same and block.fits and abs(offset - before) <= _DRIFT

    def _look_closer(self, offsets: Offsets, first: int, last: int) -> None:
        begin, end = self._blocks[first].begin, self._blocks[last - 1].end
        before = int(offsets[begin - 1]) if begin else None
        after = int(offsets[end]) if end < len(offsets) else None
        known = [before, after, *self._best[first:last]]
        found = [other for block in self._blocks[first:last] for other in block.found]
        wanted = dict.fromkeys(at for at in [*known, *found] if at is not None and at != NOWHERE)
        ranges = _ranges(list(wanted)[:_MOST_OFFSETS])
        if ranges:
            likely = [at for at in known if at is not None and at != NOWHERE] or list(wanted)
            jumps = self._jumps[begin:end]
            closer = FrameRoute(self._evidence, begin, jumps, ranges, likely)
            offsets[begin:end] = closer.best(before, after)


def _distinct(offsets: Sequence[int]) -> tuple[int, ...]:
    """Return the offsets, without those that are the same as an earlier one but for drift."""
    found: list[int] = []
    for offset in offsets:
        if not any(abs(offset - one) <= _DRIFT for one in found):
            found.append(offset)
    return tuple(found)


def _first_prices(options: Offsets) -> Floats:
    prices = np.where(options == NOWHERE, 0, far(options)).astype(np.float32)
    return prices[:, None]


def _prices(states: Offsets, options: Offsets, jump: float) -> Floats:
    """Return what it costs to go from each of some offsets to another; less at a border."""
    distances = np.abs(options[:, None] - states)
    prices = np.where(distances <= _DRIFT, 0.1 * distances, jump + far(distances))
    if jump < JUMP:
        padded = (distances > _DRIFT) & (distances <= PADDING_FRAMES)
        prices[padded] = PADDING
    lost = (options == NOWHERE)[:, None] != (states == NOWHERE)
    prices[lost] = jump / 2
    return prices.astype(np.float32)


def _ranges(offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Return the ranges around some offsets, joined where they meet."""
    ranges: list[tuple[int, int]] = []
    for offset in sorted(offsets):
        begin, end = offset - _MARGIN, offset + _MARGIN + 1
        if ranges and begin <= ranges[-1][1]:
            begin = ranges.pop()[0]
        ranges.append((begin, end))
    return ranges
