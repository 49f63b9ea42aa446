"""Entries of the journal in their JSON form (`control.yaml`)."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_plus

from scribe_mock.sessions.clock import rfc3339
from scribe_mock.steering.header_fields import HIDDEN, SECRET_NAME
from scribe_mock.steering.journal import Entries
from scribe_mock.steering.record import Record

#: Records that repeat one another have the same value: caller, method, target, query, size.
_Kind = tuple[str, str, bytes, bytes, int]


#: Others wait until so many entries are described, a few milliseconds.
_SLICE = 200


async def described(journal: Entries, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The JSON forms of some entries."""
    repeated = await _repeated(journal, records)
    forms: list[dict[str, Any]] = []
    for start in range(0, len(records), _SLICE):
        if start:
            await asyncio.sleep(0)
        forms += [_form(one, repeated.get(one)) for one in records[start : start + _SLICE]]
    return forms


async def described_whole(journal: Entries, record: Record) -> dict[str, Any]:
    """The JSON form of one entry, with its query and its header fields."""
    [form] = await described(journal, [record])
    return form | {
        "query": shown_query(record),
        "request_headers": record.request_headers(),
        "answer_headers": record.answer_headers(),
        "answer_bytes": record.answer_bytes,
    }


def shown_query(record: Record) -> str:
    """The query without the values that can be a secret."""
    return "&".join(map(_shown, record.query.decode("latin-1").split("&")))


def _shown(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}={HIDDEN}" if equals and SECRET_NAME.search(unquote_plus(name)) else parameter


def _form(record: Record, reply_to: str | None) -> dict[str, Any]:
    duration, announced = record.duration, record.announced
    form: dict[str, Any] = {
        "id": record.request_id.decode("latin-1"),
        "at": rfc3339(record.at),
        "duration_ms": None if duration is None else round(duration * 1000, 3),
        "method": record.method,
        "path": record.path,
        "operation": record.operation,
        "session_id": record.session_id,
        "sequence": record.sequence,
        "status": record.status,
        "code": record.code,
        "content_type": record.content_type,
        "request_bytes": record.request_bytes,
        "announced_bytes": None if announced is None else int(announced),
        "sha256": record.digest(),
        "first_bytes": record.first_bytes[: record.request_bytes].hex(),
        "faults": list(record.faults),
        "outcome": record.outcome,
        "reply_to": reply_to,
    }
    if record.warning is not None:
        form["warning"] = record.warning
    return form


async def _repeated(journal: Entries, records: Sequence[Record]) -> dict[Record, str]:
    """The entries that repeat an earlier one, each with the id of the first such."""
    kinds = {_kind(record) for record in records if _has_body(record)}
    alike = [record for record in journal if _has_body(record) and _kind(record) in kinds]
    await journal.learn_digests(alike)
    first: dict[tuple[_Kind, str], Record] = {}
    repeated: dict[Record, str] = {}
    for record in alike:
        digest = record.digest()
        if digest is not None:
            earliest = first.setdefault((_kind(record), digest), record)
            if earliest is not record:
                repeated[record] = earliest.request_id.decode("latin-1")
    return repeated


def _has_body(record: Record) -> bool:
    return record.whole and record.request_bytes > 0 and record.operation != "streamAudio"


def _kind(record: Record) -> _Kind:
    return (record.caller, record.method, record.target, record.query, record.request_bytes)
