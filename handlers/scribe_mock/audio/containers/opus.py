"""Reads Opus packets and headers without decoding (RFC 6716, RFC 7845)."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Samples per second of all Opus streams in a container.
RATE = 48_000
#: Samples that a decoder needs before its output is right: 80 ms (RFC 7845, section 4.6).
PREROLL = 3840


def _frame_sizes() -> list[int]:
    """Return the samples of one frame by the packet's first byte (RFC 6716, section 3.1)."""
    sizes = []
    for toc in range(256):
        config = toc >> 3
        if config < 12:
            sizes.append((480, 960, 1920, 2880)[config & 3])
        elif config < 16:
            sizes.append((480, 960)[config & 1])
        else:
            sizes.append((120, 240, 480, 960)[config & 3])
    return sizes


_FRAME_SIZE = _frame_sizes()


def packet_samples(packet: bytes) -> int:
    """Return the samples at 48 kHz that a packet announces; 0 for one that is not Opus."""
    if not packet:
        return 0
    count = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[packet[0] & 3]
    samples = count * _FRAME_SIZE[packet[0]]
    return samples if samples <= 5760 else 0


def samples_of(packets: Sequence[bytes]) -> NDArray[np.int64]:
    """Return the samples that each packet announces, as `packet_samples` does."""
    return np.array([packet_samples(packet) for packet in packets], np.int64)


def head_fields(head: bytes) -> tuple[int, int]:
    """Return channels and pre-skip of an OpusHead; (0, 0) for one that is not valid."""
    if len(head) < 19 or head[:8] != b"OpusHead" or head[8] & 0xF0 or not 1 <= head[9] <= 8:
        return 0, 0
    if head[18] and len(head) < 21 + head[9]:
        return 0, 0
    return head[9], int(struct.unpack_from("<H", head, 10)[0])


def head_with_skip(head: bytes, skip: int) -> bytes:
    """Return the OpusHead with another pre-skip, in samples at 48 kHz."""
    return head[:10] + struct.pack("<H", skip) + head[12:]
