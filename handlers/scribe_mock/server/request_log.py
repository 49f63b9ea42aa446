"""The log of requests on the terminal: a line of text or of JSON for each."""

import json
import logging
import re
from typing import Any

from starlette.types import Scope

from scribe_mock.server.exchange import Exchange
from scribe_mock.sessions.clock import rfc3339

logger = logging.getLogger("scribe_mock.requests")

#: `traceparent` of W3C Trace Context: a trace and a span that are not all zeros.
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
#: The start of an upload's file name may be a person's.
_NAME_START = re.compile(r"(/audio/)[^/]*?((?:_[0-9]{1,9})?(?:\.[A-Za-z0-9]{1,5})?)$")


class RequestLog:
    """Logs the requests of one server, except for those of the mock's own pages."""

    def add(self, scope: Scope, exchange: Exchange) -> None:
        """Log one request, after its answer."""
        if _from_own_page(scope) or not logger.isEnabledFor(logging.INFO):
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        milliseconds = exchange.end() * 1000
        code = scope.get("scribe_mock.code")
        request_id = exchange.request_id.decode("latin-1")
        told = {
            "id": request_id,
            "trace_id": scope.get("scribe_mock.trace_id") or _trace_id(scope),
            "method": scope["method"],
            "path": _NAME_START.sub(r"\1…\2", path),
            "operation": scope.get("scribe_mock.operation"),
            "status": exchange.status,
            "code": code,
            "duration_ms": round(milliseconds, 1),
            "bytes": exchange.request_bytes,
        }
        status = f"{exchange.status} {code}" if code else exchange.status or "client left"
        logger.info(
            "%s %s %s %.1f ms %s",
            scope["method"],
            path,
            status,
            milliseconds,
            request_id,
            extra={"request": told},
        )


class TextLines(logging.Formatter):
    """Requests after the time of day, which is the system's; other messages as they are."""

    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = super().format(record)
        return f"{self.formatTime(record)} {line}" if hasattr(record, "request") else line


class JsonLines(logging.Formatter):
    """Each record of a log as one object on one line; the time is the system's."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {"time": rfc3339(record.created)}
        request = getattr(record, "request", None)
        if request is None:
            message = super().format(record)
            told |= {"level": record.levelname.lower(), "message": message}
        else:
            told |= request
        return json.dumps(told, ensure_ascii=False)


def _trace_id(scope: Scope) -> str | None:
    """The id of the trace that the caller's `traceparent` belongs to."""
    fields = scope.get("scribe_mock.fields", {})
    found = _TRACEPARENT.fullmatch(fields.get(b"traceparent", b""))
    return found[1].decode() if found else None


def _from_own_page(scope: Scope) -> bool:
    """Whether a page of the mock sent the request: an open inspector sends many."""
    if "scribe_mock.inspection" in scope:
        return True
    own = (b"sec-fetch-site", b"same-origin") in scope["headers"]
    return own and not scope["path"].startswith("/voice/")
