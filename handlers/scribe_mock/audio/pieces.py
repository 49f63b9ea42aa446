"""Recognises pieces of a recording: what a recorder hands out after, or without, its header."""

import re
import struct
from itertools import islice, pairwise

from scribe_mock.audio.audio_errors import AudioError, TruncatedAudio
from scribe_mock.audio.containers import mp3_frames
from scribe_mock.audio.containers.webm_elements import (
    ENTERED,
    UNKNOWN,
    ElementId,
    element_head,
)

#: How many bytes are searched for what tells a piece: a page, a box, a block.
SEARCHED = 32 * 1024
_CLUSTER = ElementId.CLUSTER.to_bytes(4, "big")
_SOUND = b"A_OPUS"
# A block of track 1: its id, a size of one to four bytes, the track; and how many places that look
# so are tried, since hostile bytes can have thousands.
_SIZE = rb"(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f]..|[\x10-\x1f]...)"
_BLOCK, _MOST_BLOCKS = re.compile(rb"\xa3(?=" + _SIZE + rb"\x81)", re.DOTALL), 1000
_EBML = ElementId.EBML.to_bytes(4, "big")
# The boxes that each fragment of an MP4 begins with, and the index, each with its first child.
_MP4_PAIRS = ((b"moof", b"mfhd"), (b"moov", b"mvhd"))
# What a file begins with that is searched for behind other bytes.
_PAGE, _RIFF = b"OggS\0", b"RIFF"
_FIRST_PAGE = 2  # a flag of the page that begins a stream (RFC 3533, section 6)
# PCM is recognised by samples at three places, so many at each: neighbours are at least so alike.
# In speech at 8 kHz it is 0.8 and more, in compressed or random bytes below 0.3.
_COMPARED, _LEAST_LIKENESS = 128, 0.6
# The least power of the highest bytes of samples: else there are too few steps to judge.
_LEAST_POWER = 0.05
# Bytes of all channels' samples, from 8 bits mono to 32 bits stereo.
_FRAME_BYTES = (1, 2, 3, 4, 6, 8)


def behind_junk(data: bytes) -> str | None:
    """Return the container whose file begins somewhere in the first bytes, or None."""
    webm = data.find(_EBML, 0, SEARCHED)
    if webm >= 0 and b"webm" in data[webm : webm + 64]:
        return "webm"
    page = data.find(_PAGE, 0, SEARCHED)
    if page >= 0 and data[page + 5 : page + 6] and data[page + 5] & _FIRST_PAGE:
        return "ogg"
    riff = data.find(_RIFF, 0, SEARCHED)
    if riff >= 0 and data.startswith(b"WAVE", riff + 8):
        return "wav"
    brand = data.find(b"ftyp", 4, SEARCHED)
    if brand >= 0 and data[brand - 4 : brand - 1] == bytes(3):  # a box of less than 256 bytes
        return "mp4"
    return None


def piece_of(data: bytes) -> str | None:
    """Return the container of which the bytes are a piece without header, or None."""
    page = data.find(_PAGE, 0, SEARCHED)
    if page >= 0 and data[page + 5 : page + 6] and not data[page + 5] & _FIRST_PAGE:
        return "ogg"
    if _has_mp4_box(data):
        return "mp4"
    if _has_webm_blocks(data):
        return "webm"
    return None


def is_header_only(data: bytes, container: str) -> bool:
    """Return whether a whole file of a known container has a header and no sound."""
    tests = {"webm": _webm_header, "mp4": _mp4_header, "ogg": _ogg_header, "wav": _wav_header}
    return container in tests and tests[container](data)


def _webm_header(data: bytes) -> bool:
    has_sound, at = False, 0
    try:
        while at < len(data):
            name, size, body = element_head(data, at)
            if name in (ElementId.SIMPLE_BLOCK, ElementId.BLOCK_GROUP):
                return has_sound and body + size > len(data)  # no block is whole
            if name == ElementId.TRACKS:
                has_sound = _SOUND in data
            at = body if name in ENTERED or size == UNKNOWN else body + size
    except TruncatedAudio:
        pass
    except AudioError:
        return False
    return has_sound


def _mp4_header(data: bytes) -> bool:
    names, at = set(), 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        names.add(name)
        if size < 8:  # to the end of the file, or 64 bits: only large boxes have that
            return False
        at += size
    return b"moov" in names and not names & {b"mdat", b"moof"}


def _ogg_header(data: bytes) -> bool:
    at = 0
    while data.startswith(_PAGE, at) and at + 27 <= len(data):
        if struct.unpack_from("<q", data, at + 6)[0] > 0:
            return False
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(lacing) + sum(lacing)
    return at == len(data)


def _wav_header(data: bytes) -> bool:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            return at + 8 == len(data)
        at += 8 + size + (size & 1)
    return at == len(data)


def is_pcm(data: bytes) -> bool:
    """Return whether each sample is like the one before, as in PCM, of one of the usual sizes."""
    places = [len(data) * quarter // 4 for quarter in (1, 2, 3)]
    return any(
        _likeness(b"".join(data[p + at : p + at + size * _COMPARED : size] for p in places))
        >= _LEAST_LIKENESS
        for size in _FRAME_BYTES
        for at in range(size)
    )


def _likeness(high_bytes: bytes) -> float:
    """Return how much the highest bytes of samples in a row are alike: 1 if equal, 0 if random."""
    count = len(high_bytes)
    if count < _COMPARED:
        return 0.0
    values = _signed(high_bytes)
    mean = sum(values) / count
    power = sum((value - mean) ** 2 for value in values)
    product = sum((a - mean) * (b - mean) for a, b in pairwise(values))
    return product / power if power > _LEAST_POWER * count else 0.0


def _signed(high_bytes: bytes) -> list[int]:
    """Return bytes around zero: in unsigned 8-bit PCM 128 stands for zero, in all others 0."""
    near_zero = sum(byte < 32 or byte >= 224 for byte in high_bytes)
    zero = 0 if near_zero * 2 > len(high_bytes) else 128
    return [(byte - zero + 128 & 0xFF) - 128 for byte in high_bytes]


def _has_mp4_box(data: bytes) -> bool:
    """Return whether a fragment or an index begins in the bytes, with its first child."""
    for name, child in _MP4_PAIRS:
        at = data.find(name, 4, SEARCHED)
        if at >= 0 and data.startswith(child, at + 8):
            return True
    return False


def _has_webm_blocks(data: bytes) -> bool:
    """Return whether there are two WebM blocks in a row: a piece may begin anywhere."""
    if data.startswith(_CLUSTER):
        return True
    # The bytes of MPEG frames can look like blocks too.
    if mp3_frames.is_chain(data, 0):
        return False
    for found in islice(_BLOCK.finditer(data, 0, SEARCHED), _MOST_BLOCKS):
        end = _webm_block_end(data, found.start())
        if end and (data.startswith(_CLUSTER, end) or _webm_block_end(data, end)):
            return True
    return False


def _webm_block_end(data: bytes, at: int) -> int:
    """Return where a SimpleBlock of track 1 ends, or 0 if there is none."""
    head = data[at : at + 9]
    if len(head) < 9 or head[0] != ElementId.SIMPLE_BLOCK or head[1] < 0x10:
        return 0
    width = 9 - head[1].bit_length()
    size = int.from_bytes(head[1 : 1 + width], "big") & (1 << 7 * width) - 1
    return at + 1 + width + size if head[1 + width] == 0x81 and size > 4 else 0
