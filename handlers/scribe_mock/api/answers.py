"""JSON answers, and the one place that turns an exception into the error envelope."""

import json
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from starlette.types import Receive, Scope, Send

from scribe_mock.errors import ApiError, InternalError

logger = logging.getLogger("scribe_mock")

#: Makes JSON of a value; a string alone takes an eighth of the time of an object.
encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class JsonAnswer:
    """A JSON answer as an ASGI app.

    It is quicker than Starlette's JSONResponse, which makes an encoder and a dict of headers for
    each answer.

    Args:
        content: A JSON value.
        status: The HTTP status.
        headers: Header fields besides Content-Type and Content-Length.
    """

    __slots__ = ("_body", "_headers", "_status")

    def __init__(
        self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self._set(encode(content).encode(), status, headers)

    @classmethod
    def of_text(
        cls, text: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """An answer whose content is JSON already."""
        return cls.of_bytes(text.encode(), status, headers)

    @classmethod
    def of_bytes(
        cls, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Self:
        """An answer whose content is JSON in UTF-8 already."""
        answer = cls.__new__(cls)
        answer._set(body, status, headers)
        return answer

    def _set(self, body: bytes, status: int, headers: Mapping[str, str] | None) -> None:
        fields = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        for name, value in (headers or {}).items():
            fields.append((name.lower().encode(), value.encode("latin-1")))
        self._status, self._headers, self._body = status, fields, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; in answer to a WebSocket's handshake it refuses the connection."""
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        head = {"type": f"{kind}.start", "status": self._status, "headers": self._headers}
        await send(head)
        await send({"type": f"{kind}.body", "body": self._body})


class ErrorAnswer(JsonAnswer):
    """An answer with the error envelope; the journal and the log get its code."""

    __slots__ = ("_code",)

    def __init__(self, error: ApiError, headers: Mapping[str, str]) -> None:
        super().__init__(error.envelope(), error.status, {**error.headers, **headers})
        self._code = error.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        scope["scribe_mock.code"] = self._code
        record = scope.get("scribe_mock.record")
        if record is not None:
            record.code = self._code
        await super().__call__(scope, receive, send)


def answer_to(error: Exception, headers: Mapping[str, str] = MappingProxyType({})) -> ErrorAnswer:
    """The error envelope (CONTRACT.md, "Errors"); other exceptions are logged and become 500."""
    if not isinstance(error, ApiError):
        logger.error("A request failed in the mock itself.", exc_info=error)
        error = InternalError()
    return ErrorAnswer(error, headers)
