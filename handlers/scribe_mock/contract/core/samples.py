"""Audio to upload: recordings in every supported type, and files of any size."""

import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from scribe_mock.spec import shipped

#: The type that samples are sent with, unless a rule says otherwise.
WEBM = "audio/webm;codecs=opus"


@dataclass(frozen=True, slots=True)
class Format:
    """A supported audio type: its MIME type, its file extension, and a recording."""

    mime: str
    extension: str
    speech: str


#: The seven types of the published page.
FORMATS = (
    Format(WEBM, "webm", "speech.webm"),
    Format("audio/wav", "wav", "speech.wav"),
    Format("audio/ogg", "ogg", "speech-vorbis.ogg"),
    Format("audio/ogg;codecs=opus", "ogg", "speech.ogg"),
    Format("audio/mp4", "mp4", "speech.mp4"),
    Format("audio/m4a", "m4a", "speech.m4a"),
    Format("audio/mp3", "mp3", "speech.mp3"),
)
SUPPORTED = tuple(entry.mime for entry in FORMATS)

#: Not audio of any kind.
GARBAGE = b"This is not audio, however it is called. " * 8

#: Every server accepts an upload of this many bytes ...
TEN_MB = 10_000_000
#: ... and none accepts a larger one.
TEN_MIB = 10 * 1024 * 1024


@cache
def file(name: str) -> Path:
    """The path of one of the audio files that ship with the program."""
    return shipped("fixtures") / "audio" / name


@cache
def tiny(extension: str) -> bytes:
    """A fifth of a second of speech, in a file as small as possible."""
    return file(f"tiny.{extension}").read_bytes()


@cache
def speech(extension: str) -> bytes:
    """Some seconds of speech."""
    return file(f"speech.{extension}").read_bytes()


# The largest are 10 MB. Rules that run at the same time share those of the same size.
@lru_cache(maxsize=2)
def wav_of(size: int) -> bytes:
    """A playable WAV file of exactly `size` bytes: a short sound, then a chunk to be ignored."""
    sound = tiny("wav")[12:]
    filler = size - 12 - len(sound) - 8
    head = b"RIFF" + struct.pack("<I", size - 8) + b"WAVE"
    return head + sound + b"JUNK" + struct.pack("<I", filler) + bytes(filler)


@lru_cache(maxsize=2)
def padded(head: bytes, size: int) -> bytes:
    """A file of exactly `size` bytes that begins with `head`; the rest is zeros."""
    return head + bytes(size - len(head))


def extension_of(mime: str) -> str:
    """The usual extension of a supported type."""
    return next(entry.extension for entry in FORMATS if entry.mime == mime)
