"""Sessions and what belongs to them as bytes, for stores outside this process's memory.

A record is msgpack, with the version of its form first. What JSON has as a list comes back as one,
also where it was a tuple.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

from msgspec import DecodeError
from msgspec.msgpack import Decoder, Encoder, Ext

from scribe_mock.audio.packed_fingerprint import PackedFingerprint
from scribe_mock.errors import ScribeError
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.reference import Reference

T = TypeVar("T")

#: The version of the form of all records; a record of another version is not read.
VERSION = 1
#: The type number of integers beyond 64 bits, which JSON has and msgpack does not.
_LARGE_INTEGER = 1


class RecordUnreadable(ScribeError):
    """A record that another version of this program wrote, or that is damaged."""


@dataclass(frozen=True, slots=True)
class _ReferenceRecord:
    """A reference without its bytes."""

    media_type: str
    fingerprint: PackedFingerprint
    fixture: str | None


def _read_extension(code: int, data: memoryview) -> int:
    if code != _LARGE_INTEGER:
        raise ValueError(f"an extension of type {code}")
    return int.from_bytes(data, "big", signed=True)


_ENCODER = Encoder()
_SESSIONS = Decoder(tuple[int, Session], ext_hook=_read_extension)
_CHUNKS = Decoder(tuple[int, Chunk], ext_hook=_read_extension)
_REFERENCES = Decoder(tuple[int, _ReferenceRecord], ext_hook=_read_extension)
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
    try:
        return _ENCODER.encode((VERSION, value))
    except OverflowError:
        return _ENCODER.encode((VERSION, _with_large_integers(value)))


def _decode(decoder: "Decoder[tuple[int, T]]", data: bytes) -> T:
    try:
        version, value = decoder.decode(data)
    except DecodeError as error:
        raise RecordUnreadable(f"A record of the store can't be read: {error}.") from error
    if version != VERSION:
        raise RecordUnreadable(
            f"A record of the store has version {version}, and this program reads {VERSION}. "
            "Use another prefix or file, or empty the store."
        )
    return value


def _with_large_integers(value: Any) -> Any:
    """The same value with each integer that msgpack does not have as an extension."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        size = value.bit_length() // 8 + 1
        return Ext(_LARGE_INTEGER, value.to_bytes(size, "big", signed=True))
    if isinstance(value, Mapping):
        return {key: _with_large_integers(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_with_large_integers(child) for child in value]
    if is_dataclass(value):
        return {f.name: _with_large_integers(getattr(value, f.name)) for f in fields(value)}
    return value
