"""WAV files: reads them with wrong lengths too, and writes exact ones."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scribe_mock.audio.audio_errors import DamagedAudio, NoAudioStream, TruncatedAudio, WrongKind
from scribe_mock.audio.containers.container import Container
from scribe_mock.audio.containers.timeline import junk
from scribe_mock.audio.flaws import Flaw, bounded
from scribe_mock.audio.media_types import WAV
from scribe_mock.audio.track import Track

# Frames that make one packet of a track.
BLOCK = 4096
_EXPECTED = "a WAV file with PCM of 8, 16, 24 or 32 bits, or float"
_FORMATS = {
    (1, 8): "pcm_u8",
    (1, 16): "pcm_s16le",
    (1, 24): "pcm_s24le",
    (1, 32): "pcm_s32le",
    (3, 32): "pcm_f32le",
    (3, 64): "pcm_f64le",
    (6, 8): "pcm_alaw",
    (7, 8): "pcm_mulaw",
}
# What other formats are called in messages (RFC 2361).
_FORMAT_NAMES = {
    0x0002: "with Microsoft ADPCM",
    0x0011: "with IMA ADPCM",
    0x0031: "with GSM 6.10",
    0x0040: "with G.721 ADPCM",
    0x0045: "with G.726 ADPCM",
    0x0050: "with MPEG audio",
    0x0055: "with MP3",
    0x0064: "with G.726 ADPCM",
    0x00FF: "with AAC",
    0x0161: "with Windows Media Audio",
    0x1600: "with AAC (ADTS)",
    0x1602: "with AAC (LOAS)",
}
# Writers that cannot go back to correct the length leave 0 or something near 2 or 4 GiB:
# SoX 0x7FFFF000, arecord 0x80000000, FFmpeg 0xFFFFFFFF, others these without a header or two.
_LEAST_UNKNOWN = 0x7FF00000
_ALL_ONES = 0xFFFFFFFF
# A length that is so many bytes too large was rounded.
_ROUNDED = 8
# The file is looked for in so many bytes.
_FARTHEST_START = 65_536


@dataclass(frozen=True)
class WavFormat:
    """The fields of a WAV file's `fmt ` chunk that matter, and that chunk itself."""

    codec: str
    channels: int
    rate: int
    bits: int
    chunk: bytes

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // 8


def read_wav(data: bytes) -> Track:
    """Return the PCM of a WAV file as a track; wrong and unknown data lengths are accepted.

    RF64 and BW64 files have their length in a `ds64` chunk (EBU Tech 3306, ITU-R BS.2088).

    Raises:
        TruncatedAudio: the file ends within its header.
        WrongKind: it holds something other than PCM.
        DamagedAudio: its format is impossible, or another file follows.
        NoAudioStream: it has no sound.
    """
    start = _start(data)
    fmt: WavFormat | None = None
    long_size = 0
    position = start + 12
    skipped = [(0, start)] if start else []
    while position + 8 <= len(data):
        name, size = data[position : position + 4], _u32(data, position + 4)
        body = position + 8
        if name == b"data":
            if size == _ALL_ONES and long_size:
                size = long_size
            return _track(data, fmt, body, size, skipped)
        if name == b"ds64" and body + 16 <= len(data):
            long_size = int(struct.unpack_from("<Q", data, body + 8)[0])
        if name == b"fmt ":
            fmt = _read_format(data[body : body + min(size, 64)])
        position = body + size + (size & 1)
        if fmt and not _begins_chunk(data, position):
            found = _next_chunk(data, body + 16 if name == b"fmt " else position)
            if found != position:
                skipped.append((position, max(0, found - position)))
            position = found
    raise TruncatedAudio("a WAV file that ends within its header", _EXPECTED)


def _start(data: bytes) -> int:
    """Return where the file begins, behind other bytes."""
    if data.startswith(b"WAVE", 8):
        return 0
    at = data.find(b"WAVE", 0, _FARTHEST_START)
    return max(0, at - 8)


def _begins_chunk(data: bytes, position: int) -> bool:
    name = data[position : position + 4]
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _next_chunk(data: bytes, position: int) -> int:
    """Return where the next chunk with sound begins, or the end of the file."""
    at = data.find(b"data", position)
    return at if at >= 0 else len(data)


def _track(
    data: bytes,
    fmt: WavFormat | None,
    body: int,
    announced: int,
    skipped: list[tuple[int, int]],
) -> Track:
    if fmt is None:
        raise DamagedAudio("a WAV file without a format before its data", _EXPECTED)
    held = len(data) - body
    known = 0 < announced < _LEAST_UNKNOWN or 0 < announced <= held
    size = min(held, announced) if known else held
    end = body + size
    if _begins_file(data, end + (size & 1)) or _begins_file(data, end):
        raise DamagedAudio("several WAV files in a row", _EXPECTED)
    frames = size // fmt.frame_bytes
    if not frames:
        raise NoAudioStream("a WAV file without a single sample", _EXPECTED)
    edges = np.append(np.arange(0, frames, BLOCK), frames)
    missing = announced - held if known and announced > held else 0
    # Writers round the length, or count the header in it.
    if missing <= max(_ROUNDED, fmt.frame_bytes) or len(data) - announced in (0, 8):
        missing = 0
    if len(data) - end > 1 and not _begins_chunk(data, end + (size & 1)):
        skipped.append((end, len(data) - end))
    seconds = frames / fmt.rate
    found = [junk(count, at, 0.0 if at < body else seconds) for at, count in skipped if count]
    return Track(
        media_type=WAV,
        codec=fmt.codec,
        rate=fmt.rate,
        channels=fmt.channels,
        payload=data[body : body + frames * fmt.frame_bytes],
        bounds=edges * fmt.frame_bytes,
        header=fmt.chunk,
        counts=np.diff(edges),
        flaws=bounded([*found, *_shorter_than_announced(missing, seconds)]),
    )


