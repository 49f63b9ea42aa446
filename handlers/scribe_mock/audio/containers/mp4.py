"""MP4 and M4A files: checks their boxes, reads them by PyAV, writes them with the index first."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from scribe_mock.audio.audio_errors import (
    DamagedAudio,
    EncryptedAudio,
    HeaderlessAudio,
    HeaderOnlyAudio,
    NoAudioStream,
    TruncatedAudio,
    WrongKind,
)
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.mp4_boxes import Layout
from scribe_mock.audio.containers.timeline import flaws_of_runs, junk, packet_runs
from scribe_mock.audio.flaws import Flaw, bounded
from scribe_mock.audio.media_types import M4A, MP4
from scribe_mock.audio.track import Track, pack

_EXPECTED = "a complete MP4 or M4A file with AAC, Opus or ALAC"
_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex", b"edts"}
# The offset of the number of entries in these boxes; it is checked against their size.
_COUNTED = {b"stsz": 8, b"stz2": 8, b"stts": 4, b"stsc": 4, b"stco": 4, b"co64": 4, b"ctts": 4,
            b"stss": 4, b"elst": 4, b"trun": 4, b"saio": 4, b"sbgp": 8, b"sgpd": 8}  # fmt: skip
_MAX_DEPTH = 8
# Sample entries that PyAV is asked to read, and names of others for messages.
_READABLE = {b"mp4a", b"Opus", b"alac"}
_PCM = (b"lpcm", b"sowt", b"twos", b"ipcm", b"fpcm", b"in24", b"in32", b"fl32", b"fl64", b"raw ")
_NAMES = {
    **dict.fromkeys((*_PCM, b"NONE"), "PCM"),
    b"alaw": "A-law", b"ulaw": "mu-law", b"samr": "AMR", b"sawb": "AMR-WB", b"fLaC": "FLAC",
    b"ac-3": "AC-3", b"ec-3": "E-AC-3", b".mp3": "MP3", b"ms\0U": "MP3", b"ima4": "IMA ADPCM",
    b"agsm": "GSM", b"Qclp": "QCELP", b"sqcp": "QCELP", b"dtsc": "DTS", b"spex": "Speex",
}  # fmt: skip
# AAC as declared; Opus from browsers without an AAC encoder; ALAC from phones set to lossless.
_CODECS = {"aac": "aac", "aac_fixed": "aac", "opus": "opus", "libopus": "opus", "alac": "alac"}
# Packets that a decoder needs before its output is right.
_PREROLL = {"aac": 2, "alac": 0}


@dataclass(frozen=True)
class _Box:
    name: bytes
    path: tuple[bytes, ...]
    start: int
    body: int
    end: int


def _boxes(data: bytes, start: int, end: int, path: tuple[bytes, ...] = ()) -> Iterator[_Box]:
    """Yield the boxes of an MP4 file, parents before their children."""
    while start < end:
        if start + 8 > end:
            if not path and any(data[start:end]):
                raise TruncatedAudio("an MP4 file that ends within a box", _EXPECTED)
            return
        size, name = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            if start + 16 > end:
                raise TruncatedAudio("an MP4 file that ends within a box", _EXPECTED)
            size, body = struct.unpack_from(">Q", data, body)[0], start + 16
        elif size == 0 and not path:
            size = end - start
        if size < body - start or (path and start + size > end):
            raise DamagedAudio(f"an MP4 file with an invalid box at byte {start}", _EXPECTED)
        if start + size > end:
            raise TruncatedAudio("an MP4 file that ends before its announced end", _EXPECTED)
        box = _Box(name, path, start, body, start + size)
        yield box
        if name in _PARENTS and len(path) < _MAX_DEPTH:
            yield from _boxes(data, body, box.end, (*path, name))
        start += size


def _check(data: bytes) -> bytes:
    """Check the boxes, and return the sample description of the audio track."""
    boxes = list(_boxes(data, 0, len(data)))
    names = {box.name for box in boxes}
    if sum(box.name == b"moov" for box in boxes) > 1:
        raise DamagedAudio("several MP4 files in a row", _EXPECTED)
    if b"moov" not in names and b"moof" in names:
        raise HeaderlessAudio("a piece of an MP4 file without its header", _EXPECTED)
    if b"moov" not in names:
        raise TruncatedAudio("an MP4 file without its index (moov)", _EXPECTED)
    for box in boxes:
        _check_counts(data, box)
    descriptions = [data[b.start : b.end] for b in boxes if b.name == b"stsd"]
    if any(entry[4:8] == b"enca" or b"schm" in entry for entry in map(_entry, descriptions)):
        raise EncryptedAudio("an encrypted MP4 file", _EXPECTED)
    if b"mdat" not in names:
        raise HeaderOnlyAudio("an MP4 file with a header and no sound", _EXPECTED)
    return _sound_description(data, boxes)


def _sound_description(data: bytes, boxes: list[_Box]) -> bytes:
    """Return the sample description of the first audio track (ISO/IEC 14496-12, 8.5.2)."""
    handler, unknown = b"", ""
    for box in boxes:
        if box.name == b"hdlr":
            handler = data[box.body + 8 : box.body + 12]
        if box.name != b"stsd":
            continue
        name = _entry(data[box.start : box.end])[4:8]
        if name in _READABLE:
            return data[box.start : box.end]
        if name in _NAMES or handler == b"soun":
            unknown = unknown or _NAMES.get(name) or f"the codec {name.decode('latin-1')!r}"
    if unknown:
        raise WrongKind(f"an MP4 file with {unknown}", _EXPECTED)
    raise NoAudioStream("an MP4 file without an audio stream", _EXPECTED)


def _entry(description: bytes) -> bytes:
    return description[16:]


def _check_counts(data: bytes, box: _Box) -> None:
    offset = _COUNTED.get(box.name)
    if offset is None or box.body + offset + 4 > box.end:
        return
    count = int(struct.unpack_from(">I", data, box.body + offset)[0])
    if count > len(data):
        name = box.name.decode("latin-1")
        raise DamagedAudio(f"an MP4 file whose {name} box claims {count} entries", _EXPECTED)


def read_mp4(data: bytes) -> Track:
    """Return the audio stream of an MP4 or M4A file, its index at either end or in fragments.

    Raises:
        TruncatedAudio: a box ends after the file, or index or sound are missing.
        DamagedAudio: the boxes or the index contradict each other.
        EncryptedAudio: the sound is encrypted.
        WrongKind: it holds another codec than AAC, Opus or ALAC.
        NoAudioStream: it holds no sound.
    """
    layout = Layout(data)
    layout.read()
    whole = layout.mended()
    description = _check(whole)
    try:
        with av.open(
            io.BytesIO(whole), "r", format="mp4", options={"ignore_chapters": "1"}
        ) as container:
            return _demux(container, description, layout)
    except FFmpegError as error:
        raise DamagedAudio(
            f"an MP4 file that can't be read ({error.strerror})", _EXPECTED
        ) from None


def _demux(container: av.container.InputContainer, description: bytes, layout: Layout) -> Track:
    if not container.streams.audio:
        raise NoAudioStream("an MP4 file without an audio stream", _EXPECTED)
    stream = container.streams.audio[0]
    context = stream.codec_context
    name = context.name if context else "an unknown codec"
    codec = _CODECS.get(name)
    if codec is None:
        raise WrongKind(f"an MP4 file with {name}", _EXPECTED)
    found = _packets(container, stream)
    base = float(stream.time_base or 0)
    rate, channels = context.rate, context.channels
    if not 4_000 <= rate <= 192_000 or not 1 <= channels <= 16:
        raise DamagedAudio(f"an MP4 file with {codec}, {channels} channels at {rate} Hz", _EXPECTED)
    skip = max(0, round(-found.begin * base * rate))
    if codec == "opus":  # browsers write the pre-skip, but no edit list
        skip = max(skip, opus.head_fields(context.extradata or b"")[1])
    payload, bounds = pack(found.packets)
    lengths = found.lengths(codec, base)
    return Track(
        media_type=MP4,
        codec=codec,
        rate=rate,
        channels=channels,
        payload=payload,
        bounds=bounds,
        extradata=_plain_extradata(codec, context.extradata or b""),
        header=description,
        skip=skip,
        claimed_s=float(lengths.sum()),
        flaws=bounded(_flaws(found, lengths, base, skip / rate, layout)),
    )


@dataclass
class _Packets:
    """The packets of a stream, with times and durations in units of its time base."""

    packets: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    begin: int = 0

    def lengths(self, codec: str, base: float) -> NDArray[np.float64]:
        """Return the seconds of each packet; a recorder's durations are those between times."""
        if codec == "opus":
            return opus.samples_of(*pack(self.packets)) / opus.RATE
        given = np.array(self.durations, np.int64)
        usual = int(np.percentile(given, 50, method="higher"))
        is_usual = (given > 0) & (given <= 1.5 * usual)
        return np.where(is_usual, given, usual) * base


