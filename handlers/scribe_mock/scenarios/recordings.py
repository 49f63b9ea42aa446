"""The recordings that fixtures have, by the names of their files."""

from collections.abc import Mapping
from pathlib import Path

from scribe_mock.audio.file_names import extension_of
from scribe_mock.audio.media_types import TYPE_OF_EXTENSION
from scribe_mock.spec import shipped


def recordings(fixtures: Path | None) -> Mapping[str, Path]:
    """The files in the folder `audio` of the fixtures in use, and of those that ship.

    Of two files with one name, that of the user counts.

    Args:
        fixtures: The user's folder of fixtures; None for none.
    """
    found: dict[str, Path] = {}
    for folder in (shipped("fixtures"), *([fixtures] if fixtures else [])):
        files = sorted((folder / "audio").glob("*"))
        found |= {
            file.name: file
            for file in files
            if extension_of(file.name) in TYPE_OF_EXTENSION and file.is_file()
        }
    return found
