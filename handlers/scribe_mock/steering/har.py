"""The journal as an HTTP archive, HAR 1.2: without bodies, and without secrets."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from scribe_mock import __version__
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.steering.entries import shown_query
from scribe_mock.steering.record import Record

#: What a URL may have besides letters and digits (RFC 3986, 2); everything else is escaped.
_SAFE = "%-._~:/?@!$&'()*+,;="
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def archive(records: Iterable[Record], origin: str) -> dict[str, Any]:
    """Entries as HAR.

    Args:
        records: The entries, the oldest first.
        origin: The server's address; an archive has absolute URLs only.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "scribe-mock", "version": __version__},
            "entries": [_entry(record, origin) for record in records],
        }
    }


def _entry(record: Record, origin: str) -> dict[str, Any]:
    milliseconds = round((record.duration or 0) * 1000, 3)
    is_stream = record.operation == "streamAudio"
    return {
        "startedDateTime": rfc3339(record.at),
        "time": milliseconds,
        "request": _request(record, origin),
        "response": _answer(record),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_resourceType": "websocket" if is_stream else "fetch",
        "_request_id": record.request_id.decode("latin-1"),
        "_operation": record.operation,
        "_session_id": record.session_id,
        "_outcome": record.outcome,
        "_faults": list(record.faults),
    }


def _request(record: Record, origin: str) -> dict[str, Any]:
    query = shown_query(record)
    return {
        "method": record.method,
        "url": _url(record, origin, query),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(record.request_headers()),
        "queryString": _pairs(parse_qsl(query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": record.request_bytes,
    }


def _answer(record: Record) -> dict[str, Any]:
    headers = record.answer_headers()
    media_type = next((value for name, value in headers if name == "content-type"), "")
    return {
        "status": record.status,
        "statusText": _phrase(record.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": {"size": record.answer_bytes, "mimeType": media_type},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": record.answer_bytes,
    }


def _url(record: Record, origin: str, query: str) -> str:
    url = f"{record.path}?{query}" if query else record.path
    if record.operation == "streamAudio":
        origin = origin.replace("http", "ws", 1)
    if record.operation != "deliverWebhook":
        url = origin + url
    return quote(_BROKEN_PERCENT.sub("%25", url), safe=_SAFE)


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
