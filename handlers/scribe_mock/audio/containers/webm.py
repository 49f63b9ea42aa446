"""WebM files with Opus: reads what MediaRecorder and muxers write, and writes complete files."""

import struct
from dataclasses import dataclass, field

import numpy as np

from scribe_mock.audio.audio_errors import (
    DamagedAudio,
    EncryptedAudio,
    NoAudioStream,
    WrongKind,
)
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.ogg import opus_range
from scribe_mock.audio.containers.webm_elements import (
    EXPECTED,
    ElementId,
    element,
    elements,
    read_number,
)
from scribe_mock.audio.media_types import WEBM
from scribe_mock.audio.track import Track, pack

_BLOCKS = {ElementId.SIMPLE_BLOCK, ElementId.BLOCK}
# The value of TRACK_TYPE for audio.
_AUDIO_TRACK = 2
# How one block stores the sizes of several frames (RFC 9559, section 10.3); any other value: EBML.
_XIPH_LACING, _FIXED_LACING = 1, 2


@dataclass
class _TrackEntry:
    number: int = 0
    type: int = 0
    codec: str = ""
    private: bytes = b""
    encrypted: bool = False
    compressed: bool = False


@dataclass
class _Reader:
    """What was read from the elements so far; times are in units of `scale` nanoseconds."""

    entry: _TrackEntry | None = None
    packets: list[bytes] = field(default_factory=list)
    claimed_s: float = 0.0
    scale: int = 1_000_000
    cluster: int = 0
    latest: int = 0
    discard_ns: int = 0


def read_webm(data: bytes) -> Track:
    """Return the first audio stream of a WebM file; duration and index may be missing.

    Raises:
        TruncatedAudio: an element ends after the file.
        DamagedAudio: the elements contradict each other.
        EncryptedAudio: the stream is encrypted.
        WrongKind: it holds another codec than Opus.
        NoAudioStream: it holds no sound.
    """
    reader = _Reader()
    for name, start, end in elements(data, 0, len(data)):
        _read_element(reader, data, name, start, end)
    if reader.entry is None:
        raise NoAudioStream("a WebM file without an audio stream", EXPECTED)
    if not reader.packets:
        raise NoAudioStream("a WebM file with a header and no sound", EXPECTED)
    return _track(reader, reader.entry)


def _read_element(reader: _Reader, data: bytes, name: int, start: int, end: int) -> None:
    if name in _BLOCKS:
        _read_block(reader, data, start, end)
    elif name == ElementId.TIMESTAMP:
        reader.cluster = int.from_bytes(data[start:end], "big")
    elif name == ElementId.DISCARD_PADDING:
        reader.discard_ns = int.from_bytes(data[start:end], "big", signed=True)
    elif name == ElementId.INFO:
        _read_info(reader, data, start, end)
    elif name == ElementId.TRACKS and reader.entry is None:
        entries = [
            _read_track_entry(data, a, b)
            for n, a, b in elements(data, start, end)
            if n == ElementId.TRACK_ENTRY
        ]
        reader.entry = next((entry for entry in entries if entry.type == _AUDIO_TRACK), None)
        if reader.entry:
            _check_entry(reader.entry)


def _read_info(reader: _Reader, data: bytes, start: int, end: int) -> None:
    duration = 0.0
    for name, a, b in elements(data, start, end):
        if name == ElementId.DURATION and b - a in (4, 8):
            duration = struct.unpack(">f" if b - a == 4 else ">d", data[a:b])[0]
        elif name == ElementId.TIMESTAMP_SCALE:
            reader.scale = int.from_bytes(data[a:b], "big")
    if duration > 0:
        reader.claimed_s = duration * reader.scale / 1e9


def _read_track_entry(data: bytes, start: int, end: int) -> _TrackEntry:
    entry = _TrackEntry()
    for name, a, b in elements(data, start, end):
        if name == ElementId.TRACK_NUMBER:
            entry.number = int.from_bytes(data[a:b], "big")
        elif name == ElementId.TRACK_TYPE:
            entry.type = int.from_bytes(data[a:b], "big")
        elif name == ElementId.CODEC_ID:
            entry.codec = data[a:b].rstrip(b"\0").decode("ascii", "replace")
        elif name == ElementId.CODEC_PRIVATE:
            entry.private = data[a:b]
        elif name == ElementId.ENCODINGS:
            inner = [
                n
                for m, c, d in elements(data, a, b)
                if m == ElementId.ENCODING
                for n, _, _ in elements(data, c, d)
            ]
            entry.encrypted = ElementId.ENCRYPTION in inner
            entry.compressed = ElementId.COMPRESSION in inner
    return entry


def _check_entry(entry: _TrackEntry) -> None:
    if entry.encrypted:
        raise EncryptedAudio("an encrypted WebM file", EXPECTED)
    if entry.codec != "A_OPUS" or entry.compressed:
        raise WrongKind(f"a WebM or Matroska file with {entry.codec[:40] or 'no codec'}", EXPECTED)
    if not opus.head_fields(entry.private)[0]:
        raise DamagedAudio("a WebM file with an invalid Opus header", EXPECTED)


