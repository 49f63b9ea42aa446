"""MP3 files: reads their frames, and cuts so that each chunk can be decoded on its own."""

import re
import struct
from dataclasses import dataclass

import numpy as np

from scribe_mock.audio.audio_errors import DamagedAudio, NotAudio, TruncatedAudio
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.mp3_frames import FrameHeader, is_chain, parse_header
from scribe_mock.audio.containers.timeline import is_told, junk
from scribe_mock.audio.flaws import Flaw, bounded
from scribe_mock.audio.media_types import MP3
from scribe_mock.audio.track import Track, pack

_EXPECTED = "a complete MP3 file"
# How many samples later than its input a decoder's output comes.
_DECODER_DELAY = 529
# The delay and padding fields of a LAME tag have 12 bits.
_FIELD_MAX = 4095
# Bytes of an ID3 tag of version 1, which is at the end of a file.
_OLD_TAG = 128
# The first frame is looked for in so many bytes.
_FARTHEST_START = 65_536
_MOST_SKIPPED = 1000
_ANY_SYNC = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")


def read_mp3(data: bytes) -> Track:
    """Return the frames of an MP3 file of constant or variable bit rate, without its tags.

    Other bytes before, between and after the frames are skipped, as players do.

    Raises:
        NotAudio: there are no MP3 frames.
        TruncatedAudio: there is no frame after the header.
    """
    position, end = _without_tags(data)
    frames = _Frames(data, position, end)
    frames.read()
    first, info = frames.first, _info_tag(frames.packets[0], frames.first)
    if info:
        del frames.packets[0]
    if not frames.packets:
        raise TruncatedAudio("an MP3 file with a header and no sound", _EXPECTED)
    payload, bounds = pack(frames.packets)
    total = len(frames.packets) * first.samples
    discard = info.discard if info and info.frames <= len(frames.packets) else 0
    return Track(
        media_type=MP3,
        codec="mp3",
        rate=first.rate,
        channels=first.channels,
        payload=payload,
        bounds=bounds,
        skip=min(info.skip, total) if info else 0,
        keep=max(0, total - info.skip - discard) if info else None,
        claimed_s=total / first.rate,
        flaws=bounded(_flaws(frames, info)),
    )


def _flaws(frames: "_Frames", info: "_Info | None") -> list[Flaw]:
    per_frame = frames.first.samples / frames.first.rate
    early = per_frame + info.skip / frames.first.rate if info else 0.0
    total = max(0.0, (len(frames.packets) + bool(info)) * per_frame - early)
    found: list[Flaw] = []
    if frames.missing:
        what = f"The file is not complete: its last frame lacks {frames.missing} bytes"
        found.append(Flaw("truncated", what, total))
    elif info and info.frames > len(frames.packets) + 1 + len(frames.packets) // 50:
        lost = (info.frames - len(frames.packets)) * per_frame
        what = (
            f"About {lost:.1f} s are missing, inside or at the end: there are "
            f"{len(frames.packets)} of the {info.frames} frames that the file announces"
        )
        place = frames.skipped[0][2] * per_frame - early if frames.skipped else total
        found.append(Flaw("gap_inside", what, max(0.0, place)))
    for at, size, before in frames.skipped:
        seconds = max(0.0, before * per_frame - early)
        if not is_told(found, seconds):
            found.append(junk(size, at, seconds))
    return found


def _without_tags(data: bytes) -> tuple[int, int]:
    """Return where the frames begin and end, between the tags of ID3 and APE."""
    position, end = 0, len(data)
    while _has_tag(data, position):
        position = _after_tag(data, position)
        if position >= end:
            return _behind_a_cut_tag(data), end
    if data[-_OLD_TAG:].startswith(b"TAG") and end - _OLD_TAG >= position:
        end -= _OLD_TAG
    if data[end - 32 : end - 24] == b"APETAGEX":
        size = int(struct.unpack_from("<I", data, end - 20)[0])
        has_header = data[end - 9] & 0x80
        end = max(position, end - size - (32 if has_header else 0))
    return position, end


def _behind_a_cut_tag(data: bytes) -> int:
    """Return where to look for frames in a file whose tag announces more than there is."""
    try:
        return _first_frame(data, 10, len(data))[0]
    except NotAudio:
        found = "an MP3 file that ends within its ID3 tag"
        raise TruncatedAudio(found, _EXPECTED) from None


