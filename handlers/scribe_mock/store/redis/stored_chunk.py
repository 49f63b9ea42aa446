"""A chunk as Redis has it: what the scripts read of it, then its record."""

import secrets
from dataclasses import dataclass, replace
from struct import Struct
from typing import Literal, Self

from scribe_mock.sessions.chunk import Chunk
from scribe_mock.store.session_codec import decode_chunk, encode_chunk

#: Where its bytes are: in the session's hash of bytes, or in a list of parts of their own.
Kind = Literal[b"h", b"l"]
SMALL: Kind = b"h"
LARGE: Kind = b"l"

#: Kind, name of the bytes, SHA-256, size, and how many earlier uploads of the number there were.
#: The scripts read the same form.
_HEAD = Struct(">c16s32sII")


def new_name() -> bytes:
    """A name for bytes, which no others have: 16 characters."""
    return secrets.token_hex(8).encode()


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk.

    Args:
        kind: Where its bytes are.
        blob: The name of its bytes.
        sha256: The digest of its bytes, in hex.
        chunk: The chunk itself.
    """

    kind: Kind
    blob: bytes
    sha256: str
    chunk: Chunk

    def encoded(self) -> bytes:
        """The value in Redis."""
        chunk, digest = self.chunk, bytes.fromhex(self.sha256)
        head = _HEAD.pack(self.kind, self.blob, digest, chunk.size, chunk.replaced)
        return head + encode_chunk(chunk)

    @classmethod
    def decoded(cls, value: bytes) -> Self:
        """The chunk of a value in Redis."""
        kind, blob, digest, _, replaced = _HEAD.unpack_from(value)
        chunk = decode_chunk(value[_HEAD.size :])
        chunk.replaced = replaced
        return cls(kind, blob, digest.hex(), chunk)

    def with_chunk(self, chunk: Chunk) -> "StoredChunk":
        """Another chunk with the same bytes."""
        return replace(self, chunk=chunk)
