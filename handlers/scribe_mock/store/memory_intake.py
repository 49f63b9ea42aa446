"""An upload on its way into the memory store."""

from typing import Protocol, Self

from scribe_mock.store.body import Body

#: Parts below this size are joined: an upload of single bytes would take 34 times its size.
_SMALL_PART = 16 * 1024


class Memory(Protocol):
    """What counts bytes of memory; see SessionStore."""

    def claim(self, size: int) -> None:
        """Count bytes as used; raises ServiceUnavailable."""

    def unclaim(self, size: int) -> None:
        """Stop counting bytes that `claim` counted."""


class MemoryIntake:
    """An upload in progress: its bytes count as used from the moment they arrive."""

    __slots__ = ("_store", "body", "parts", "size")

    def __init__(self, store: Memory) -> None:
        self._store = store
        self.parts: list[bytes] = []
        self.body = Body(self.parts)
        self.size = 0

    def take(self, part: bytes) -> None:
        """Add one more part; raises ServiceUnavailable when there is no memory for it."""
        self._store.claim(len(part))
        self.size += len(part)
        self.body.size += len(part)
        parts = self.parts
        if parts and len(part) < _SMALL_PART and len(parts[-1]) < _SMALL_PART:
            parts[-1] += part
        else:
            parts.append(part)

    def release(self) -> None:
        """Stop counting the bytes as an upload in progress."""
        self._store.unclaim(self.size)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