def _has_tag(data: bytes, position: int) -> bool:
    return data.startswith(b"ID3", position) and position + 10 <= len(data)


def _after_tag(data: bytes, position: int) -> int:
    """Return where an ID3 tag ends."""
    a, b, c, d = (byte & 0x7F for byte in data[position + 6 : position + 10])
    footer = 10 if data[position + 5] & 0x10 else 0
    return position + 10 + (a << 21 | b << 14 | c << 7 | d) + footer


class _Frames:
    """The frames of a file, and what is between them.

    Attributes:
        first: the header of the first frame.
        packets: the frames; the first may be a header of the file.
        skipped: other bytes: where they begin, how many they are, the frames before them.
        missing: bytes that the last frame lacks.
    """

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self._data, self._end = data, end
        self._position, self.first = _first_frame(data, position, end)
        skipped = self._position - position
        self.packets: list[bytes] = []
        self.skipped = [(position, skipped, 0)] if skipped else []
        self.missing = 0
        # The bytes with which a frame of the same version and layer begins.
        head = data[self._position + 1] & 0xFE
        self._sync = re.compile(
            b"\xff[" + re.escape(bytes([head])) + re.escape(bytes([head | 1])) + b"]"
        )

    def read(self) -> None:
        """Read all frames."""
        data, end, position = self._data, self._end, self._position
        version, rate = self.first.version, self.first.rate
        while position < end:
            header = parse_header(data[position : position + 4])
            if header is None or header.rate != rate or header.version != version:
                position = self._between(position)
            elif position + header.size > end:
                position = self._cut(position, header.size)
            else:
                self.packets.append(data[position : position + header.size])
                position += header.size

    def _between(self, position: int) -> int:
        """Return where the next frame begins, after a tag or other bytes."""
        data, end = self._data, self._end
        if _has_tag(data, position):  # files that were joined are one recording
            after = _after_tag(data, position)
            if after >= end or parse_header(data[after : after + 4]) or _has_tag(data, after):
                return after
        if data.startswith(b"TAG", position):
            return position + _OLD_TAG
        if data.startswith((b"APETAGEX", b"LYRICSBEGIN"), position):
            return self._next(position) or end
        found = self._next(position) or end
        if len(self.skipped) < _MOST_SKIPPED:
            self.skipped.append((position, found - position, len(self.packets)))
        return found

    def _cut(self, position: int, size: int) -> int:
        """Return where to go on when a frame ends after the file."""
        found = self._next(position + 1)
        if found is None:
            self.missing = position + size - self._end
            return self._end
        self.skipped.append((position, found - position, len(self.packets)))
        return found

    def _next(self, position: int) -> int | None:
        """Return where a frame like the first begins that another one, or the end, follows."""
        for match in self._sync.finditer(self._data, position, self._end):
            header = parse_header(self._data[match.start() : match.start() + 4])
            if header and self._is_followed(match.start(), header):
                return match.start()
        return None

    def _is_followed(self, at: int, header: FrameHeader) -> bool:
        wanted = (self.first.version, self.first.rate)
        after = at + header.size
        following = parse_header(self._data[after : after + 4])
        same = following is not None and (following.version, following.rate) == wanted
        return (header.version, header.rate) == wanted and (same or after == self._end)


def _first_frame(data: bytes, position: int, end: int) -> tuple[int, FrameHeader]:
    """Return the first place where a frame is followed by another one or by the end."""
    limit = min(end, position + _FARTHEST_START)
    for match in _ANY_SYNC.finditer(data, position, limit):
        at = match.start()
        header = parse_header(data[at : at + 4])
        if header is None:
            continue
        if at == position and at + header.size > end:
            raise TruncatedAudio("an MP3 file that ends within a frame", _EXPECTED)
        if at + header.size == end or (at + header.size < end and is_chain(data, at)):
            return at, header
    start = "an ID3 tag" if data.startswith(b"ID3") else "bytes that begin like MP3"
    raise NotAudio(f"{start} and no MP3 frames", _EXPECTED)


@dataclass(frozen=True)
class _Info:
    frames: int
    skip: int
    discard: int


