"""The audio files that ship with the program, by name."""

from pathlib import Path

from scribe_mock.errors import SettingsError
from scribe_mock.spec import shipped

#: What is neither a recording nor silence in the folder of the fixtures.
_NOT_AUDIO = (".md", ".sh")


def sample_names() -> list[str]:
    """The names of all files, such as `speech.webm`, in the order of the alphabet."""
    return sorted(path.name for path in _folder().iterdir() if path.suffix not in (*_NOT_AUDIO, ""))


def sample(name: str) -> Path:
    """The path of one file.

    Args:
        name: Its name, or an extension such as `webm` for the shortest file that has it.

    Raises:
        SettingsError: there is no such file.
    """
    names = sample_names()
    for wanted in (name, f"tiny.{name}"):
        if wanted in names:
            return _folder() / wanted
    short = ", ".join(one.removeprefix("tiny.") for one in names if one.startswith("tiny."))
    long = ", ".join(one for one in names if not one.startswith("tiny."))
    raise SettingsError(f"There is no sample {name}; expected one of {short}, {long}.")


def _folder() -> Path:
    return shipped("fixtures") / "audio"
