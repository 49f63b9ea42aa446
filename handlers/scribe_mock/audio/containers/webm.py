"""WebM files with Opus: read as MediaRecorder and muxers write them, written complete."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scribe_mock.audio.audio_errors import (
    DamagedAudio,
    EncryptedAudio,
    NoAudioStream,
    TruncatedAudio,
    WrongKind,
)
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.ogg import opus_range
from scribe_mock.audio.media_types import WEBM
from scribe_mock.audio.track import Track, pack

_EXPECTED = "a complete WebM file with Opus"
_UNKNOWN = -1
_EBML, _SEGMENT, _CLUSTER, _BLOCK_GROUP = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0xA0
_INFO, _TRACKS, _TIMESTAMP, _SIMPLE_BLOCK, _BLOCK = 0x1549A966, 0x1654AE6B, 0xE7, 0xA3, 0xA1
_DISCARD_PADDING, _DURATION, _TIMESTAMP_SCALE = 0x75A2, 0x4489, 0x2AD7B1
_TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE, _CODEC_ID = 0xAE, 0xD7, 0x83, 0x86
_CODEC_PRIVATE, _CODEC_DELAY, _ENCODINGS, _ENCODING = 0x63A2, 0x56AA, 0x6D80, 0x6240
_ENCRYPTION, _COMPRESSION = 0x5035, 0x5034
_ENTERED = {_SEGMENT, _CLUSTER, _BLOCK_GROUP}


@dataclass
class _TrackEntry:
    number: int = 0
    type: int = 0
    codec: str = ""
    private: bytes = b""
    encrypted: bool = False
    packed: bool = False


@dataclass
class _Reader:
    """What was read from the elements so far."""

    entry: _TrackEntry | None = None
    packets: list[bytes] = field(default_factory=list)
    claimed_s: float = 0.0
    scale: int = 1_000_000
    cluster: int = 0
    latest: int = 0
    discard_ns: int = 0


def _vint(data: bytes, position: int, keep_marker: bool) -> tuple[int, int]:
    """Return an EBML number and where it ends; -1 for an unknown size."""
    if position >= len(data):
        raise TruncatedAudio("a WebM file that ends within an element", _EXPECTED)
    first = data[position]
    length = 9 - first.bit_length()
    if length > (4 if keep_marker else 8):
        raise DamagedAudio(f"a WebM file with no element at byte {position}", _EXPECTED)
    end = position + length
    if end > len(data):
        raise TruncatedAudio("a WebM file that ends within an element", _EXPECTED)
    value = int.from_bytes(data[position:end], "big")
    if keep_marker:
        return value, end
    mask = (1 << 7 * length) - 1
    return (_UNKNOWN if value & mask == mask else value & mask), end


# Bytes of the longest id and size.
_LONGEST_HEAD = 12


def _is_unfinished_head(data: bytes, position: int, end: int) -> bool:
    """Tell whether the file ends in an element's id or size: browsers end slices just there."""
    width = 9 - data[position].bit_length()
    if position + width >= end:
        return width <= 4
    return position + width + 9 - data[position + width].bit_length() > end


def _element_head(data: bytes, position: int) -> tuple[int, int, int]:
    """Return an element's id, its size and where its body begins."""
    head = data[position : position + 3]
    if len(head) == 3 and head[0] == _SIMPLE_BLOCK:  # nearly all elements: worth a short cut
        if head[1] > 0x80 and head[1] != 0xFF:
            return _SIMPLE_BLOCK, head[1] & 0x7F, position + 2
        if 0x40 <= head[1] < 0x7F:
            return _SIMPLE_BLOCK, (head[1] & 0x3F) << 8 | head[2], position + 3
    name, at = _vint(data, position, True)
    size, body = _vint(data, at, False)
    return name, size, body


