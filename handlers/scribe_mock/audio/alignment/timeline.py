"""The chunks that arrived, one after the other on one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scribe_mock.audio.alignment.fingerprint import FRAMES, Fingerprint, silence

# Frames by which a chunk may begin before the end of the one before it, by the rounding of codecs.
_TOLERATED = 25


@dataclass(frozen=True)
class Piece:
    """One chunk as it arrived.

    Args:
        sequence: its number; None for a file that has none.
        fingerprint: its sound.
        start_s: where it lies in its recording, in seconds, if the server cut it out of one.
    """

    sequence: int | None
    fingerprint: Fingerprint
    start_s: float | None = None


class Timeline:
    """Chunks on one line of time, with silence where the server left out silence.

    Args:
        pieces: the chunks, in the order of their numbers.

    Attributes:
        fingerprint: their sound.
        borders: the frames at which a chunk begins.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self.borders: list[int] = []
        parts, end, recording = [silence(0)], 0, 0
        for piece in pieces:
            place = end if piece.start_s is None else recording + round(piece.start_s * FRAMES)
            if place < end - _TOLERATED:
                # The first chunk of another recording.
                recording, place = end, end + round((piece.start_s or 0.0) * FRAMES)
            if piece.start_s is None:
                recording = end + len(piece.fingerprint)
            parts += [silence(max(0, place - end)), piece.fingerprint]
            self.borders.append(max(place, end))
            end = self.borders[-1] + len(piece.fingerprint)
        self.fingerprint = Fingerprint(np.concatenate([part.levels for part in parts]))
        self._starts = np.array(self.borders, np.int64)

    def chunk_at(self, frame: int) -> int | None:
        """Return the number of the chunk that has a frame, or that comes before it."""
        index = int(np.searchsorted(self._starts, frame, side="right")) - 1
        return self._pieces[index].sequence if index >= 0 else None

    def spans(self) -> list[tuple[int | None, int, int]]:
        """Return the number of each chunk, and the frames at which it begins and ends."""
        return [
            (piece.sequence, begin, begin + len(piece.fingerprint))
            for piece, begin in zip(self._pieces, self.borders, strict=True)
        ]
