"""Recognises what a file is by its first bytes."""

from scribe_mock.audio.containers.registry import CONTAINERS, FileFormat
from scribe_mock.audio.containers.webm_elements import ElementId

#: A part of a WebM file that begins after its header, as a MediaRecorder with a timeslice makes it.
WEBM_FRAGMENT = "webm-fragment"
_WEBM_CLUSTER = ElementId.CLUSTER.to_bytes(4, "big")
# How many bytes of a file are searched for the first whole block of a WebM fragment.
_FRAGMENT_SEARCH = 16_384


def _is_mpeg_frame(data: bytes) -> bool:
    """Return whether the data begin with the 11 bits that begin every frame of MPEG audio."""
    return len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0


def _is_adts(data: bytes) -> bool:
    """Return whether there is the header of an ADTS frame (ISO/IEC 13818-7)."""
    return _is_mpeg_frame(data) and data[1] & 0xF6 == 0xF0


def _has_webm_blocks(data: bytes) -> bool:
    """Return whether there are two WebM blocks in a row: a fragment may begin anywhere."""
    # The bytes after an MPEG header can look like blocks too.
    at = -1 if _is_mpeg_frame(data) else data.find(ElementId.SIMPLE_BLOCK, 0, _FRAGMENT_SEARCH)
    while at >= 0:
        end = _webm_block_end(data, at)
        if end and (data.startswith(_WEBM_CLUSTER, end) or _webm_block_end(data, end)):
            return True
        at = data.find(ElementId.SIMPLE_BLOCK, at + 1, _FRAGMENT_SEARCH)
    return False


def _webm_block_end(data: bytes, at: int) -> int:
    """Return where a SimpleBlock of track 1 ends, or 0 if there is none."""
    head = data[at : at + 9]
    if len(head) < 9 or head[0] != ElementId.SIMPLE_BLOCK or head[1] < 0x10:
        return 0
    width = 9 - head[1].bit_length()
    size = int.from_bytes(head[1 : 1 + width], "big") & (1 << 7 * width) - 1
    return at + 1 + width + size if head[1 + width] == 0x81 and size > 4 else 0


# Formats that are recognised, so that a message can name them, but cannot be decoded here.
_OTHER_FORMATS = (
    FileFormat("flac", "a FLAC file", ((b"fLaC", 0),)),
    FileFormat("adts", "raw AAC (ADTS)", looks_like=_is_adts),
    FileFormat("amr", "an AMR file", ((b"#!AMR", 0),)),
    FileFormat("caf", "a CAF file", ((b"caff", 0),)),
    FileFormat("aiff", "an AIFF file", ((b"AIF", 8),)),
    FileFormat("avi", "an AVI file", ((b"AVI ", 8),)),
    FileFormat(
        WEBM_FRAGMENT,
        "a part of a WebM file without its header",
        ((_WEBM_CLUSTER, 0),),
        _has_webm_blocks,
    ),
)
_FORMATS = {one.name: one for one in (*CONTAINERS.values(), *_OTHER_FORMATS)}

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
    """Return the name of the file format that the first bytes belong to, or None.

    Besides the names in CONTAINERS these are `webm-fragment`, `flac`, `adts`, `amr`, `caf`, `aiff`
    and `avi`.
    """
    for one in _FORMATS.values():
        if one.begins(data):
            return one.name
    return next((one.name for one in _FORMATS.values() if one.looks_like(data)), None)


def describe(data: bytes) -> str:
    """Return what the bytes look like, as a phrase for messages."""
    name = sniff(data)
    if name:
        return _FORMATS[name].description
    for first_bytes, phrase in _NOT_AUDIO:
        if data.startswith(first_bytes):
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
