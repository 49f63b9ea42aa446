"""What a stream is that should be 16-bit PCM and is something else."""

import struct
from dataclasses import dataclass

from scribe_mock.audio.containers import mp3_frames
from scribe_mock.audio.containers.registry import CONTAINERS, FileFormat
from scribe_mock.audio.pieces import behind_junk

# How many of a stream's first bytes are looked at together, and how many make a text.
_HEAD, _TEXT = 2048, 64

_OTHER_FORMATS = (
    FileFormat("flac", "a FLAC file", ((b"fLaC", 0),)),
    FileFormat("amr", "an AMR file", ((b"#!AMR", 0),)),
    FileFormat("caf", "a CAF file", ((b"caff", 0),)),
    FileFormat("aiff", "an AIFF file", ((b"AIF", 8),)),
    FileFormat("wave64", "a Wave64 file", ((b"riff\x2e\x91\xcf\x11", 0),)),
    FileFormat("au", "an AU file", ((b".snd\0\0\0", 0),)),
    FileFormat("webm-piece", "a piece of a WebM file", ((b"\x1f\x43\xb6\x75", 0),)),
)
_DECODE = "send samples, as of an AudioWorklet, or use upload_type chunked"
_WAV_SEARCH = 4096
_FIRST_OF_FILES = (b"\x1aE\xdf\xa3", b"OggS", b"RIFF")
_WAV_NAMES = {1: "PCM", 3: "float", 6: "A-law", 7: "mu-law"}
# The code of a format whose own code follows further behind.
_EXTENSIBLE = 0xFFFE


@dataclass(frozen=True)
class NotPcm:
    """What the bytes are.

    Args:
        what: as a phrase, such as "a WebM file".
        remedy: what to do, as a sentence without capital and full stop.
        lasting: whether all that follows is so too, and not this place alone.
    """

    what: str
    remedy: str
    lasting: bool = True

    @property
    def reason(self) -> str:
        """The reason for closing a WebSocket: at most 123 bytes (RFC 6455, 5.5.1)."""
        return f"not bare 16-bit PCM but {self.what}: {self.remedy}"


class StreamHead:
    """Looks at the first bytes of a stream, and at those of each later message."""

    def __init__(self) -> None:
        self._head = b""

    def look(self, message: bytes, rate: int) -> NotPcm | None:
        """Return what begins with a message, if it is not PCM.

        Args:
            message: what came, decoded.
            rate: samples per second that the stream should have.
        """
        if len(self._head) >= _HEAD:
            return _in_mid_stream(message, rate)
        self._head += message
        head = self._head
        found = _at_start(head, rate)
        # Clients may send very small messages, and an MP3 is known by its second frame.
        self._head = bytes(_HEAD) if found else head[:_HEAD]
        return found


def _at_start(data: bytes, rate: int) -> NotPcm | None:
    for one in (*CONTAINERS.values(), *_OTHER_FORMATS):
        if one.begins(data):
            return _wav(data, rate) if one.name == "wav" else NotPcm(one.description, _DECODE)
    if mp3_frames.find_frames(data, 0, 1) == 0:
        return NotPcm("an MP3 file", _DECODE)
    return _text(data)


def _in_mid_stream(data: bytes, rate: int) -> NotPcm | None:
    """Return what begins in mid-stream: by longer marks, since there are very many messages."""
    if data.startswith(b'{"'):
        return _text(data)
    if data[:4] not in _FIRST_OF_FILES:
        return None
    name = behind_junk(data[:_TEXT])
    if name == "wav":
        return _wav(data, rate)
    return NotPcm(CONTAINERS[name].description, _DECODE) if name else None


def _text(data: bytes) -> NotPcm | None:
    start = data[:256]
    if not all(32 <= byte < 127 or byte in (9, 10, 13) for byte in start):
        return None
    if data.startswith(b'{"') and data.rstrip().endswith(b"}"):
        return NotPcm("JSON", "send JSON as text frames, and in payload the audio's bytes alone")
    if data.startswith(b"data:"):
        return NotPcm("a data URL", "send the bytes that its base64 stands for")
    if len(start) < _TEXT:
        return None
    return NotPcm("text, perhaps base64", "send bytes in binary frames; encode payload once")


def _wav(data: bytes, rate: int) -> NotPcm:
    """Return what to say of a WAV file: its header is noise; its samples may be right."""
    at = data.find(b"data", 12, _WAV_SEARCH)
    header = f"the first {at + 8} bytes" if at >= 0 else "the header"
    form = data.find(b"fmt ", 12, _WAV_SEARCH)
    if form < 0 or form + 24 > len(data):
        return NotPcm("a WAV file", f"leave out {header}", lasting=False)
    kind, channels, sampled = struct.unpack_from("<HHI", data, form + 8)
    (bits,) = struct.unpack_from("<H", data, form + 22)
    if kind == _EXTENSIBLE and form + 34 <= len(data):
        (kind,) = struct.unpack_from("<H", data, form + 32)
    if (kind, channels, bits, sampled) == (1, 1, 16, rate):
        return NotPcm("a WAV file", f"leave out {header}, which are heard as noise", lasting=False)
    name = f"{bits}-bit {_WAV_NAMES.get(kind, 'coded')}, {sampled} Hz, {channels} ch"
    return NotPcm(f"a WAV file ({name})", f"send 16 bits, {rate} Hz, mono, no header")
