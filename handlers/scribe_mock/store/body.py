"""The bytes of one request's body or of one chunk, and their digest."""

import hashlib
from collections.abc import Iterable, Sequence

#: The most bytes that are joined to compare them with others.
_QUICKLY_JOINED = 256 * 1024


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

    __slots__ = ("parts", "readers", "sha256", "stored")

    def __init__(self, parts: Sequence[bytes]) -> None:
        self.parts: Sequence[bytes] | None = parts
        #: The SHA-256 in hex, once it is known.
        self.sha256: str | None = None
        #: Whether a store has it.
        self.stored = False
        #: How many entries of the journal refer to it.
        self.readers = 0

    @property
    def size(self) -> int:
        """The number of bytes that are here."""
        return sum(map(len, self.parts or ()))

    def digest(self) -> str | None:
        """The SHA-256, in hex; None if the bytes were released before it was known."""
        parts = self.parts
        if self.sha256 is None and parts is not None:
            self.sha256 = sha256(parts)
        return self.sha256

    def release(self) -> None:
        """Forget the bytes."""
        self.parts = None

    def surely_has(self, parts: Sequence[bytes], size: int) -> bool:
        """Whether these are its bytes; False if that would take long to find out.

        Args:
            parts: The bytes to compare with.
            size: How many these are.
        """
        mine = self.parts
        if mine is None:
            return False
        if size > _QUICKLY_JOINED or len(mine) == len(parts):
            return mine == parts
        return b"".join(mine) == b"".join(parts)
