"""What a route through the reference costs, in units of evidence (see `evidence`)."""

import numpy as np
from numpy.typing import NDArray

#: The offset of a frame that was not spoken, as far as can be told.
NOWHERE = -(1 << 30)
#: For each frame of what arrived, the frame of the reference less that frame, or NOWHERE.
Offsets = NDArray[np.int64]

#: A jump to another offset; to or from nowhere it costs half of that, and so it does all where a
#: chunk ends. It costs more each time that the distance doubles.
JUMP, FAR = 4.0, 0.6
#: What it costs more each time that the seconds to the next likely offset double: where the same is
#: spoken twice, one of the two may by chance fit the frames better.
UNLIKELY = 1.0
#: One frame more or less, since clocks run differently.
STEP = 1.5
#: A few frames more or less where a chunk ends: codecs add some silence at the start and the end.
PADDING, PADDING_FRAMES = 1.0, 8
#: Each frame that is nowhere.
LOST = 0.02
#: Frames between offsets that count as the same.
SAME = 3


def far(distances: Offsets) -> NDArray[np.float64]:
    """Return what jumps cost for their distances, in frames."""
    return FAR * np.log2(1 + np.abs(distances) / SAME)
