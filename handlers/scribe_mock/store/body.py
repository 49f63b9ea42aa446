"""The bytes of one request's body or of one chunk, and their digest."""

import hashlib
from collections.abc import Iterable, Sequence


def sha256(parts: Iterable[bytes]) -> str:
    """The SHA-256, in hex, of bytes in parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


class Body:
    """Bytes in the parts in which they arrived; joining them would copy them.

    Its digest is computed when it is asked for: that takes a fifth of the time of an upload.

    Args:
        parts: The bytes. Those who read them may keep the list; `release` only forgets it here.
    """

    __slots__ = ("parts", "readers", "sha256", "size", "stored")

    def __init__(self, parts: Sequence[bytes]) -> None:
        self.parts: Sequence[bytes] | None = parts
        #: The number of bytes; whoever adds parts counts them.
        self.size = sum(map(len, parts)) if parts else 0
        #: The SHA-256 in hex, once it is known.
        self.sha256: str | None = None
        #: Whether a store has it.
        self.stored = False
        #: How many entries of the journal refer to it.
        self.readers = 0

    def digest(self) -> str | None:
        """The SHA-256, in hex; None if the bytes were released before it was known."""
        parts = self.parts
        if self.sha256 is None and parts is not None:
            self.sha256 = sha256(parts)
        return self.sha256

    def release(self) -> None:
        """Forget the bytes."""
        self.parts = None
