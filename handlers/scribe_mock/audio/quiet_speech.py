"""A second detector for quiet voices, which hears them louder and knows nothing of before."""

import earshot
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Frames whose score can still change: when a quiet voice is noticed, it has begun.
_HELD = 24
# A frame stands out if it is so much above the noise floor, in dB, and above this level, in dBFS.
_ABOVE_FLOOR, _LEAST = 6.0, -62.0
# Louder frames, in dBFS, are left to the first detector.
_LOUD = -28.0
# Frames with this score are heard by the first detector.
_HEARD = 0.4
# The second detector starts when so many of the held frames stand out unheard,
# and stops when none did for so many frames.
_STARTS, _STOPS = 8, 25
# A voice goes up and down by more than this (standard deviation), in dB.
_LEAST_CHANGE = 2.5
# The noise floor rises by so many dB a frame.
_FLOOR_RISES = 0.2
# What the loudest frames are amplified to, in dBFS; the loudness sinks by so many dB a frame.
_TARGET, _LOUDNESS_SINKS = -24.0, 0.03


class QuietSpeech:
    """Raises the scores of quiet voices, of which a detector that has heard a loud one has none.

    earshot scores a distant voice at -46 dBFS as noise, above all after a louder one. So a second
    detector hears, amplified, what stands out from the noise floor, goes up and down like a voice
    and was not scored as speech. Its start is decided by what came before and 0.4 s after, so
    neither the size of the blocks nor the length of the recording makes a difference.
    """

    def __init__(self) -> None:
        self._detector = earshot.Detector()
        self._frames: Floats = np.empty((0, 0), np.float32)
        self._scores: Floats = np.empty(0, np.float32)
        self._levels: Floats = np.empty(0, np.float32)
        self._stands_out = self._unheard = np.empty(0, np.bool_)
        self._floor = np.inf
        self._loudness = -np.inf
        self._left = 0  # frames that the second detector goes on hearing

    def push(self, frames: Floats, scores: Floats, levels: Floats) -> tuple[Floats, Floats]:
        """Return the scores and levels that are final with these frames.

        Args:
            frames: 256 samples a row, at 16 kHz.
            scores: what the first detector made of them.
            levels: their loudness in dBFS.
        """
        if not len(scores):
            return scores, levels
        old = len(self._scores)
        stands_out = self._above_floor(levels) & (levels < _LOUD)
        self._frames = np.concatenate([self._frames, frames]) if old else frames
        self._scores = np.concatenate([self._scores, scores])
        self._levels = np.concatenate([self._levels, levels])
        self._stands_out = np.concatenate([self._stands_out, stands_out])
        self._unheard = np.concatenate([self._unheard, stands_out & (scores < _HEARD)])
        self._look(old)
        return self._release(max(0, len(self._scores) - _HELD))

    def flush(self) -> tuple[Floats, Floats]:
        """Return the last scores and levels."""
        return self._release(len(self._scores))

    def _above_floor(self, levels: Floats) -> NDArray[np.bool_]:
        """Return which frames are above the noise floor: the lowest level, slowly rising."""
        rise = _FLOOR_RISES * np.arange(1, len(levels) + 1)
        floors = np.minimum(np.minimum.accumulate(levels - rise), self._floor) + rise
        self._floor = floors[-1]
        above: NDArray[np.bool_] = levels > np.maximum(floors + _ABOVE_FLOOR, _LEAST)
        return above

    def _look(self, first: int) -> None:
        """Let the second detector hear what it has to of the frames from the first one on."""
        begin, end = first, len(self._scores)
        starting = self._starting(first)
        while begin < end:
            if not self._left:
                later = starting[np.searchsorted(starting, begin) :]
                if not len(later):
                    return
                begin = self._start(int(later[0]))
            stop = begin
            while self._left and stop < end:
                self._left = max(self._left - 1, _STOPS * int(self._stands_out[stop]))
                stop += 1
            self._hear(begin, stop)
            begin = stop

    def _start(self, noticed: int) -> int:
        """Start the second detector; return its first frame, before the one it is noticed at."""
        begin = max(0, noticed + 1 - _HELD)
        self._left = noticed - begin + _STOPS
        self._detector.reset()
        self._loudness = float(self._levels[begin : noticed + 1].max())
        return begin

    def _starting(self, first: int) -> NDArray[np.int64]:
        """Return which frames from the first one on are those at which a quiet voice is noticed."""
        ends = np.flatnonzero(self._unheard[first:]) + first + 1
        begins = np.maximum(0, ends - _HELD)
        levels = np.where(self._unheard, self._levels, 0.0).astype(np.float64)
        sums = [np.concatenate([[0.0], np.cumsum(levels**power)]) for power in (1, 2)]
        counts = np.concatenate([[0], np.cumsum(self._unheard)])
        count = counts[ends] - counts[begins]
        mean, square = ((one[ends] - one[begins]) / count for one in sums)
        changes = square - mean**2 >= _LEAST_CHANGE**2
        starting: NDArray[np.int64] = ends[(count >= _STARTS) & changes] - 1
        return starting

    def _hear(self, begin: int, end: int) -> None:
        """Let the second detector hear frames, with a gain that sinks at once and rises slowly."""
        sinks = _LOUDNESS_SINKS * np.arange(1, end - begin + 1)
        levels = np.maximum.accumulate(self._levels[begin:end] + sinks)
        loudness = np.maximum(levels, self._loudness) - sinks
        self._loudness = loudness[-1]
        gains = (10 ** (np.maximum(0.0, _TARGET - loudness) / 20)).astype(np.float32)
        louder = np.clip(self._frames[begin:end] * gains[:, None], -1.0, 1.0)
        scores = np.fromiter(map(self._detector.predict_f32, louder), np.float32, len(louder))
        self._scores[begin:end] = np.maximum(self._scores[begin:end], scores)

    def _release(self, count: int) -> tuple[Floats, Floats]:
        scores, levels = self._scores[:count], self._levels[:count]
        self._frames = self._frames[count:].copy()
        self._scores, self._levels = self._scores[count:], self._levels[count:]
        self._stands_out, self._unheard = self._stands_out[count:], self._unheard[count:]
        return scores, levels