def _info_tag(frame: bytes, header: FrameHeader) -> _Info | None:
    """Return what a Xing or Info frame has: the frames, and the samples to drop at both ends."""
    at = 4 + header.side_info
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    frames = int.from_bytes(frame[at + 8 : at + 12], "big") if flags & 1 else 0
    lame = (
        at
        + 8
        + 4 * (flags & 1)
        + 4 * (flags >> 1 & 1)
        + 100 * (flags >> 2 & 1)
        + 4 * (flags >> 3 & 1)
    )
    if frame[lame : lame + 4] not in (b"LAME", b"Lavf", b"Lavc"):
        return _Info(frames, 0, 0)
    field = int.from_bytes(frame[lame + 21 : lame + 24], "big")
    delay, padding = field >> 12, field & _FIELD_MAX
    return _Info(frames, delay + _DECODER_DELAY, max(0, padding - _DECODER_DELAY))


def _main_data_begin(frame: bytes, header: FrameHeader) -> int:
    """Return how many bytes of this frame's sound are stored in the frames before it."""
    at = 4 + 2 * header.protected
    if header.version == 1:
        return frame[at] << 1 | frame[at + 1] >> 7
    return frame[at]


def cut_mp3(track: Track, start: int, end: int) -> bytes:
    """Return an MP3 file with the samples from start up to, but not including, end.

    A frame needs bytes from frames before it (the bit reservoir) and sounds right only after its
    predecessor. The file begins with a LAME tag that tells players how many samples to drop, a
    silent frame that holds those bytes, and the predecessor.
    """
    edges = track.edges
    first = max(0, int(np.searchsorted(edges, start, "right")) - 2)
    last = min(len(track), max(int(np.searchsorted(edges, end, "left")), first + 1))
    frames = track.packets(first, last)
    samples = int(edges[first + 1] - edges[first])
    lead = _reservoir(track, first)
    if not lead and start - int(edges[first]) < _DECODER_DELAY:
        lead = [_silent_frame(frames[0], 0)]  # since players drop at least the decoder's delay
    skip = start - int(edges[first]) + len(lead) * samples
    surplus = int(edges[last]) - end
    return b"".join([_info_frame(frames, lead, skip, surplus), *lead, *frames])


def _reservoir(track: Track, index: int) -> list[bytes]:
    """Return a silent frame with the bytes that a frame needs from those before it, if any."""
    frame = track.packet(index)
    header = parse_header(frame)
    need = _main_data_begin(frame, header) if header else 0
    if not header or not need:
        return []
    stored = b""
    while len(stored) < need and index > 0:
        index -= 1
        packet = track.packet(index)
        earlier = parse_header(packet)
        if earlier:
            stored = packet[earlier.main_data_at :] + stored
    carrier = _silent_frame(frame, need)
    return [carrier[:-need] + stored[-need:].rjust(need, b"\0")]


def _silent_frame(model: bytes, capacity: int) -> bytes:
    """Return a frame like the model, but silent and with at least `capacity` bytes of main data."""
    for bitrate_index in range(1, 15):
        head = bytes([0xFF, model[1] | 1, bitrate_index << 4 | model[2] & 0x0C, model[3]])
        header = parse_header(head)
        if header and header.size - header.main_data_at >= capacity:
            return head + bytes(header.size - 4)
    raise DamagedAudio("an MP3 file with a frame that needs too many earlier bytes", _EXPECTED)


def _info_frame(frames: list[bytes], lead: list[bytes], skip: int, surplus: int) -> bytes:
    """Return a frame with an Info tag: count, size, and the samples to drop at both ends."""
    # Tag: name, flags, frames, bytes, then LAME's 36 bytes with delay and padding at 21.
    empty = _silent_frame(frames[0], 4 + 4 + 8 + 36)
    header = parse_header(empty)
    assert header is not None
    at = 4 + header.side_info
    size = len(empty) + sum(map(len, lead)) + sum(map(len, frames))
    delay = min(max(0, skip - _DECODER_DELAY), _FIELD_MAX)
    padding = min(max(0, surplus + _DECODER_DELAY), _FIELD_MAX)
    tag = b"Info" + struct.pack(">III", 3, len(lead) + len(frames), size) + b"LAME3.100"
    tag = tag.ljust(16 + 21, b"\0") + (delay << 12 | padding).to_bytes(3, "big")
    return (empty[:at] + tag).ljust(len(empty), b"\0")


CONTAINER = Container(read_mp3, cut_mp3)
