"""Looks for the places of the reference at which a second of what arrived may have been spoken."""

import numpy as np

from scribe_mock.audio.alignment.evidence import Evidence
from scribe_mock.audio.alignment.fingerprint import BANDS, FRAMES
from scribe_mock.audio.alignment.shape import Floats, Shape

# Frames before and after the expected place in which each offset is tried.
_NEAR = 30 * FRAMES
# Elsewhere the reference is looked at through pictures of a second: one for every few frames, with
# the means of some frames and bands.
_STEP, _COARSE_FRAMES, _COARSE_BANDS = 4, 5, 2
# How like such pictures must be, and how many places at most are tried of each search.
_LIKE, _MOST = 0.5, 6
# Frames around a place that count as the same.
_SAME = 10
# Evidence of a second, as a share of the most that its sound allows, for a place to count.
_ENOUGH = 0.15


class Candidates:
    """Finds offsets for stretches of what arrived.

    Args:
        reference: what was spoken.
        arrived: what arrived.
        evidence: compares the two.
    """

    def __init__(self, reference: Shape, arrived: Shape, evidence: Evidence) -> None:
        self._reference, self._arrived, self._evidence = reference, arrived, evidence
        self._pictures: Floats | None = None

    def near(self, begin: int, end: int, offset: int) -> list[int]:
        """Return the best offsets within half a minute of the expected one."""
        first = max(offset - _NEAR, -end)
        last = min(offset + _NEAR, len(self._reference) - begin)
        if last <= first:
            return []
        sums = self._evidence.sums(begin, end, first, last)
        least = _ENOUGH * float(self._arrived.energy[begin:end].sum()) + 1
        return [first + place for place in _peaks(sums, least)]

    def anywhere(self, begin: int, end: int) -> list[int]:
        """Return the best offsets in the whole reference."""
        own = _pictures(self._arrived.rows[begin:end], FRAMES)
        if self._pictures is None:
            self._pictures = _pictures(self._reference.rows, _STEP)
        if not len(own) or not len(self._pictures):
            return []
        found = []
        for place in _peaks(self._pictures @ own[0], _LIKE, _SAME // _STEP + 1):
            offset = place * _STEP - begin
            sums = self._evidence.sums(begin, end, offset - _SAME, offset + _SAME + 1)
            found.append(offset - _SAME + int(sums.argmax()))
        return found


def _peaks(values: Floats, least: float, apart: int = _SAME) -> list[int]:
    """Return where the highest values are, the highest first, some places apart."""
    found: list[int] = []
    rest = values.copy()
    while len(found) < _MOST:
        place = int(rest.argmax())
        if rest[place] < least:
            break
        found.append(place)
        rest[max(0, place - apart) : place + apart + 1] = -np.inf
    return found


def _pictures(rows: Floats, step: int) -> Floats:
    """Return pictures of a second each, of length 1, one for every `step` frames."""
    sums = np.cumsum(np.pad(rows, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    means = (sums[_COARSE_FRAMES:] - sums[:-_COARSE_FRAMES]).astype(np.float32)
    means = means.reshape(len(means), BANDS // _COARSE_BANDS, _COARSE_BANDS).sum(axis=2)
    starts = np.arange(0, len(rows) - FRAMES + 1, step)
    parts = [means[starts + part] for part in range(0, FRAMES, _COARSE_FRAMES)]
    pictures = np.concatenate(parts, axis=1)
    length = np.sqrt(np.einsum("ij,ij->i", pictures, pictures))
    scaled: Floats = pictures / np.maximum(length, 1.0)[:, None]
    return scaled
