"""How much speaks for a frame of what arrived being a frame of what was spoken."""

import numpy as np

from scribe_mock.audio.alignment.shape import Floats, Shape

#: The likeness, 0 to 1, from which two frames are rather the same than not.
EVEN = 0.35


class Evidence:
    """Compares frames of two recordings.

    The evidence for a pair of frames is `2ab - e(aa + bb)` with the shapes a and b: above 0 if they
    are alike, below 0 if not, and near 0 in silence. Beyond its ends a recording is silent.

    Args:
        reference: what was spoken.
        arrived: what arrived.
    """

    def __init__(self, reference: Shape, arrived: Shape) -> None:
        self._reference, self._arrived = reference, arrived

    def at(self, begin: int, end: int, first: int, last: int) -> Floats:
        """Return the evidence of some frames at some offsets.

        Args:
            begin: the first frame of what arrived.
            end: the frame after the last one.
            first: the lowest offset: what arrived at frame t was spoken at frame t + offset.
            last: the offset after the highest one.

        Returns:
            a row for each frame, a column for each offset.
        """
        rows, energy = _stretch(self._reference, begin + first, end - 1 + last)
        own = self._arrived.rows[begin:end]
        # Row r and column t hold frame r of the reference and frame t of what arrived.
        products = (rows @ own.T) * np.float32(2) - np.float32(EVEN) * energy[:, None]
        down, right = products.strides
        diagonals = np.lib.stride_tricks.as_strided(
            products, (end - begin, last - first), (down + right, down), writeable=False
        )
        found: Floats = diagonals - np.float32(EVEN) * self._arrived.energy[begin:end, None]
        return found

    def sums(self, begin: int, end: int, first: int, last: int) -> Floats:
        """Return the evidence of a stretch as a whole, for each offset."""
        found: Floats = self.at(begin, end, first, last).sum(axis=0)
        return found


def _stretch(shape: Shape, begin: int, end: int) -> tuple[Floats, Floats]:
    """Return a stretch of a shape, with silence beyond its ends."""
    inside = slice(min(max(begin, 0), len(shape)), min(max(end, 0), len(shape)))
    before = min(max(0, -begin), end - begin)
    after = end - begin - before - (inside.stop - inside.start)
    if not before and not after:
        return shape.rows[inside], shape.energy[inside]
    rows = np.pad(shape.rows[inside], ((before, after), (0, 0)))
    return rows, np.pad(shape.energy[inside], (before, after))
