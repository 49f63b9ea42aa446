"""Finds the audio files that fixtures name."""

import os
from pathlib import Path, PurePath

from scribe_mock.spec import shipped


def audio_file(folder: Path, name: str) -> Path | None:
    """A readable file in a folder of audio; None if there is none, or if it lies elsewhere."""
    if "\0" in name or PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        return None
    file = folder / name
    return file if file.is_file() and os.access(file, os.R_OK) else None


def recording(fixtures: Path | None, name: str) -> Path | None:
    """A recording by its name, such as `consultation.ogg`; None if there is none.

    Args:
        fixtures: the user's folder of fixtures, whose `audio` comes first; None for none.
        name: its name in that folder, or in the one that ships.
    """
    folders = [fixtures] if fixtures else []
    found = (audio_file(folder / "audio", name) for folder in [*folders, shipped("fixtures")])
    return next((file for file in found if file is not None), None)
