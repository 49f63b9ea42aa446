"""Sessions and what belongs to them as bytes, for stores outside this process's memory.

A record is msgpack, with the version of its form first. What JSON has as a list comes back as one,
also where it was a tuple.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from msgspec import DecodeError, ValidationError, convert
from msgspec.msgpack import Decoder

from scribe_mock.audio.packed_fingerprint import PackedFingerprint
from scribe_mock.errors import ScribeError
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.plain_codec import decode_plain, encode_plain, read_extension
from scribe_mock.store.reference import Reference

T = TypeVar("T")

#: The version of the form of all records; a record of another version is not read.
VERSION = 1


class RecordUnreadable(ScribeError):
    """A record that another version of this program wrote, or that is damaged."""


@dataclass(frozen=True, slots=True)
class _ReferenceRecord:
    """A reference without its bytes."""

    media_type: str
    fingerprint: PackedFingerprint
    fixture: str | None


_SESSIONS = Decoder(tuple[int, Session], ext_hook=read_extension)
_CHUNKS = Decoder(tuple[int, Chunk], ext_hook=read_extension)
_REFERENCES = Decoder(tuple[int, _ReferenceRecord], ext_hook=read_extension)
_SESSION_FIELDS = tuple(field.name for field in fields(Session) if field.name != "chunks")


def encode_session(session: Session) -> bytes:
    """A session without its chunks."""
    return _encode({name: getattr(session, name) for name in _SESSION_FIELDS})


def decode_session(data: bytes, chunks: Iterable[Chunk]) -> Session:
    """The session of a record, with these chunks.

    Raises:
        RecordUnreadable: another version wrote the record, or it is damaged.
    """
    session = _decode(_SESSIONS, data)
    session.chunks = Chunks(chunks)
    return session


def encode_chunk(chunk: Chunk) -> bytes:
    """A chunk without its bytes."""
    return _encode(chunk)


def decode_chunk(data: bytes) -> Chunk:
    """The chunk of a record; raises RecordUnreadable."""
    return _decode(_CHUNKS, data)


def encode_reference(reference: Reference) -> bytes:
    """A reference with its fingerprint, without its bytes."""
    return _encode(_ReferenceRecord(reference.media_type, reference.fingerprint, reference.fixture))


def decode_reference(data: bytes, body: Body) -> Reference:
    """The reference of a record, with these bytes; raises RecordUnreadable."""
    record = _decode(_REFERENCES, data)
    return Reference(body, record.media_type, record.fingerprint, record.fixture)


def _encode(value: Any) -> bytes:
    return encode_plain((VERSION, value))


def _decode(decoder: "Decoder[tuple[int, T]]", data: bytes) -> T:
    try:
        version, value = _decoded(decoder, data)
    except DecodeError as error:
        raise RecordUnreadable(f"A record of the store can't be read: {error}.") from error
    if version != VERSION:
        raise RecordUnreadable(
            f"A record of the store has version {version}, and this program reads {VERSION}. "
            "Use another prefix or file, or empty the store."
        )
    return value


def _decoded(decoder: "Decoder[tuple[int, T]]", data: bytes) -> tuple[int, T]:
    try:
        return decoder.decode(data)
    except ValidationError:
        # A decoder takes no extension for an integer, so it is read first and converted then.
        return convert(decode_plain(data), decoder.type)
