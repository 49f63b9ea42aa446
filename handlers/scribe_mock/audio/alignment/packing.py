"""What a decoding process does to fingerprints: it gets and returns them as bytes."""

import pickle
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scribe_mock.audio.alignment.comparison import Comparison, Match, compare
from scribe_mock.audio.alignment.fingerprint import (
    FRAMES,
    Fingerprint,
    fingerprint,
    fingerprint_behind,
    silence,
)
from scribe_mock.audio.alignment.timeline import Piece
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import (
    LOUDNESS_STEP_S,
    PackedFingerprint,
    PackedPiece,
)
from scribe_mock.audio.sniffing import sniff

# What a drawing shows as silence, and as wide as there is room, in dBFS of the loudest band.
_QUIET_DB, _LOUD_DB = -65.0, -18.0


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
        found, alone = fingerprint_behind(head, data, limits), False
    packed = pickle.dumps(found, protocol=5)
    container = sniff(data) if alone else None
    return PackedFingerprint(packed, found.duration_s, container, alone, _loudness(found))


def _loudness(found: Fingerprint) -> bytes:
    """How loud each tenth of a second is, from 0 to 100."""
    step = round(LOUDNESS_STEP_S * FRAMES)
    loudest = found.decibels.max(axis=1, initial=_QUIET_DB)
    rows = np.pad(loudest, (0, -len(loudest) % step), constant_values=_QUIET_DB).reshape(-1, step)
    share = (rows.max(axis=1, initial=_QUIET_DB) - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
    return bytes((np.clip(share, 0, 1) * 100).round().astype(np.uint8))


def compare_packed(reference: bytes, pieces: Sequence[PackedPiece], _: Limits) -> Comparison:
    """Return what became of a reference, as `compare` does.

    Args:
        reference: `PackedFingerprint.data` of what was spoken.
        pieces: what arrived, in order.
        _: the process itself ends when it works for longer than its limits say.
    """
    found = compare(pickle.loads(reference), [_piece(packed) for packed in pieces])
    lengths = {packed.sequence: packed.fingerprint.duration_s for packed in pieces}
    matches = [
        _within(match, lengths[match.chunk])
        for match in found.matches
        if match.start_s < lengths[match.chunk]
    ]
    return replace(found, matches=tuple(matches))


def _piece(packed: PackedPiece) -> Piece:
    """Return a chunk, with the silence that its recording has after it."""
    found: Fingerprint = pickle.loads(packed.fingerprint.data)
    if packed.until_s is not None:
        after = packed.until_s - (packed.start_s or 0.0) - found.duration_s
        quiet = silence(max(0, round(after * FRAMES)))
        found = Fingerprint(np.concatenate([found.levels, quiet.levels]))
    return Piece(packed.sequence, found, packed.start_s)


def _within(match: Match, seconds: float) -> Match:
    """Return a match without the silence that was added after a chunk of so many seconds."""
    over = match.end_s - seconds
    if over <= 0:
        return match
    end = None if match.reference_end_s is None else match.reference_end_s - over
    return replace(match, end_s=seconds, reference_end_s=end)
