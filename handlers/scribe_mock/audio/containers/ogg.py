"""Ogg files with Opus or Vorbis: reads and writes their pages (RFC 3533, RFC 7845)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scribe_mock.audio.audio_errors import DamagedAudio, NoAudioStream, TruncatedAudio, WrongKind
from scribe_mock.audio.containers import opus
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.ogg_pages import (
    CONTINUED,
    FIRST,
    LAST,
    Page,
    Pages,
    Stream,
    checksum,
)
from scribe_mock.audio.containers.ogg_times import OggTimes, vorbis_lengths
from scribe_mock.audio.containers.timeline import is_told, junk, other_file
from scribe_mock.audio.flaws import Flaw, bounded
from scribe_mock.audio.media_types import OGG
from scribe_mock.audio.track import Track, pack

_EXPECTED = "a complete Ogg file with Opus or Vorbis"
# Replaces a recording's own comments: they may contain pictures, which each chunk would repeat.
_VORBIS_COMMENT = b"\x03vorbis" + struct.pack("<I", 11) + b"scribe-mock" + bytes(4) + b"\x01"
_HEADS = (b"OpusHead", b"\x01vorbis")
# The packets before the sound.
_OPUS_HEADERS, _VORBIS_HEADERS = 2, 3
_OTHER_CODECS = {
    b"\x7fFLAC": "FLAC",
    b"Speex   ": "Speex",
    b"\x80theora": "Theora video",
    b"fishead\0": "a skeleton",
}


@dataclass
class _Links:
    """The logical streams of a file that are heard one after the other (RFC 3533, section 4)."""

    streams: list[Stream] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    others_after: list[str] = field(default_factory=list)
    # Where bytes were skipped: how many streams and packets were read before.
    damage: list[tuple[int, int]] = field(default_factory=list)
    is_closed: bool = False

    def place(self) -> tuple[int, int]:
        """Return how many streams and packets of the last one were read."""
        return len(self.streams), len(self.streams[-1].packets) if self.streams else 0

    def add(self, page: Page) -> None:
        """Add a page to the stream that it belongs to."""
        current = self.streams[-1] if self.streams else None
        if page.flags & FIRST and (current is None or current.pages > 1):
            if page.body.startswith(_HEADS):
                self.streams.append(Stream(page.serial))
                self.is_closed = False
            else:
                (self.others_after if current else self.others).append(_other_codec(page.body))
                self.is_closed = current is not None
        if self.streams and page.serial == self.streams[-1].serial and not self.is_closed:
            self.streams[-1].add(page)


def read_ogg(data: bytes) -> Track:
    """Return the first Opus or Vorbis stream of an Ogg file, with those that are chained to it.

    Pages that are damaged, and bytes between pages, are skipped. The track's flaws tell them.

    Raises:
        WrongKind: it holds another codec.
        DamagedAudio: its header is not valid.
        NoAudioStream: it holds no sound.
    """
    links, pages = _Links(), Pages(data)
    for page in pages:
        links.damage += [links.place()] * (len(pages.skipped) - len(links.damage))
        links.add(page)
    links.damage += [links.place()] * (len(pages.skipped) - len(links.damage))
    if not links.streams:
        if any(name in ("FLAC", "Speex") for name in links.others):
            raise WrongKind(f"an Ogg file with {' and '.join(links.others)}", _EXPECTED)
        if pages.missing:
            raise TruncatedAudio("an Ogg file that ends within a page", _EXPECTED)
        raise NoAudioStream("an Ogg file without an audio stream", _EXPECTED)
    packets = links.streams[0].packets
    track = _opus_track if packets and packets[0].startswith(b"OpusHead") else _vorbis_track
    return track(links, pages)


def _other_codec(head: bytes) -> str:
    return next(
        (n for magic, n in _OTHER_CODECS.items() if head.startswith(magic)), "no known codec"
    )


def _opus_track(links: _Links, pages: Pages) -> Track:
    head = links.streams[0].packets[0]
    channels, skip = opus.head_fields(head)
    if not channels:
        raise DamagedAudio("an Ogg file with an invalid Opus header", _EXPECTED)
    # A decoder goes on with another file, mono or stereo, unless its channels are mapped otherwise.
    heard = [s for s in links.streams if s.packets[:1] and s.packets[0][18:] == head[18:]]
    times = [
        OggTimes(
            s, _OPUS_HEADERS, opus.samples_of(*pack(s.packets[_OPUS_HEADERS:])), opus.RATE, skip
        )
        for s in heard
    ]
    packets = [packet for stream in times for packet in stream.packets]
    if not packets:
        raise NoAudioStream("an Ogg file with an Opus header and no sound", _EXPECTED)
    total = max(0, round(sum(stream.length_s for stream in times) * opus.RATE) - skip)
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
        keep=max(0, total - times[-1].surplus()),
        claimed_s=total / opus.RATE,
        flaws=bounded(_flaws(times, links, pages)),
    )


def _vorbis_track(links: _Links, pages: Pages) -> Track:
    stream = links.streams[0]
    if len(stream.packets) < _VORBIS_HEADERS + 1:
        raise NoAudioStream("an Ogg file with a Vorbis header and no sound", _EXPECTED)
    head, _, setup = stream.packets[:_VORBIS_HEADERS]
    if len(head) < 30 or not setup.startswith(b"\x05vorbis"):
        raise DamagedAudio("an Ogg file with an invalid Vorbis header", _EXPECTED)
    channels, rate = head[11], int(struct.unpack_from("<I", head, 12)[0])
    if not 1 <= channels <= 16 or not 4_000 <= rate <= 192_000:
        raise DamagedAudio(f"an Ogg file with Vorbis, {channels} channels at {rate} Hz", _EXPECTED)
    longest = (1 << (head[28] >> 4)) // 2
    heard = [s for s in links.streams if s.packets[:1] == [head] and s.packets[2:3] == [setup]]
    times = [
        OggTimes(s, _VORBIS_HEADERS, vorbis_lengths(s, _VORBIS_HEADERS, longest), rate)
        for s in heard
    ]
    payload, bounds = pack(packet for one in times for packet in one.packets)
    flaws = _flaws(times, links, pages)
    is_whole = all(flaw.code == "junk" for flaw in flaws)
    return Track(
        media_type=OGG,
        codec="vorbis",
        rate=rate,
        channels=channels,
        payload=payload,
        bounds=bounds,
        extradata=_xiph_lace([head, _VORBIS_COMMENT, setup]),
        keep=_end(stream) if len(heard) == 1 and is_whole else None,
        claimed_s=sum(one.length_s for one in times),
        flaws=bounded(flaws),
    )


def _end(stream: Stream) -> int | None:
    """Return the granule position that ends a stream, if it says how long the stream is."""
    last = stream.marks[-1].granule if stream.marks else 0
    return last if stream.ended and last > 0 else None


def _flaws(times: Sequence[OggTimes], links: _Links, pages: Pages) -> list[Flaw]:
    found: list[Flaw] = []
    begins = [0.0]
    for one in times:
        found += one.flaws(begins[-1])
        begins.append(begins[-1] + one.length_s)
    for (at, size), (stream, packets) in zip(pages.skipped, links.damage, strict=False):
        index = min(max(0, stream - 1), len(times) - 1)
        seconds = begins[index] + times[index].at(packets - 3) if stream else 0.0
        if not is_told(found, seconds):
            found.append(junk(size, at, seconds))
    if len(links.streams) > len(times):
        found.append(other_file("an Ogg file with other parameters", begins[-1]))
    found += [other_file(f"an Ogg file with {name}", begins[-1]) for name in links.others_after]
    if pages.missing:
        what = f"The file is not complete: its last page lacks {pages.missing} bytes"
        found.append(Flaw("truncated", what, begins[-1]))
    return found


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
            position, flags = position + size, (flags & ~FIRST) | CONTINUED

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
        self.page(batch, ends[-1], LAST)


def cut_ogg_opus(track: Track, start: int, end: int) -> bytes:
    """Return an Ogg file with the samples from start up to, but not including, end.

    Its packets begin 80 ms earlier, since a decoder's first output is wrong; players skip that part
    because of the pre-skip.
    """
    edges = track.edges
    first, last = opus_range(track, start, end)
    writer = _Writer(first + 1)
    writer.page([opus.head_with_skip(track.header, start - int(edges[first]))], 0, FIRST)
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
    writer.page(headers[:1], 0, FIRST)
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
