"""WebM files with Opus: reads what MediaRecorder and muxers write, and writes complete files."""

import struct
from dataclasses import dataclass, field

from scribe_mock.audio.audio_errors import (
    DamagedAudio,
    EncryptedAudio,
    HeaderOnlyAudio,
    NoAudioStream,
    WrongKind,
)
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.ogg import opus_range
from scribe_mock.audio.containers.webm_blocks import BlockReader, Blocks
from scribe_mock.audio.containers.webm_elements import (
    EXPECTED,
    ElementId,
    element,
    elements,
)
from scribe_mock.audio.containers.webm_times import WebmTimes
from scribe_mock.audio.flaws import bounded
from scribe_mock.audio.media_types import WEBM
from scribe_mock.audio.track import Track, pack

# The value of TRACK_TYPE for audio.
_AUDIO_TRACK = 2


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

    data: bytes
    entry: _TrackEntry | None = None
    # Of each of the files that were joined.
    durations: list[float] = field(default_factory=list)
    scale: int = 1_000_000
    discard_ns: int = 0
    others: list[str] = field(default_factory=list)

    def read(self) -> Blocks:
        self.walker = BlockReader(self.data, self._element)
        return self.walker.read()

    def _element(self, name: int, start: int, end: int) -> None:
        if name == ElementId.DISCARD_PADDING:
            self.discard_ns = int.from_bytes(self.data[start:end], "big", signed=True)
        elif name == ElementId.EBML:
            self.durations.append(0.0)
            self.discard_ns = 0
        elif name == ElementId.INFO:
            self._info(start, end)
        elif name == ElementId.TRACKS:
            self._tracks(start, end)

    def _info(self, start: int, end: int) -> None:
        duration = 0.0
        for name, a, b in elements(self.data, start, end):
            if name == ElementId.DURATION and b - a in (4, 8):
                duration = struct.unpack(">f" if b - a == 4 else ">d", self.data[a:b])[0]
            elif name == ElementId.TIMESTAMP_SCALE:
                self.scale = int.from_bytes(self.data[a:b], "big")
        if duration > 0 and self.durations:
            self.durations[-1] = duration * self.scale / 1e9

    def _tracks(self, start: int, end: int) -> None:
        entries = [
            _read_track_entry(self.data, a, b)
            for n, a, b in elements(self.data, start, end)
            if n == ElementId.TRACK_ENTRY
        ]
        entry = next((entry for entry in entries if entry.type == _AUDIO_TRACK), None)
        self.walker.track = 0
        if self.entry is not None and (entry is None or entry.codec != self.entry.codec):
            self.others.append(entry.codec if entry else "no audio stream")
        elif entry is not None:
            _check_entry(entry)
            self.entry = self.entry or entry
            self.walker.track = entry.number
        self.walker.tracks = {entry.number for entry in entries}


def read_webm(data: bytes) -> Track:
    """Return the first audio stream of a WebM file; duration and index may be missing.

    Damaged and foreign bytes are skipped, and files that were joined are read one after the other,
    as players do. The track's flaws tell them.

    Raises:
        TruncatedAudio: the header ends after the file.
        DamagedAudio: the elements of the header contradict each other.
        EncryptedAudio: the stream is encrypted.
        WrongKind: it holds another codec than Opus.
        NoAudioStream: it has no track with sound.
        HeaderOnlyAudio: there are no blocks after the header.
    """
    reader = _Reader(data)
    blocks = reader.read()
    if reader.entry is None:
        raise NoAudioStream("a WebM file without an audio stream", EXPECTED)
    if not blocks.times:
        raise HeaderOnlyAudio("a WebM file with a header and no sound", EXPECTED)
    return _track(reader, blocks, reader.entry)


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


def _track(reader: _Reader, blocks: Blocks, entry: _TrackEntry) -> Track:
    channels, skip = opus.head_fields(entry.private)
    packets = [reader.data[a:b] for a, b in zip(blocks.starts, blocks.ends, strict=True)]
    payload, bounds = pack(packets)
    counts = opus.samples_of(payload, bounds)
    discard = max(0, reader.discard_ns) * opus.RATE // 1_000_000_000
    keep = max(0, int(counts.sum()) - skip - discard) if 0 < discard < 5760 * 2 else None
    times = WebmTimes(blocks, counts, reader.scale / 1e9, skip)
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
        claimed_s=times.claimed(reader.durations),
        flaws=bounded(times.flaws(packets, reader.durations, reader.others)),
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
