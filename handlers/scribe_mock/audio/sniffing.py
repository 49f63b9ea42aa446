"""Recognises what a file is by its first bytes."""

import re

from scribe_mock.audio.containers import mp3_frames
from scribe_mock.audio.containers.registry import CONTAINERS, FileFormat
from scribe_mock.audio.pieces import SEARCHED, behind_junk, is_pcm, piece_of

#: What is added to a container's name for a piece of such a file without its header.
FRAGMENT = "-fragment"
#: A form with a file in it, as browsers make it of FormData.
FORM = "multipart"

# How many bytes are searched for MP3 frames in a row, and for the first part of a form.
_MP3_SEARCH, _FORM_SEARCH = 65_536, 2_048
# The line with the boundary, and the name of the first part's first field (RFC 2046, 5.1.1).
_PART = re.compile(rb"(?:\A\s*|\n)--[\w'()+,./:=? -]{0,70}[ \t]*\r?\n[\w-]+:")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _is_mpeg_frame(data: bytes) -> bool:
    """Return whether the data begin with the 11 bits that begin every frame of MPEG audio."""
    return len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0


def _is_adts(data: bytes) -> bool:
    """Return whether ADTS frames follow each other (ISO/IEC 13818-7, 6.2)."""
    if not _is_mpeg_frame(data) or data[1] & 0xF6 != 0xF0:
        return False
    if len(data) < 6:
        return True
    size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return size > 6 and (size + 2 > len(data) or data[size : size + 2] == data[:2])


def _is_free_format(data: bytes) -> bool:
    """Return whether MP3 frames follow each other whose headers name no bit rate."""
    if not _is_mpeg_frame(data) or data[1] & 6 != 2 or data[2] & 0xF0:
        return False
    second = data.find(data[:2], 24, 6_000)
    return second > 0 and data.startswith(data[:2], 2 * second)


# Formats that are recognised, so that a message can name them, but cannot be decoded here.
_OTHER_FORMATS = (
    FileFormat("flac", "a FLAC file", ((b"fLaC", 0),)),
    FileFormat("adts", "raw AAC (ADTS)", looks_like=_is_adts),
    FileFormat("amr", "an AMR file", ((b"#!AMR", 0),)),
    FileFormat("caf", "a CAF file", ((b"caff", 0),)),
    FileFormat("aiff", "an AIFF file", ((b"AIF", 8),)),
    FileFormat("avi", "an AVI file", ((b"AVI ", 8),)),
    FileFormat("wave64", "a Wave64 file", ((b"riff\x2e\x91\xcf\x11", 0),)),
    FileFormat(
        "free-format-mp3", "an MP3 file in free format, without a bit rate", (), _is_free_format
    ),
    FileFormat(FORM, "a multipart form (send the file itself as the body)"),
    *(
        FileFormat(f"{name}{FRAGMENT}", f"a piece of {what} without its header")
        for name, what in (
            ("webm", "a WebM file"),
            ("mp4", "an MP4 file"),
            ("ogg", "an Ogg file"),
            ("wav", "a WAV file"),
        )
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
    (b"<!doctype", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"data:", "a data URL (send the bytes, not base64)"),
)


def sniff(data: bytes) -> str | None:
    """Return the name of the file format that the first bytes belong to, or None.

    Besides the names in CONTAINERS these are `multipart`, `flac`, `adts`, `amr`, `caf`, `aiff`,
    `avi`, `wave64`, `free-format-mp3`, and `webm-fragment`, `mp4-fragment` and `ogg-fragment`.
    """
    for one in _FORMATS.values():
        if one.begins(data):
            return one.name if not _lacks_header(data, one.name) else f"{one.name}{FRAGMENT}"
    start = data[:_FORM_SEARCH].removeprefix(_BYTE_ORDER_MARK)
    if _text_of(start[:1]) is not None and _PART.search(start):
        return FORM
    for one in _FORMATS.values():
        if one.looks_like(data):
            return one.name
    return None if _known_otherwise(data) else _searched(data)


def _lacks_header(data: bytes, name: str) -> bool:
    """Return whether a file with the fixed bytes of a format begins after its header."""
    if name == "ogg":
        return len(data) > 5 and piece_of(data[:6]) == "ogg"
    return name == "mp4" and data[4:8] in (b"moof", b"styp", b"sidx")


def _searched(data: bytes) -> str | None:
    """Return what is found further behind, where something else comes first."""
    found = behind_junk(data)
    if found:
        return found
    piece = piece_of(data)
    if piece:
        return f"{piece}{FRAGMENT}"
    return "mp3" if mp3_frames.find_frames(data, 0, _MP3_SEARCH) >= 0 else None


def recognise(data: bytes, expected: str | None) -> str | None:
    """Return the name of a file's format as `sniff` does, and `wav-fragment` for PCM alone.

    Args:
        data: the file, or its first 32 KiB.
        expected: the container that it should be, or None; bytes are taken for PCM only if they
            should be a WAV file.
    """
    found = sniff(data)
    if found is None and expected == "wav" and _known_otherwise(data) is None:
        return f"wav{FRAGMENT}" if is_pcm(data[:SEARCHED]) else None
    return found


def describe(data: bytes, name: str | None = None) -> str:
    """Return what the bytes look like, as a phrase for messages.

    Args:
        data: the bytes.
        name: what they were recognised as, if they were.
    """
    name = name or sniff(data)
    if name:
        return _FORMATS[name].description
    if not data:
        return "an empty file"
    known = _known_otherwise(data)
    if known:
        return known
    if not any(data[:64]):
        return f"{len(data)} bytes that begin with zeros"
    return f"{len(data)} bytes of no known audio format"


def _known_otherwise(data: bytes) -> str | None:
    """Return what the bytes are if they are known and no audio, or None."""
    start = data.removeprefix(_BYTE_ORDER_MARK).lstrip()[:64]
    for first_bytes, phrase in _NOT_AUDIO:
        if start.startswith(first_bytes):
            return phrase
    return _text_of(start)


def _text_of(start: bytes) -> str | None:
    """Return which text it is by its first bytes, or None for bytes that are no text."""
    if not start or not all(32 <= byte < 127 or byte in (9, 10, 13) for byte in start):
        return None
    return "JSON" if start[:1] in (b"{", b"[") else "plain text"
