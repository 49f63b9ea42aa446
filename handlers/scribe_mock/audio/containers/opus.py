"""Reads Opus packets and headers without decoding (RFC 6716, RFC 7845), and joins packets."""

import struct
from collections.abc import Iterator, Sequence

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
_FRAME_SIZES = np.array(_FRAME_SIZE, np.int64)
# The most bytes of a frame, and the most samples of a packet (RFC 6716, sections 3.2.1 and 3.2.5).
_MOST_FRAME_BYTES, _MOST_SAMPLES = 1275, 5760
# From this value on, a packet's first byte says that its frames have CELT.
_CELT = 0x60


def packet_samples(packet: bytes) -> int:
    """Return the samples at 48 kHz that a packet announces; 0 for one that is not Opus."""
    if not packet:
        return 0
    count = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[packet[0] & 3]
    samples = count * _FRAME_SIZE[packet[0]]
    return samples if samples <= _MOST_SAMPLES else 0


def samples_of(payload: bytes, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the samples that each packet announces, as `packet_samples` does.

    Args:
        payload: the packets, end to end.
        bounds: n + 1 offsets into it.
    """
    data = np.frombuffer(payload + bytes(2), np.uint8)
    begins, sizes = bounds[:-1], np.diff(bounds)
    first, second = data[begins], data[begins + 1]
    told = np.where(sizes > 1, second & 63, 0)
    counts = np.choose(first & 3, [1, 2, 2, told])
    samples = counts * _FRAME_SIZES[first]
    return np.where((sizes > 0) & (samples <= _MOST_SAMPLES), samples, 0).astype(np.int64)


def head_fields(head: bytes) -> tuple[int, int]:
    """Return channels and pre-skip of an OpusHead; (0, 0) for one that is not valid."""
    if len(head) < 19 or head[:8] != b"OpusHead" or head[8] & 0xF0 or not 1 <= head[9] <= 8:
        return 0, 0
    if head[18] and len(head) < 21 + head[9]:
        return 0, 0
    return head[9], int(struct.unpack_from("<H", head, 10)[0])


def is_one_stream(head: bytes) -> bool:
    """Whether the packets of an OpusHead hold one stream, of one or two channels."""
    return len(head) >= 19 and head[18] == 0


def head_with_skip(head: bytes, skip: int) -> bytes:
    """Return the OpusHead with another pre-skip, in samples at 48 kHz."""
    return head[:10] + struct.pack("<H", skip) + head[12:]


def joinable(packets: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the packets in groups that `join` can join, in order.

    Packets of SILK alone are not joined: encoders leave out the zeros at the end of its frames, and
    FFmpeg's decoder reads on into the next frame of the same packet. Nor are those without sound.
    """
    group: list[bytes] = []
    first, most = -1, 1
    for packet in packets:
        if len(group) < most and packet and packet[0] == first and 2 < len(packet) <= _LONGEST:
            group.append(packet)
            continue
        if group:
            yield group
        group, first, most = [packet], -1, 1
        if 2 < len(packet) <= _LONGEST and packet[0] >= _CELT and not packet[0] & 3:
            first, most = packet[0], _MOST_SAMPLES // _FRAME_SIZE[packet[0]]
    if group:
        yield group


def join(packets: Sequence[bytes]) -> bytes:
    """Return one packet with the frames of several that have the same first byte and one each."""
    if len(packets) == 1:
        return packets[0]
    head = bytes((packets[0][0] | _SEVERAL_FRAMES, _SIZES_DIFFER | len(packets)))
    sizes = [_FRAME_LENGTHS[len(packet) - 1] for packet in packets[:-1]]
    return b"".join([head, *sizes, *[packet[1:] for packet in packets]])


# A packet with its first byte and one frame.
_LONGEST = 1 + _MOST_FRAME_BYTES
# What the first two bytes of a packet of several frames have (RFC 6716, section 3.2.5).
_SEVERAL_FRAMES, _SIZES_DIFFER = 3, 0x80
# How a frame's size is written, by size (RFC 6716, section 3.2.1).
_FRAME_LENGTHS = [
    bytes([size]) if size < 252 else bytes([252 + (size & 3), size - 252 >> 2])
    for size in range(_LONGEST)
]
