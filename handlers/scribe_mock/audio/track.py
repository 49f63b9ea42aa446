"""A recording as a list of packets, independent of its container."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.flaws import Flaw


@dataclass(frozen=True)
class Track:
    """The packets of one audio stream and what is needed to decode and store them again.

    Positions count samples at `rate` as a decoder puts them out; the recording begins at `skip`.

    Args:
        media_type: the canonical MIME type it was read as.
        codec: `opus`, `vorbis`, `aac`, `mp3` or the name of a PCM format.
        rate: samples per second that the decoder puts out.
        channels: number of channels.
        payload: all packets, end to end.
        bounds: n + 1 offsets into `payload`.
        extradata: what the decoder must know first (in FFmpeg's form).
        header: bytes that the container's `write` copies.
        skip: samples to drop at the start (codec delay).
        keep: samples that follow; None means all.
        claimed_s: duration that the file announces, in seconds, or 0.
        counts: decoded samples of each packet, or None while they are not known.
        flaws: what is wrong with the recording although it can be used, in order of time.
    """

    media_type: str
    codec: str
    rate: int
    channels: int
    payload: bytes
    bounds: NDArray[np.int64]
    extradata: bytes = b""
    header: bytes = b""
    skip: int = 0
    keep: int | None = None
    claimed_s: float = 0.0
    counts: NDArray[np.int64] | None = None
    flaws: tuple[Flaw, ...] = ()

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def packet(self, index: int) -> bytes:
        """Return the bytes of one packet."""
        return self.payload[self.bounds[index] : self.bounds[index + 1]]

    def packets(self, first: int, last: int) -> list[bytes]:
        """Return the packets from first up to, but not including, last."""
        edges = self.bounds[first : last + 1].tolist()
        return [self.payload[a:b] for a, b in pairwise(edges)]

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """Return the n + 1 sample positions at which the packets' sound begins and ends.

        Raises:
            ValueError: the packets have not been counted yet.
        """
        if self.counts is None:
            raise ValueError("the packets of this track have not been counted")
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    def length(self) -> int:
        """Return the samples of the recording, between its skip and its end."""
        total = max(0, int(self.edges[-1]) - self.skip)
        return total if self.keep is None else min(total, self.keep)

    def duration_s(self) -> float:
        """Return the length of the recording in seconds."""
        return self.length() / self.rate

    def counted(self, counts: NDArray[np.int64]) -> "Track":
        """Return the track with its counts, without packets that can't be decoded (below 0)."""
        if (counts >= 0).all():
            return replace(self, counts=counts)
        good = np.flatnonzero(counts >= 0).tolist()
        payload, bounds = pack(self.packet(i) for i in good)
        return replace(self, payload=payload, bounds=bounds, counts=counts[good])


def pack(packets: Iterable[bytes]) -> tuple[bytes, NDArray[np.int64]]:
    """Return packets end to end, and their n + 1 offsets."""
    parts = list(packets)
    sizes = np.fromiter(map(len, parts), np.int64, len(parts))
    return b"".join(parts), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
