"""Ogg files with Opus or Vorbis: reads and writes their pages (RFC 3533, RFC 7845)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scribe_mock.audio.audio_errors import DamagedAudio, NoAudioStream, TruncatedAudio, WrongKind
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.media_types import OGG
from scribe_mock.audio.track import Track, pack

_EXPECTED = "a complete Ogg file with Opus or Vorbis"
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# Replaces a recording's own comments: they may contain pictures, which each chunk would repeat.
_VORBIS_COMMENT = b"\x03vorbis" + struct.pack("<I", 11) + b"scribe-mock" + bytes(4) + b"\x01"
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_OTHER_CODECS = {
    b"\x7fFLAC": "FLAC",
    b"Speex   ": "Speex",
    b"\x80theora": "Theora video",
    b"fishead\0": "a skeleton",
}


def checksum(page: bytes) -> int:
    """Return the CRC of a page whose checksum field is zero.

    Ogg's CRC is zlib's with all bits in reverse order, and without its inversions.
    """
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)


@dataclass
class _Page:
    flags: int
    granule: int
    serial: int
    lacing: bytes
    body: bytes


@dataclass
class _Stream:
    """The packets of one logical stream, and the granule positions that came with them."""

    packets: list[bytes] = field(default_factory=list)
    partial: list[bytes] = field(default_factory=list)
    # (packets complete on this page, granule position)
    granules: list[tuple[int, int]] = field(default_factory=list)
    ended: bool = False

    def add(self, page: _Page) -> None:
        position = 0
        if not page.flags & _CONTINUED:
            self.partial.clear()
        for size in page.lacing:
            self.partial.append(page.body[position : position + size])
            position += size
            if size < 255:
                self.packets.append(b"".join(self.partial))
                self.partial.clear()
        if page.granule >= 0:
            self.granules.append((len(self.packets), page.granule))
        self.ended = bool(page.flags & _LAST)


def _pages(data: bytes) -> Iterator[_Page]:
    position = 0
    while position < len(data):
        if not data.startswith(b"OggS", position):
            if not any(data[position:]):
                return
            raise DamagedAudio(f"an Ogg file with no page at byte {position}", _EXPECTED)
        head = data[position : position + 27]
        body_at = position + 27 + (head[26] if len(head) == 27 else 0)
        lacing = data[position + 27 : body_at]
        end = body_at + sum(lacing)
        if len(head) < 27 or end > len(data):
            raise TruncatedAudio("an Ogg file that ends within a page", _EXPECTED)
        page = data[position:end]
        if checksum(page[:22] + bytes(4) + page[26:]) != struct.unpack_from("<I", page, 22)[0]:
            raise DamagedAudio(f"an Ogg file with a wrong checksum at byte {position}", _EXPECTED)
        granule, serial = struct.unpack_from("<qI", page, 6)
        yield _Page(page[5], granule, serial, lacing, data[body_at:end])
        position = end


def read_ogg(data: bytes) -> Track:
    """Return the first Opus or Vorbis stream of an Ogg file.

    Raises:
        TruncatedAudio: the file ends within a page.
        DamagedAudio: a page is missing, its checksum is wrong, or another file follows (a chained
            stream, RFC 3533, section 4).
        WrongKind: it holds another codec.
        NoAudioStream: it holds no sound.
    """
    serial: int | None = None
    others: list[str] = []
    stream = _Stream()
    for page in _pages(data):
        if page.flags & _FIRST and stream.ended:
            raise DamagedAudio("several Ogg files in a row", _EXPECTED)
        if serial is None and page.flags & _FIRST:
            if page.body.startswith((b"OpusHead", b"\x01vorbis")):
                serial = page.serial
            else:
                others.append(_other_codec(page.body))
        if page.serial == serial and not stream.ended:
            stream.add(page)
    if serial is None:
        if any(name in ("FLAC", "Speex") for name in others):
            raise WrongKind(f"an Ogg file with {' and '.join(others)}", _EXPECTED)
        raise NoAudioStream("an Ogg file without an audio stream", _EXPECTED)
    is_opus = stream.packets[:1] and stream.packets[0].startswith(b"OpusHead")
    return _opus_track(stream) if is_opus else _vorbis_track(stream)


def _other_codec(head: bytes) -> str:
    return next(
        (n for magic, n in _OTHER_CODECS.items() if head.startswith(magic)), "no known codec"
    )


def _opus_track(stream: _Stream) -> Track:
    head, packets = stream.packets[0], stream.packets[2:]
    channels, skip = opus.head_fields(head)
    if not channels:
        raise DamagedAudio("an Ogg file with an invalid Opus header", _EXPECTED)
    if not packets:
        raise NoAudioStream("an Ogg file with an Opus header and no sound", _EXPECTED)
    counts = np.array([opus.packet_samples(packet) for packet in packets], np.int64)
    first_count, first_granule, last = _granule_range(stream, 2)
    start = max(0, first_granule - int(counts[:first_count].sum()))
    keep = None
    if stream.ended and start <= last:
        keep = max(0, last - start - skip)
    payload, bounds = pack(packets)
    return Track(
        media_type=OGG,
        codec="opus",
        rate=opus.RATE,
        channels=channels,
        payload=payload,
        bounds=bounds,
        extradata=opus.head_with_skip(head, 0),
        header=head,
        skip=skip,
        keep=keep,
        claimed_s=(last - start) / opus.RATE,
    )


def _vorbis_track(stream: _Stream) -> Track:
    if len(stream.packets) < 4:
        raise NoAudioStream("an Ogg file with a Vorbis header and no sound", _EXPECTED)
    head, _, setup, *packets = stream.packets
    if len(head) < 30 or not setup.startswith(b"\x05vorbis"):
        raise DamagedAudio("an Ogg file with an invalid Vorbis header", _EXPECTED)
    channels, rate = head[11], int(struct.unpack_from("<I", head, 12)[0])
    if not 1 <= channels <= 16 or not 4_000 <= rate <= 192_000:
        raise DamagedAudio(f"an Ogg file with Vorbis, {channels} channels at {rate} Hz", _EXPECTED)
    last = _granule_range(stream, 3)[2]
    payload, bounds = pack(packets)
    return Track(
        media_type=OGG,
        codec="vorbis",
        rate=rate,
        channels=channels,
        payload=payload,
        bounds=bounds,
        extradata=_xiph_lace([head, _VORBIS_COMMENT, setup]),
        keep=last if stream.ended and last > 0 else None,
        claimed_s=last / rate,
    )


def _granule_range(stream: _Stream, headers: int) -> tuple[int, int, int]:
    """Return packets on the first page with sound, its granule position, and the last one."""
    pages = [(count - headers, granule) for count, granule in stream.granules if count > headers]
    if not pages:
        return 0, 0, 0
    return pages[0][0], pages[0][1], pages[-1][1]


def _xiph_lace(packets: list[bytes]) -> bytes:
    sizes = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets[:-1])
    return bytes([len(packets) - 1]) + sizes + b"".join(packets)


def _xiph_unlace(extradata: bytes) -> list[bytes]:
    sizes, position = [], 1
    for _ in range(extradata[0]):
        size = 0
        while extradata[position] == 255:
            size, position = size + 255, position + 1
        sizes.append(size + extradata[position])
        position += 1
    packets = []
    for size in sizes:
        packets.append(extradata[position : position + size])
        position += size
    return [*packets, extradata[position:]]


class _Writer:
    """Writes one logical stream; a page ends after a second of sound or 255 segments."""

    def __init__(self, serial: int) -> None:
        self.pages: list[bytes] = []
        self.serial = serial

    def page(self, packets: list[bytes], granule: int, flags: int) -> None:
        lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
        body = b"".join(packets)
        position = 0
        while True:
            part, lacing = lacing[:255], lacing[255:]
            size = sum(part)
            self._emit(part, body[position : position + size], -1 if lacing else granule, flags)
            if not lacing:
                return
            position, flags = position + size, (flags & ~_FIRST) | _CONTINUED

    def _emit(self, lacing: bytes, body: bytes, granule: int, flags: int) -> None:
        head = struct.pack(
            "<4sBBqIIIB", b"OggS", 0, flags, granule, self.serial, len(self.pages), 0, len(lacing)
        )
        page = head + lacing + body
        self.pages.append(page[:22] + struct.pack("<I", checksum(page)) + page[26:])

    def sound(self, packets: list[bytes], ends: list[int], rate: int) -> None:
        """Write packets with the sample position at which each ends; the last closes the stream."""
        batch: list[bytes] = []
        segments = began = previous = 0
        for packet, end in zip(packets, ends, strict=True):
            need = len(packet) // 255 + 1
            if batch and (segments + need > 255 or end - began > rate):
                self.page(batch, previous, 0)
                batch, segments, began = [], 0, previous
            batch.append(packet)
            segments, previous = segments + need, end
        self.page(batch, ends[-1], _LAST)


def cut_ogg_opus(track: Track, start: int, end: int) -> bytes:
    """Return an Ogg file with the samples from start up to, but not including, end.

    Its packets begin 80 ms earlier, since a decoder's first output is wrong; players skip that part
    because of the pre-skip.
    """
    edges = track.edges
    first, last = opus_range(track, start, end)
    writer = _Writer(first + 1)
    writer.page([opus.head_with_skip(track.header, start - int(edges[first]))], 0, _FIRST)
    writer.page([b"OpusTags" + struct.pack("<I", 11) + b"scribe-mock" + bytes(4)], 0, 0)
    ends = np.minimum(edges[first + 1 : last + 1], end) - edges[first]
    writer.sound(track.packets(first, last), ends.tolist(), track.rate)
    return b"".join(writer.pages)


def opus_range(track: Track, start: int, end: int) -> tuple[int, int]:
    """Return first and last packet for a stretch, with those that a decoder needs before it."""
    edges = track.edges
    first = int(np.searchsorted(edges, max(0, start - opus.PREROLL), "right")) - 1
    last = int(np.searchsorted(edges, end, "left"))
    return max(0, first), max(last, first + 1)


def cut_ogg_vorbis(track: Track, start: int, end: int) -> bytes:
    """Return an Ogg file with the samples from start up to, but not including, end.

    A packet begins at start. A decoder needs the packet before it too, so that comes first.
    """
    edges = track.edges
    first = max(0, int(np.searchsorted(edges, start, "right")) - 2)
    last = max(int(np.searchsorted(edges, end, "left")), first + 2)
    writer = _Writer(first + 1)
    headers = _xiph_unlace(track.extradata)
    writer.page(headers[:1], 0, _FIRST)
    writer.page(headers[1:], 0, 0)
    ends = np.minimum(edges[first + 1 : last + 1], end) - edges[first + 1]
    writer.sound(track.packets(first, last), ends.tolist(), track.rate)
    return b"".join(writer.pages)


def cut_ogg(track: Track, start: int, end: int) -> bytes:
    """Return an Ogg file with the samples from start up to, but not including, end."""
    return (cut_ogg_opus if track.codec == "opus" else cut_ogg_vorbis)(track, start, end)


def _is_opus(track: Track) -> bool:
    # Players do not trim single samples at the start of Vorbis.
    return track.codec == "opus"


CONTAINER = Container(read_ogg, cut_ogg, cuts_anywhere=_is_opus)
