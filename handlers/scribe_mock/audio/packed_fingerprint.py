"""Fingerprints as the server keeps them: as bytes, for which it needs no numpy."""

from dataclasses import dataclass

#: Seconds of each value of `PackedFingerprint.loudness`.
LOUDNESS_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class PackedFingerprint:
    """The fingerprint of a recording or of a chunk, about 1.2 kB for each second of sound.

    Args:
        data: the fingerprint, for a decoding process.
        duration_s: its length in seconds.
        container: what the bytes are; None for a piece without a header.
        alone: whether they were decoded without the header of an earlier chunk.
        loudness: how loud each tenth of a second is, from 0 to 100, for drawing it.
    """

    data: bytes
    duration_s: float
    container: str | None = None
    alone: bool = True
    loudness: bytes = b""


@dataclass(frozen=True, slots=True)
class PackedPiece:
    """One chunk, to be compared with a reference.

    Args:
        sequence: its number; None for a file that has none.
        fingerprint: what it is compared by.
        start_s: where it lies in its recording, in seconds, if the server cut it out of one.
        until_s: where that recording ends, for the last chunk of it: the server leaves out silence
            at the end, which was not lost.
    """

    sequence: int | None
    fingerprint: PackedFingerprint
    start_s: float | None = None
    until_s: float | None = None