def _elements(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start of body, end of body), going into segments, clusters and block groups."""
    while position < end:
        if end - position < _LONGEST_HEAD and _is_unfinished_head(data, position, end):
            return
        name, size, body = _element_head(data, position)
        if size == _UNKNOWN and name not in _ENTERED:
            raise DamagedAudio(f"a WebM element of unknown size at byte {position}", _EXPECTED)
        if body + size > len(data):
            raise TruncatedAudio("a WebM file that ends before its announced end", _EXPECTED)
        if body + size > end:  # many such elements would each be read to the end of the file
            raise DamagedAudio("a WebM element that ends after the one around it", _EXPECTED)
        stop = end if size == _UNKNOWN else body + size
        yield name, body, stop
        position = body if name in _ENTERED else stop


def read_webm(data: bytes) -> Track:
    """Return the first audio stream of a WebM file; duration and index may be missing.

    Raises:
        TruncatedAudio: an element ends after the file.
        DamagedAudio: the elements make no sense.
        EncryptedAudio: the stream is encrypted.
        WrongKind: it holds another codec than Opus.
        NoAudioStream: it holds no sound.
    """
    reader = _Reader()
    for name, start, end in _elements(data, 0, len(data)):
        _take(reader, data, name, start, end)
    if reader.entry is None:
        raise NoAudioStream("a WebM file without an audio stream", _EXPECTED)
    if not reader.packets:
        raise NoAudioStream("a WebM file with a header and no sound", _EXPECTED)
    return _track(reader, reader.entry)


def _take(reader: _Reader, data: bytes, name: int, start: int, end: int) -> None:
    if name in (_SIMPLE_BLOCK, _BLOCK):
        _take_block(reader, data, start, end)
    elif name == _TIMESTAMP:
        reader.cluster = int.from_bytes(data[start:end], "big")
    elif name == _DISCARD_PADDING:
        reader.discard_ns = int.from_bytes(data[start:end], "big", signed=True)
    elif name == _INFO:
        _take_info(reader, data, start, end)
    elif name == _TRACKS and reader.entry is None:
        entries = [_track_entry(data, a, b) for n, a, b in _elements(data, start, end) if n == 0xAE]
        reader.entry = next((entry for entry in entries if entry.type == 2), None)
        if reader.entry:
            _check_entry(reader.entry)


def _take_info(reader: _Reader, data: bytes, start: int, end: int) -> None:
    duration = 0.0
    for name, a, b in _elements(data, start, end):
        if name == _DURATION and b - a in (4, 8):
            duration = struct.unpack(">f" if b - a == 4 else ">d", data[a:b])[0]
        elif name == _TIMESTAMP_SCALE:
            reader.scale = int.from_bytes(data[a:b], "big")
    if duration > 0:
        reader.claimed_s = duration * reader.scale / 1e9


def _track_entry(data: bytes, start: int, end: int) -> _TrackEntry:
    entry = _TrackEntry()
    for name, a, b in _elements(data, start, end):
        if name == _TRACK_NUMBER:
            entry.number = int.from_bytes(data[a:b], "big")
        elif name == _TRACK_TYPE:
            entry.type = int.from_bytes(data[a:b], "big")
        elif name == _CODEC_ID:
            entry.codec = data[a:b].rstrip(b"\0").decode("ascii", "replace")
        elif name == _CODEC_PRIVATE:
            entry.private = data[a:b]
        elif name == _ENCODINGS:
            inner = [
                n
                for m, c, d in _elements(data, a, b)
                if m == _ENCODING
                for n, _, _ in _elements(data, c, d)
            ]
            entry.encrypted, entry.packed = _ENCRYPTION in inner, _COMPRESSION in inner
    return entry


def _check_entry(entry: _TrackEntry) -> None:
    if entry.encrypted:
        raise EncryptedAudio("an encrypted WebM file", _EXPECTED)
    if entry.codec != "A_OPUS" or entry.packed:
        raise WrongKind(f"a WebM or Matroska file with {entry.codec[:40] or 'no codec'}", _EXPECTED)
    if not opus.head_fields(entry.private)[0]:
        raise DamagedAudio("a WebM file with a broken Opus header", _EXPECTED)


def _take_block(reader: _Reader, data: bytes, start: int, end: int) -> None:
    first = data[start] if start < end else 0
    number, at = (first & 0x7F, start + 1) if first > 0x80 else _vint(data, start, False)
    if reader.entry is None or number != reader.entry.number:
        return
    if at + 3 > end:
        raise DamagedAudio(f"a WebM block of {end - start} bytes", _EXPECTED)
    timestamp, flags = struct.unpack_from(">hB", data, at)
    reader.latest = max(reader.latest, reader.cluster + timestamp)
    lacing = flags >> 1 & 3
    reader.packets += _laced(data, at + 3, end, lacing) if lacing else [data[at + 3 : end]]


def _laced(data: bytes, position: int, end: int, lacing: int) -> list[bytes]:
    if position >= end:
        raise DamagedAudio("an empty WebM block", _EXPECTED)
    count, position = data[position] + 1, position + 1
    if lacing == 2:
        sizes = [(end - position) // count] * (count - 1)
    elif lacing == 1:
        sizes, position = _xiph_sizes(data, position, count - 1)
    else:
        sizes, position = _ebml_sizes(data, position, count - 1)
    if min(sizes, default=0) < 0 or position + sum(sizes) > end:
        raise DamagedAudio("a WebM block whose frames do not fit into it", _EXPECTED)
    packets = []
    for size in sizes:
        packets.append(data[position : position + size])
        position += size
    return [*packets, data[position:end]]


def _xiph_sizes(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    sizes = []
    for _ in range(count):
        size = 0
        while data[position : position + 1] == b"\xff":
            size, position = size + 255, position + 1
        sizes.append(size + sum(data[position : position + 1]))
        position += 1
    return sizes, position


def _ebml_sizes(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    sizes: list[int] = []
    for _ in range(count):
        value, end = _vint(data, position, False)
        bias = (1 << 7 * (end - position) - 1) - 1
        sizes.append(sizes[-1] + value - bias if sizes else value)
        position = end
    return sizes, position


def _track(reader: _Reader, entry: _TrackEntry) -> Track:
    channels, skip = opus.head_fields(entry.private)
    counts = np.array([opus.packet_samples(packet) for packet in reader.packets], np.int64)
    discard = max(0, reader.discard_ns) * opus.RATE // 1_000_000_000
    keep = max(0, int(counts.sum()) - skip - discard) if 0 < discard < 5760 * 2 else None
    payload, bounds = pack(reader.packets)
    return Track(
        media_type=WEBM,
        codec="opus",
        rate=opus.RATE,
        channels=channels,
        payload=payload,
        bounds=bounds,
        extradata=opus.head_with_skip(entry.private, 0),
        header=entry.private,
        skip=skip,
        keep=keep,
        claimed_s=max(reader.claimed_s, reader.latest * reader.scale / 1e9),
    )


def _element(name: int, body: bytes) -> bytes:
    size = len(body)
    width = next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    head = (size | 1 << 7 * width).to_bytes(width, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + head + body


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def cut_webm(track: Track, start: int, end: int) -> bytes:
    """Return a WebM file with the samples from start up to and without end.

    It begins 80 ms early, for the decoder to settle; the codec delay leaves that out again.
    """
    edges = track.edges
    first, last = opus_range(track, start, end)
    skip = start - int(edges[first])
    info = _number(_TIMESTAMP_SCALE, 1_000_000)
    info += _element(_DURATION, struct.pack(">d", (end - start) / 48))
    info += _element(0x4D80, b"scribe-mock") + _element(0x5741, b"scribe-mock")
    segment = _element(_INFO, info) + _element(_TRACKS, _entry_element(track, skip))
    times = (edges[first:last] - edges[first]) // 48
    segment += _clusters(track.packets(first, last), times.tolist(), int(edges[last]) - end)
    return _EBML_HEADER + _element(_SEGMENT, segment)


_EBML_HEADER = _element(
    _EBML,
    _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
    + _element(0x4282, b"webm") + _number(0x4287, 4) + _number(0x4285, 2),
)  # fmt: skip


def _entry_element(track: Track, skip: int) -> bytes:
    audio = _element(0xB5, struct.pack(">d", opus.RATE)) + _number(0x9F, track.channels)
    return _element(
        _TRACK_ENTRY,
        _number(_TRACK_NUMBER, 1) + _number(0x73C5, 1) + _number(_TRACK_TYPE, 2)
        + _number(0x9C, 0) + _element(_CODEC_ID, b"A_OPUS")
        + _number(_CODEC_DELAY, skip * 1_000_000_000 // opus.RATE)
        + _number(0x56BB, 80_000_000)
        + _element(_CODEC_PRIVATE, opus.head_with_skip(track.header, skip)) + _element(0xE1, audio),
    )  # fmt: skip


_BLOCK_HEAD = struct.Struct(">BIBhB").pack


def _clusters(packets: list[bytes], times: list[int], trim: int) -> bytes:
    """Return clusters of at most 5 s; the last packet loses `trim` samples at its end."""
    clusters: list[bytes] = []
    blocks: list[bytes] = []
    began = 0
    for packet, time in zip(packets, times, strict=True):
        if time - began >= 5000:
            clusters.append(_element(_CLUSTER, _number(_TIMESTAMP, began) + b"".join(blocks)))
            blocks, began = [], time
        # The element's head with a size of four bytes, the track's number, the time, the flags.
        blocks.append(_BLOCK_HEAD(0xA3, len(packet) + 4 | 1 << 28, 0x81, time - began, 0x80))
        blocks.append(packet)
    if trim > 0:
        padding = (trim * 1_000_000_000 // opus.RATE).to_bytes(8, "big")
        last = _element(_BLOCK, b"\x81" + struct.pack(">hB", times[-1] - began, 0) + packets[-1])
        blocks[-2:] = [_element(_BLOCK_GROUP, last + _element(_DISCARD_PADDING, padding))]
    clusters.append(_element(_CLUSTER, _number(_TIMESTAMP, began) + b"".join(blocks)))
    return b"".join(clusters)


CONTAINER = Container(read_webm, cut_webm)
