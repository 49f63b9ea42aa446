"""Lua scripts, which Redis runs as one step that no other command comes between."""

import hashlib
from pathlib import Path

_FOLDER = Path(__file__).parent / "scripts"


class Script:
    """A script that is sent by its digest, and as a whole only where Redis does not know it.

    Args:
        text: The script.
    """

    __slots__ = ("sha", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    @classmethod
    def of(cls, *names: str) -> "Script":
        """The script of these files, one behind the other."""
        return cls("".join((_FOLDER / f"{name}.lua").read_text("utf-8") for name in names))
