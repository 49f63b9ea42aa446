"""Entries of the journal as bytes, for other servers."""

from typing import Any

import msgspec

from scribe_mock.sessions.session import UploadType
from scribe_mock.steering.record import Record

#: The fields that are written as they are.
_FIELDS = (
    "request_id",
    "at",
    "method",
    "target",
    "caller",
    "began",
    "announced",
    "answer_bytes",
    "answer_fields",
    "code",
    "duration",
    "faults",
    "first_bytes",
    "generation",
    "operation",
    "outcome",
    "owner",
    "query",
    "request_bytes",
    "request_fields",
    "sequence_told",
    "session_id",
    "status",
    "stored",
    "upload_type",
    "warning",
    "whole",
)


def encode_record(record: Record) -> bytes:
    """An entry as bytes, with the digest of its body."""
    is_early = getattr(record, "is_early", None)
    fields = [getattr(record, name) for name in _FIELDS]
    return msgspec.msgpack.encode((is_early, record.digest(), *fields))


def decode_record(data: bytes, request: type[Record]) -> Record:
    """The entry of `encode_record`.

    Args:
        data: The bytes.
        request: The class of requests that clients sent.
    """
    is_early, digest, *values = msgspec.msgpack.decode(data)
    fields: dict[str, Any] = dict(zip(_FIELDS, values, strict=True))
    first = [fields.pop(name) for name in ("request_id", "at", "method", "target", "caller")]
    record = (Record if is_early is None else request)(*first)
    if is_early is not None:
        record.is_early = is_early  # type: ignore[attr-defined]
    fields["faults"] = tuple(fields["faults"])
    if fields["upload_type"] is not None:
        fields["upload_type"] = UploadType(fields["upload_type"])
    for name, value in fields.items():
        setattr(record, name, value)
    record.sha256 = digest
    return record
