"""Finds the best route frame by frame, among some ranges of offsets."""

from collections.abc import Sequence

import numpy as np

from scribe_mock.audio.alignment.costs import (
    JUMP,
    LOST,
    NOWHERE,
    PADDING,
    PADDING_FRAMES,
    SAME,
    STEP,
    UNLIKELY,
    Offsets,
    far,
)
from scribe_mock.audio.alignment.evidence import Evidence
from scribe_mock.audio.alignment.fingerprint import FRAMES
from scribe_mock.audio.alignment.shape import Floats

# How the offset of a frame was reached: by a jump, from nowhere, or else by how many frames more.
_JUMPED, _FOUND = 100, 101


class FrameRoute:
    """The best route through a stretch of what arrived.

    Args:
        evidence: compares frames.
        begin: the first frame.
        jumps: what a jump costs before each frame.
        ranges: the first offset, and the one after the last, of each range; they do not overlap.
        likely: offsets that are likely; it costs a little more to jump elsewhere.
    """

    def __init__(
        self,
        evidence: Evidence,
        begin: int,
        jumps: Floats,
        ranges: Sequence[tuple[int, int]],
        likely: Sequence[int],
    ) -> None:
        end = begin + len(jumps)
        self._jumps = jumps
        self._offsets = np.concatenate([np.arange(*limits) for limits in ranges])
        self._evidence = np.concatenate(
            [evidence.at(begin, end, *limits) for limits in ranges], axis=1
        )
        away = np.abs(self._offsets[:, None] - np.array(likely)[None, :]).min(axis=1)
        self._extra = (far(away) + UNLIKELY * np.log2(1 + away / FRAMES)).astype(np.float32)
        # What it costs that the offset changes by some frames; a range is no neighbour of the next.
        self._steps = self._shifts(1, STEP)
        self._paddings = self._shifts(PADDING_FRAMES, PADDING)
        self._how = np.zeros(self._evidence.shape, np.int8)
        self._tops = np.zeros(len(jumps), np.int64)
        self._lost = np.zeros(len(jumps), np.bool_)

    def best(self, before: int | None, after: int | None) -> Offsets:
        """Return the offset of each frame, or NOWHERE.

        Args:
            before: the offset of the frame before the stretch; None if there is no such frame.
            after: that of the frame after it.
        """
        scores, nowhere = self._prices(before)
        for frame, jump in enumerate(self._jumps.tolist()):
            top = int(scores.argmax())
            highest = float(scores[top])
            self._tops[frame] = top
            self._lost[frame] = nowhere >= highest - jump / 2
            scores = self._reached(frame, scores, highest - jump, nowhere - jump / 2)
            scores += self._evidence[frame]
            nowhere = max(nowhere, highest - jump / 2) - LOST
        prices, lost = self._prices(after)
        scores += prices
        last = int(scores.argmax())
        return self._traced(None if nowhere + lost > scores[last] else last)

    def _prices(self, pinned: int | None) -> tuple[Floats, float]:
        """Return what each offset costs, and nowhere, beside a frame whose offset is known."""
        prices = np.zeros(len(self._offsets), np.float32)
        if pinned is None:
            return prices, 0.0
        if pinned == NOWHERE:
            return prices - np.float32(JUMP / 2), 0.0
        prices[np.abs(self._offsets - pinned) > SAME] = -JUMP
        return prices, -JUMP / 2

    def _reached(self, frame: int, scores: Floats, jumped: float, found: float) -> Floats:
        """Return the best scores with which each offset is reached, and note how."""
        how, best = self._how[frame], scores.copy()
        for shift, prices in self._paddings if self._jumps[frame] < JUMP else self._steps:
            to = slice(max(0, shift), min(0, shift) or None)
            source = slice(max(0, -shift), min(0, -shift) or None)
            stepped = scores[source] - prices
            better = stepped > best[to]
            how[to][better] = shift
            np.maximum(best[to], stepped, out=best[to])
        entry = np.float32(max(jumped, found)) - self._extra
        how[best < entry] = _JUMPED if jumped >= found else _FOUND
        reached: Floats = np.maximum(best, entry)
        return reached

    def _shifts(self, most: int, price: float) -> list[tuple[int, Floats]]:
        shifts: list[tuple[int, Floats]] = []
        for shift in range(1, min(most, len(self._offsets) - 1) + 1):
            apart = self._offsets[shift:] - self._offsets[:-shift] != shift
            prices = np.where(apart, np.float32(np.inf), np.float32(price))
            shifts += [(shift, prices), (-shift, prices)]
        return shifts

    def _traced(self, state: int | None) -> Offsets:
        """Return the offsets of the route that ends in a state; None is nowhere."""
        found = np.full(len(self._jumps), NOWHERE, np.int64)
        for frame in range(len(found) - 1, -1, -1):
            if state is None:
                state = None if self._lost[frame] else int(self._tops[frame])
                continue
            found[frame] = self._offsets[state]
            how = int(self._how[frame, state])
            if how == _FOUND:
                state = None
            else:
                state = int(self._tops[frame]) if how == _JUMPED else state - how
        return found
