"""Answers that a fault, a test or `Prefer` gives instead of the right one."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from scribe_mock.errors import InvalidRequest
from scribe_mock.server.steering.call import note
from scribe_mock.steering.actions import NO_BODY, Answer
from scribe_mock.steering.documented import Documented, DocumentedAnswer, body_of, phrase_code

#: Preferences have names and values (RFC 7240, 2); values may be quoted.
_PREFERENCE = re.compile(r'\s*([A-Za-z0-9_-]+)\s*(?:=\s*("[^"]*"|[^\s,;]*))?\s*(?:[,;]|\Z)')
_WITHOUT_BODY = (204, 304)


class ReadyAnswer:
    """An answer as an ASGI app.

    Args:
        status: Its status.
        headers: Its header fields, without the length.
        body: The bytes of its body.
        code: Its error code, for the journal.
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, code: str | None
    ) -> None:
        self._status, self._code = status, code
        self._body = b"" if status in _WITHOUT_BODY else body
        fields = {name.lower(): value for name, value in headers.items()}
        self._fields = [
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in fields.items()
        ]
        if status not in _WITHOUT_BODY:
            self._fields.append((b"content-length", b"%d" % len(self._body)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; in answer to a WebSocket's handshake it refuses the connection."""
        note(scope, code=self._code)
        if self._code is not None:
            scope["scribe_mock.code"] = self._code
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        await send({"type": f"{kind}.start", "status": self._status, "headers": self._fields})
        await send({"type": f"{kind}.body", "body": self._body})


def answer_of_fault(documented: Documented, operation: str, answer: Answer) -> ReadyAnswer:
    """The answer of a fault; what it leaves open is as the spec documents it."""
    known = documented.find(operation, status=answer.status, code=answer.code)
    if known is None and answer.code is not None:
        known = documented.find_anywhere(answer.code)
    status = answer.status or (known.status if known else 500)
    code = answer.code or (known.code if known else None)
    headers = dict(known.headers) if known else {}
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    media_type, body = _body(known, status, code, answer)
    headers |= {"Content-Type": media_type} if media_type else {}
    given = {name.lower() for name in answer.headers}
    headers = {name: value for name, value in headers.items() if name.lower() not in given}
    return ReadyAnswer(status, headers | dict(answer.headers), body, code)


def _body(
    known: DocumentedAnswer | None, status: int, code: str | None, answer: Answer
) -> tuple[str, bytes]:
    """The media type and the bytes of a fault's answer."""
    if answer.body is not NO_BODY:
        if isinstance(answer.body, str):
            html = answer.body.lstrip().startswith("<")
            return f"text/{'html' if html else 'plain'}; charset=utf-8", answer.body.encode()
        return "application/json", _json(answer.body)
    if known is not None and (known.code is None or answer.message is None):
        return known.media_type, body_of(known)
    if status < 400:
        return "application/json", b"{}"
    error = {
        "code": code or phrase_code(status),
        "message": answer.message or f"A fault of the mock answers {status}.",
    }
    return "application/json", _json({"error": error})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def preferences(scope: Scope) -> Mapping[str, str]:
    """What `Prefer` and `__prefer` ask for: `code`, `example`, or nothing."""
    texts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"prefer"]
    if b"__prefer=" in scope["query_string"]:
        texts += parse_qs(scope["query_string"].decode("latin-1")).get("__prefer", [])
    found = {
        match[1].lower(): (match[2] or "").strip('"')
        for text in texts
        for match in _PREFERENCE.finditer(text)
    }
    return {name: found[name] for name in ("code", "example") if name in found}


def preferred_answer(
    documented: Documented, operation: str, wanted: Mapping[str, str]
) -> ReadyAnswer:
    """The documented answer that a request prefers; raises InvalidRequest for any other."""
    status = wanted.get("code")
    if status is None or re.fullmatch("[1-5][0-9]{2}", status):
        known = documented.find(
            operation, status=int(status) if status else None, name=wanted.get("example")
        )
        if known is not None:
            body = body_of(known)
            headers = dict(known.headers)
            if "Content-Range" in headers:
                headers["Content-Range"] = f"bytes 0-{len(body) - 1}/{len(body)}"
            if known.media_type:
                headers["Content-Type"] = known.media_type
            return ReadyAnswer(known.status, headers, body, known.code)
    answers = documented.operations[operation].answers
    asked = ", ".join(f"{name}={value[:80]}" for name, value in wanted.items())
    raise InvalidRequest(
        f"{operation} has no documented answer for the preference {asked}. "
        "details.documented lists those that it has.",
        documented=sorted({f"code={one.status}, example={one.name}" for one in answers}),
    )
