"""Where the files are that ship with the program: the contract and its fixtures."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_REPOSITORY = _PACKAGE.parent.parent


def shipped(name: str) -> Path:
    """The package's own copy (a wheel has one), else the one at the repository's root."""
    copy = _PACKAGE / name
    return copy if copy.exists() else _REPOSITORY / name