def _read_block(reader: _Reader, data: bytes, start: int, end: int) -> None:
    first = data[start] if start < end else 0
    number, at = (first & 0x7F, start + 1) if first > 0x80 else read_number(data, start, False)
    if reader.entry is None or number != reader.entry.number:
        return
    if at + 3 > end:
        raise DamagedAudio(f"a WebM file with a block of {end - start} bytes", EXPECTED)
    timestamp, flags = struct.unpack_from(">hB", data, at)
    reader.latest = max(reader.latest, reader.cluster + timestamp)
    lacing = flags >> 1 & 3
    reader.packets += _laced(data, at + 3, end, lacing) if lacing else [data[at + 3 : end]]


def _laced(data: bytes, position: int, end: int, lacing: int) -> list[bytes]:
    """Return the frames of a block that holds several."""
    if position >= end:
        raise DamagedAudio("a WebM file with an empty block", EXPECTED)
    count, position = data[position] + 1, position + 1
    if lacing == _FIXED_LACING:
        sizes = [(end - position) // count] * (count - 1)
    elif lacing == _XIPH_LACING:
        sizes, position = _xiph_sizes(data, position, count - 1)
    else:
        sizes, position = _ebml_sizes(data, position, count - 1)
    if min(sizes, default=0) < 0 or position + sum(sizes) > end:
        raise DamagedAudio("a WebM file with a block too small for its frames", EXPECTED)
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
        value, end = read_number(data, position, False)
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


def cut_webm(track: Track, start: int, end: int) -> bytes:
    """Return a WebM file with the samples from start up to, but not including, end.

    Its packets begin 80 ms earlier, since a decoder's first output is wrong; players skip that part
    because of the codec delay.
    """
    edges = track.edges
    first, last = opus_range(track, start, end)
    skip = start - int(edges[first])
    info = element(ElementId.TIMESTAMP_SCALE, 1_000_000)
    info += element(ElementId.DURATION, struct.pack(">d", (end - start) / 48))
    info += element(ElementId.MUXING_APP, b"scribe-mock")
    info += element(ElementId.WRITING_APP, b"scribe-mock")
    segment = element(ElementId.INFO, info)
    segment += element(ElementId.TRACKS, _track_entry_element(track, skip))
    times = (edges[first:last] - edges[first]) // 48
    segment += _clusters(track.packets(first, last), times.tolist(), int(edges[last]) - end)
    return _EBML_HEADER + element(ElementId.SEGMENT, segment)


_EBML_HEADER = element(
    ElementId.EBML,
    element(ElementId.EBML_VERSION, 1)
    + element(ElementId.EBML_READ_VERSION, 1)
    + element(ElementId.EBML_MAX_ID_LENGTH, 4)
    + element(ElementId.EBML_MAX_SIZE_LENGTH, 8)
    + element(ElementId.DOC_TYPE, b"webm")
    + element(ElementId.DOC_TYPE_VERSION, 4)
    + element(ElementId.DOC_TYPE_READ_VERSION, 2),
)


def _track_entry_element(track: Track, skip: int) -> bytes:
    rate = struct.pack(">d", opus.RATE)
    audio = element(ElementId.SAMPLING_FREQUENCY, rate)
    audio += element(ElementId.CHANNELS, track.channels)
    return element(
        ElementId.TRACK_ENTRY,
        element(ElementId.TRACK_NUMBER, 1)
        + element(ElementId.TRACK_UID, 1)
        + element(ElementId.TRACK_TYPE, _AUDIO_TRACK)
        + element(ElementId.FLAG_LACING, 0)
        + element(ElementId.CODEC_ID, b"A_OPUS")
        + element(ElementId.CODEC_DELAY, skip * 1_000_000_000 // opus.RATE)
        + element(ElementId.SEEK_PREROLL, 80_000_000)
        + element(ElementId.CODEC_PRIVATE, opus.head_with_skip(track.header, skip))
        + element(ElementId.AUDIO, audio),
    )


_BLOCK_HEAD = struct.Struct(">BIBhB").pack


def _clusters(packets: list[bytes], times: list[int], trim: int) -> bytes:
    """Return clusters of at most 5 s; the last packet loses `trim` samples at its end."""
    clusters: list[bytes] = []
    blocks: list[bytes] = []
    began = 0
    for packet, time in zip(packets, times, strict=True):
        if time - began >= 5000:
            clusters.append(
                element(ElementId.CLUSTER, element(ElementId.TIMESTAMP, began) + b"".join(blocks))
            )
            blocks, began = [], time
        # The element's head with a size of four bytes, the track's number, the time, the flags.
        blocks.append(_BLOCK_HEAD(0xA3, len(packet) + 4 | 1 << 28, 0x81, time - began, 0x80))
        blocks.append(packet)
    if trim > 0:
        padding = (trim * 1_000_000_000 // opus.RATE).to_bytes(8, "big")
        last = element(
            ElementId.BLOCK, b"\x81" + struct.pack(">hB", times[-1] - began, 0) + packets[-1]
        )
        blocks[-2:] = [
            element(ElementId.BLOCK_GROUP, last + element(ElementId.DISCARD_PADDING, padding))
        ]
    clusters.append(
        element(ElementId.CLUSTER, element(ElementId.TIMESTAMP, began) + b"".join(blocks))
    )
    return b"".join(clusters)


CONTAINER = Container(read_webm, cut_webm)
