"""How long a recording lasts, without decoding it."""

from pathlib import Path

from scribe_mock.audio.containers.reading import open_track
from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.media_types import TYPE_OF_EXTENSION


def recording_seconds(path: Path) -> float:
    """Return how many seconds a file says that it lasts.

    Args:
        path: the file; its extension is that of a supported type.

    Raises:
        AudioError: it is not a recording of that type.
        OSError: it can't be read.
    """
    media_type = TYPE_OF_EXTENSION[extension_of(path.name)]
    track = open_track(path.read_bytes(), media_type, Budget(Limits()))
    return track.claimed_s or track.duration_s()