def _begins_file(data: bytes, position: int) -> bool:
    return data.startswith((b"RIFF", b"RF64", b"BW64"), position)


def _shorter_than_announced(missing: int, seconds: float) -> tuple[Flaw, ...]:
    if not missing:
        return ()
    what = f"The file is not complete: its header announces {missing} bytes more than there are"
    return (Flaw("truncated", what, seconds),)


def _read_format(chunk: bytes) -> WavFormat:
    if len(chunk) < 16:
        raise TruncatedAudio("a WAV file that ends within its header", _EXPECTED)
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == 0xFFFE and len(chunk) >= 26:
        tag = int(struct.unpack_from("<H", chunk, 24)[0])
    codec = _FORMATS.get((tag, bits))
    if codec is None:
        what = _FORMAT_NAMES.get(tag, f"of format {tag:#06x} with {bits} bits")
        raise WrongKind(f"a WAV file {what}", _EXPECTED)
    if not 1 <= channels <= 16 or not 4_000 <= rate <= 384_000:
        raise DamagedAudio(f"a WAV file of {channels} channels at {rate} Hz", _EXPECTED)
    return WavFormat(codec, channels, rate, bits, chunk)


def decode_pcm(codec: str, channels: int, payload: bytes) -> NDArray[np.float32]:
    """Return PCM as floats in [-1, 1], one row a channel."""
    return _flat(codec, payload).reshape(-1, channels).T


def _flat(codec: str, payload: bytes) -> NDArray[np.float32]:
    if codec == "pcm_s24le":
        return _from_24_bits(payload)
    if codec in _COMPANDED:
        return _COMPANDED[codec][np.frombuffer(payload, np.uint8)]
    dtype, offset, scale = _PLAIN[codec]
    numbers: NDArray[np.float32] = np.frombuffer(payload, dtype).astype(np.float32)
    if codec.startswith("pcm_f"):
        return np.nan_to_num(numbers, nan=0.0, posinf=1.0, neginf=-1.0)
    return (numbers - np.float32(offset)) / np.float32(scale)


_PLAIN = {
    "pcm_u8": ("u1", 128.0, 128.0),
    "pcm_s16le": ("<i2", 0.0, 2.0**15),
    "pcm_s32le": ("<i4", 0.0, 2.0**31),
    "pcm_f32le": ("<f4", 0.0, 1.0),
    "pcm_f64le": ("<f8", 0.0, 1.0),
}


def _from_24_bits(payload: bytes) -> NDArray[np.float32]:
    parts = np.frombuffer(payload, np.uint8).reshape(-1, 3)
    wide = np.zeros((len(parts), 4), np.uint8)
    wide[:, 1:] = parts
    return wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2.0**31)


def _mulaw_table() -> NDArray[np.float32]:
    code = ~np.arange(256) & 0xFF
    size = (((code & 15) << 3) + 132 << ((code >> 4) & 7)) - 132
    return (np.where(code & 0x80, -size, size) / 32768).astype(np.float32)


def _alaw_table() -> NDArray[np.float32]:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15) << 4
    size = np.where(exponent, (mantissa + 0x108) << np.maximum(exponent - 1, 0), mantissa + 8)
    return (np.where(code & 0x80, size, -size) / 32768).astype(np.float32)


_COMPANDED = {"pcm_mulaw": _mulaw_table(), "pcm_alaw": _alaw_table()}


def cut_wav(track: Track, start: int, end: int) -> bytes:
    """Return a WAV file with the samples from start up to, but not including, end."""
    frame = int(track.bounds[-1]) // track.length()
    return write_wav(track.header, track.payload[start * frame : end * frame])


def write_wav(format_chunk: bytes, pcm: bytes) -> bytes:
    """Return a WAV file made of a `fmt ` chunk's body and PCM data."""
    odd_format, odd_data = b"\0" * (len(format_chunk) & 1), b"\0" * (len(pcm) & 1)
    body = b"".join(
        (
            b"WAVEfmt ",
            struct.pack("<I", len(format_chunk)),
            format_chunk,
            odd_format,
            b"data",
            struct.pack("<I", len(pcm)),
            pcm,
            odd_data,
        )
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pcm16_wav(pcm: bytes, rate: int) -> bytes:
    """Return a mono WAV file of 16-bit little-endian PCM."""
    return write_wav(struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16), pcm)


def _u32(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<I", data, offset)[0])


CONTAINER = Container(read_wav, cut_wav)
