"""A chunk as Redis has it: what the scripts read of it, then its record."""

import secrets
from dataclasses import dataclass, replace
from struct import Struct
from typing import Literal, Self

from scribe_mock.sessions.chunk import Chunk
from scribe_mock.store.session_codec import decode_chunk, encode_chunk

#: How its bytes are stored: as one string, or as a list of parts.
Kind = Literal[b"s", b"l"]
SMALL: Kind = b"s"
LARGE: Kind = b"l"

#: Kind, name of the bytes, size, and how many earlier uploads of the number there were. The scripts
#: read the same form.
_HEAD = Struct(">c16sII")


def new_name() -> bytes:
    """A name for bytes, which no others have: 16 characters."""
    return secrets.token_hex(8).encode()


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk.

    Args:
        kind: How its bytes are stored.
        blob: The name of its bytes.
        chunk: The chunk itself, with its digest.
    """

    kind: Kind
    blob: bytes
    chunk: Chunk

    def encoded(self) -> bytes:
        """The value in Redis."""
        chunk = self.chunk
        head = _HEAD.pack(self.kind, self.blob, chunk.size, chunk.replaced)
        return head + encode_chunk(chunk)

    @classmethod
    def decoded(cls, value: bytes) -> Self:
        """The chunk of a value in Redis."""
        kind, blob, _, replaced = _HEAD.unpack_from(value)
        chunk = decode_chunk(value[_HEAD.size :])
        chunk.replaced = replaced
        return cls(kind, blob, chunk)

    def with_chunk(self, chunk: Chunk) -> "StoredChunk":
        """Another chunk with the same bytes."""
        return replace(self, chunk=chunk)