def _packets(container: av.container.InputContainer, stream: av.AudioStream) -> _Packets:
    """Return the packets of a stream, and the time of the first one in units of its time base."""
    found = _Packets()
    latest = 0
    for packet in container.demux(stream):
        if packet.size:
            if not found.packets:
                found.begin = packet.pts or 0
            latest = latest if packet.dts is None else packet.dts
            found.packets.append(bytes(packet))
            found.times.append(latest)
            found.durations.append(packet.duration or 0)
    if not found.packets:
        raise NoAudioStream("an MP4 file with an index and no sound", _EXPECTED)
    return found


def _flaws(
    found: _Packets, lengths: NDArray[np.float64], base: float, skip_s: float, layout: Layout
) -> list[Flaw]:
    starts = np.array(found.times, np.float64) * base
    sizes = np.fromiter(map(len, found.packets), np.int64, len(found.packets))
    runs = packet_runs(starts, lengths, sizes, skip_s)
    flaws = flaws_of_runs(runs, lambda first, last: found.packets[first:last])
    end = max(0.0, float(lengths.sum()) - skip_s)
    if layout.missing:
        what = f"The file is not complete: its last box lacks {layout.missing} bytes"
        flaws.append(Flaw("truncated", what, end))
    # Where in the sound other bytes are is known of their place in the file alone.
    for at, size in layout.skipped:
        seconds = end * at / len(layout.data)
        if not any(flaw.code == "gap_inside" for flaw in flaws):
            flaws.append(junk(size, at, seconds))
    return flaws


