"""A part of the server whose entries other servers have too."""

from collections.abc import Iterable
from typing import Any, Protocol

from scribe_mock.sessions.noting import Noted


class Mirror(Protocol):
    """Named entries of plain data. Who changes one tells `noted` its key."""

    noted: Noted

    def names(self) -> Iterable[str]:
        """The keys of all entries."""

    def entry(self, key: str) -> Any:
        """An entry as plain data; None if there is none."""

    def load(self, key: str, entry: Any) -> None:
        """Have an entry as another server has it; None removes it."""
