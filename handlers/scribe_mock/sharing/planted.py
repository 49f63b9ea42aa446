"""What the first of several servers makes for all, once."""

from collections.abc import Iterable
from typing import Protocol

from scribe_mock.sessions.noting import Noted, not_shared

#: The key of the one entry of `Planted`.
_DONE = "done"


class Planted:
    """Whether the sessions and all else of a fresh server were made."""

    def __init__(self) -> None:
        self.done = False
        self.noted: Noted = not_shared

    def finish(self) -> None:
        """They were made."""
        self.done = True
        self.noted(_DONE)

    def names(self) -> Iterable[str]:
        """The key of its entry, if they were made."""
        return [_DONE] if self.done else []

    def entry(self, key: str) -> bool | None:
        """Whether they were made."""
        return self.done or None

    def load(self, key: str, entry: bool | None) -> None:
        """Know it from another server."""
        self.done = entry is not None


class _Signs(Protocol):
    key: bytes


class SigningKeys:
    """The keys by which one server knows what another one has signed.

    Args:
        signers: What signs, by name.
    """

    def __init__(self, **signers: _Signs) -> None:
        self._signers = signers
        self.noted: Noted = not_shared

    def plant(self) -> None:
        """Let all servers have the keys of this one."""
        for name in self._signers:
            self.noted(name)

    def names(self) -> Iterable[str]:
        """None: a server always has keys."""
        return ()

    def entry(self, key: str) -> bytes:
        """The key of a signer."""
        return self._signers[key].key

    def load(self, key: str, entry: bytes | None) -> None:
        """Sign with the key of another server."""
        if entry is not None and key in self._signers:
            self._signers[key].key = entry
