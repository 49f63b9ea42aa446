"""The registry of container formats.

A new format needs one entry in CONTAINERS, and a module of the same name in this package with a
`Container` named CONTAINER. A new MIME type needs an entry in `media_types` too.

The modules need NumPy and PyAV, which the server does not import at start-up. So they are imported
when they are first used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from scribe_mock.audio.containers import mp3_frames

if TYPE_CHECKING:
    from scribe_mock.audio.containers.container import Container


def _never(_: bytes) -> bool:
    return False


@dataclass(frozen=True)
class FileFormat:
    """A file format and how it is recognised.

    Args:
        name: short name, such as `ogg`.
        description: as a phrase for messages, such as "an Ogg file".
        first_bytes: fixed bytes that such files have, and their offset; one pair is enough.
        looks_like: recognises what has no fixed first bytes; asked after all `first_bytes`.
    """

    name: str
    description: str
    first_bytes: tuple[tuple[bytes, int], ...] = ()
    looks_like: Callable[[bytes], bool] = _never

    def begins(self, data: bytes) -> bool:
        """Return whether the data have the format's fixed bytes."""
        return any(data.startswith(fixed, offset) for fixed, offset in self.first_bytes)


def _has_mp3_frames(data: bytes) -> bool:
    """Return whether MP3 frames follow each other."""
    return mp3_frames.is_chain(data, 0)


_MP4_BOXES = (b"ftyp", b"moov", b"styp", b"sidx", b"moof", b"mdat", b"wide")

#: The formats that can be read and written, by name.
CONTAINERS: dict[str, FileFormat] = {
    one.name: one
    for one in (
        FileFormat("webm", "a WebM or Matroska file", ((b"\x1aE\xdf\xa3", 0),)),
        FileFormat("ogg", "an Ogg file", ((b"OggS", 0),)),
        FileFormat("wav", "a WAV file", ((b"WAVE", 8),)),
        FileFormat("mp4", "an MP4 or M4A file", tuple((name, 4) for name in _MP4_BOXES)),
        FileFormat("mp3", "an MP3 file", ((b"ID3", 0),), _has_mp3_frames),
    )
}


def load_container(name: str) -> "Container":
    """Return the functions that read and write files of a format in CONTAINERS."""
    module = import_module(f"scribe_mock.audio.containers.{CONTAINERS[name].name}")
    functions: Container = module.CONTAINER
    return functions
