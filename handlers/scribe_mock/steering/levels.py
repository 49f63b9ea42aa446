"""How loud what was spoken was, and what arrived of it, for drawing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scribe_mock.audio.packed_fingerprint import LOUDNESS_STEP_S

#: The most values of the reference: a drawing has fewer pixels.
_MOST_VALUES = 6000


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud each tenth of a second is, from 0 to 100.

    Args:
        reference: What was spoken; None if that is not known.
        chunks: The chunks that can be decoded, by their sequence numbers.
    """

    reference: bytes | None
    chunks: Mapping[int, bytes]

    def form(self) -> dict[str, Any]:
        """Their JSON form, with fewer values for a long recording."""
        longest = max(map(len, [self.reference or b"", *self.chunks.values()]))
        tenths = max(1, -(-longest // _MOST_VALUES))
        reference = None if self.reference is None else _mean(self.reference, tenths)
        return {
            "step_s": round(tenths * LOUDNESS_STEP_S, 1),
            "reference": reference,
            "chunks": [
                {"sequence": sequence, "levels": _mean(levels, tenths)}
                for sequence, levels in self.chunks.items()
            ],
        }


def _mean(levels: bytes, tenths: int) -> Sequence[int]:
    """The mean of each so many: the loudest would make an hour of speech one block."""
    parts = (levels[begin : begin + tenths] for begin in range(0, len(levels), tenths))
    return [round(sum(part) / len(part)) for part in parts]