def _plain_extradata(codec: str, extradata: bytes) -> bytes:
    return opus.head_with_skip(extradata, 0) if codec == "opus" and extradata else extradata


def cut_mp4(track: Track, start: int, end: int) -> bytes:
    """Return an MP4 file with the samples from start up to, but not including, end.

    A decoder needs earlier packets before its output is right. The file begins with them, and its
    edit list makes players skip their sound.
    """
    edges = track.edges
    back = start if track.codec != "opus" else max(0, start - opus.PREROLL)
    first = int(np.searchsorted(edges, back, "right")) - 1
    first = max(0, first - _PREROLL.get(track.codec, 0))
    last = max(int(np.searchsorted(edges, end, "left")), first + 1)
    packets = track.packets(first, last)
    counts = np.diff(edges[first : last + 1]).tolist()
    brand = b"M4A " if track.media_type == M4A else b"isom"
    ftyp = _box(b"ftyp", brand + struct.pack(">I", 512) + b"isomiso2mp41")
    skip, length = start - int(edges[first]), end - start
    # The offset of the audio data depends on the size of the index.
    size = len(_moov(track, packets, counts, skip, length, 0))
    moov = _moov(track, packets, counts, skip, length, len(ftyp) + size + 8)
    return ftyp + moov + _box(b"mdat", b"".join(packets))


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _moov(
    track: Track, packets: list[bytes], counts: list[int], skip: int, length: int, offset: int
) -> bytes:
    mvhd = _full(
        b"mvhd",
        struct.pack(">IIIIIH10x", 0, 0, track.rate, length, 0x10000, 0x100),
        _MATRIX,
        struct.pack(">24xI", 2),
    )
    tkhd = _full(
        b"tkhd",
        struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, length, 0, 1, 0x100, 0),
        _MATRIX,
        struct.pack(">II", 0, 0),
        flags=3,
    )
    elst = _full(b"elst", struct.pack(">IIiHH", 1, length, skip, 1, 0))
    mdhd = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, track.rate, sum(counts), 0x55C4, 0))
    hdlr = _full(b"hdlr", struct.pack(">I4s12x", 0, b"soun"), b"SoundHandler\0")
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    stbl = _box(b"stbl", track.header, *_tables(packets, counts, offset))
    minf = _box(b"minf", _full(b"smhd", bytes(4)), dinf, stbl)
    trak = _box(b"trak", tkhd, _box(b"edts", elst), _box(b"mdia", mdhd, hdlr, minf))
    return _box(b"moov", mvhd, trak)


def _tables(packets: list[bytes], counts: list[int], offset: int) -> tuple[bytes, ...]:
    """Return the boxes with the lengths, sizes and place of the packets."""
    runs: list[list[int]] = []
    for count in counts:
        if runs and runs[-1][1] == count:
            runs[-1][0] += 1
        else:
            runs.append([1, count])
    stts = b"".join(struct.pack(">II", *run) for run in runs)
    sizes = struct.pack(f">{len(packets)}I", *map(len, packets))
    return (
        _full(b"stts", struct.pack(">I", len(runs)), stts),
        _full(b"stsc", struct.pack(">IIII", 1, 1, len(packets), 1)),
        _full(b"stsz", struct.pack(">II", 0, len(packets)), sizes),
        _full(b"stco", struct.pack(">II", 1, offset)),
    )


def _never(_: Track) -> bool:
    # Players do not trim single samples at the end of MP4.
    return False


CONTAINER = Container(read_mp4, cut_mp4, cuts_anywhere=_never)
