"""The supported kinds of audio, and recognising formats by their first bytes."""

from dataclasses import dataclass

WEBM = "audio/webm;codecs=opus"
WAV = "audio/wav"
OGG = "audio/ogg"
OGG_OPUS = "audio/ogg;codecs=opus"
MP4 = "audio/mp4"
M4A = "audio/m4a"
MP3 = "audio/mp3"


@dataclass(frozen=True)
class Kind:
    """One kind of audio: its container, the codecs it may hold, and its usual name."""

    mime: str
    container: str
    codecs: frozenset[str]
    name: str
    extension: str


KINDS: dict[str, Kind] = {
    kind.mime: kind
    for kind in (
        Kind(WEBM, "webm", frozenset({"opus"}), "WebM with Opus", "webm"),
        Kind(WAV, "wav", frozenset({"pcm"}), "WAV with PCM", "wav"),
        Kind(OGG, "ogg", frozenset({"vorbis", "opus"}), "Ogg with Vorbis or Opus", "ogg"),
        Kind(OGG_OPUS, "ogg", frozenset({"opus"}), "Ogg with Opus", "ogg"),
        Kind(MP4, "mp4", frozenset({"aac", "opus", "alac"}), "MP4 with AAC", "mp4"),
        Kind(M4A, "mp4", frozenset({"aac", "opus", "alac"}), "M4A with AAC", "m4a"),
        Kind(MP3, "mp3", frozenset({"mp3"}), "MP3", "mp3"),
    )
}

CONTAINER_NAMES = {
    "webm": "a WebM or Matroska file",
    "wav": "a WAV file",
    "ogg": "an Ogg file",
    "mp4": "an MP4 or M4A file",
    "mp3": "an MP3 file",
    "webm-fragment": "a part of a WebM file without its header",
    "flac": "a FLAC file",
    "adts": "raw AAC (ADTS)",
    "amr": "an AMR file",
    "caf": "a CAF file",
    "aiff": "an AIFF file",
    "avi": "an AVI file",
}

# The first bytes of formats: (bytes, offset, name).
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x1aE\xdf\xa3", 0, "webm"),
    (b"OggS", 0, "ogg"),
    (b"WAVE", 8, "wav"),
    (b"ftyp", 4, "mp4"),
    (b"moov", 4, "mp4"),
    (b"styp", 4, "mp4"),
    (b"moof", 4, "mp4"),
    (b"mdat", 4, "mp4"),
    (b"wide", 4, "mp4"),
    (b"ID3", 0, "mp3"),
    (b"\x1fC\xb6u", 0, "webm-fragment"),
    (b"fLaC", 0, "flac"),
    (b"#!AMR", 0, "amr"),
    (b"caff", 0, "caf"),
    (b"AIF", 8, "aiff"),
    (b"AVI ", 8, "avi"),
)

_NOT_AUDIO: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"--", "a multipart form"),
    (b"data:", "a data URL (send the bytes, not base64)"),
)


def sniff(data: bytes) -> str | None:
    """Return the container that the first bytes belong to, or None.

    Besides the containers of the supported kinds these are `webm-fragment`, `flac`, `adts`, `amr`,
    `caf`, `aiff` and `avi`.
    """
    for magic, offset, name in _MAGIC:
        if data.startswith(magic, offset):
            return name
    if len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        if data[1] & 0xF6 == 0xF0:
            return "adts"
        return "mp3" if data[1] & 0x06 == 0x02 else None
    return "webm-fragment" if _has_webm_blocks(data) else None


# How many bytes of a file are searched for the first whole block of a slice.
_SLICE_SEARCH = 16_384


def _has_webm_blocks(data: bytes) -> bool:
    """Tell whether there are two WebM blocks in a row: slices of a file may begin anywhere."""
    at = data.find(b"\xa3", 0, _SLICE_SEARCH)
    while at >= 0:
        end = _webm_block_end(data, at)
        if end and (data.startswith(b"\x1fC\xb6u", end) or _webm_block_end(data, end)):
            return True
        at = data.find(b"\xa3", at + 1, _SLICE_SEARCH)
    return False


def _webm_block_end(data: bytes, at: int) -> int:
    """Return where a SimpleBlock of track 1 ends, or 0 if there is none."""
    head = data[at : at + 9]
    if len(head) < 9 or head[0] != 0xA3 or head[1] < 0x10:
        return 0
    width = 9 - head[1].bit_length()
    size = int.from_bytes(head[1 : 1 + width], "big") & (1 << 7 * width) - 1
    return at + 1 + width + size if head[1 + width] == 0x81 and size > 4 else 0


def describe(data: bytes) -> str:
    """Return what the bytes look like, as a phrase for people."""
    name = sniff(data)
    if name:
        return CONTAINER_NAMES[name]
    for magic, phrase in _NOT_AUDIO:
        if data.startswith(magic):
            return phrase
    if not data:
        return "an empty file"
    if data.lstrip()[:1] in (b"{", b"["):
        return "JSON"
    if not any(data[:64]):
        return f"{len(data)} bytes that begin with zeros"
    if all(32 <= byte < 127 or byte in (9, 10, 13) for byte in data[:64]):
        return "plain text"
    return f"{len(data)} bytes of no known audio format"
