"""What a decoding process does to fingerprints: it gets and returns them as bytes."""

import pickle
from collections.abc import Sequence

from scribe_mock.audio.alignment.comparison import Comparison, Piece, compare
from scribe_mock.audio.alignment.fingerprint import fingerprint
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.audio.sniffing import sniff


def packed_fingerprint(data: bytes, head: bytes, limits: Limits) -> PackedFingerprint:
    """Return the fingerprint of a recording or of a chunk.

    Args:
        data: its bytes, in any supported container.
        head: those of the last chunk before it that can be decoded by itself; empty for none.
        limits: bounds on its length and on the work.

    Raises:
        AudioError: it can't be decoded, by itself or after the head.
    """
    alone = True
    try:
        found = fingerprint(data, limits)
    except AudioError:
        if not head:
            raise
        found, alone = fingerprint(data, limits, head), False
    packed = pickle.dumps(found, protocol=5)
    return PackedFingerprint(packed, found.duration_s, sniff(data) if alone else None, alone)


def compare_packed(reference: bytes, pieces: Sequence[PackedPiece], _: Limits) -> Comparison:
    """Return what became of a reference, as `compare` does.

    Args:
        reference: `PackedFingerprint.data` of what was spoken.
        pieces: what arrived, in order.
        _: the process itself ends when it works for longer than its limits say.
    """
    return compare(
        pickle.loads(reference),
        [Piece(piece.sequence, pickle.loads(piece.fingerprint), piece.start_s) for piece in pieces],
    )
