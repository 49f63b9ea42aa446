"""Heads of HTTP messages as bytes: handshakes of WebSockets, and answers without an app."""

import json
import re
from collections.abc import Iterable, Sequence

#: The most bytes of a request line and its header fields together.
MAX_HEAD_BYTES = 64 * 1024

#: Status, error code and message of requests that no app sees.
NOT_HTTP = "400 Bad Request", "invalid_request", "This is not a valid HTTP/1.1 request."
HEAD_TOO_LARGE = (
    "431 Request Header Fields Too Large",
    "headers_too_large",
    f"The request line and header fields have more than {MAX_HEAD_BYTES} bytes.",
)
TOO_MANY_CONNECTIONS = (
    "503 Service Unavailable",
    "service_unavailable",
    "The mock has as many connections as it may have. Try again later, keep fewer open, or start "
    "it with a larger --max-connections.",
)
#: The header fields that they have besides.
RETRY_LATER = (b"retry-after", b"5")

#: Header fields whose names are valid, and that do not change how an answer is sent.
PLAIN_FIELDS = frozenset(
    b"access-control-allow-credentials access-control-allow-origin access-control-expose-headers "
    b"content-length content-type date vary x-mock-diagnostics x-request-id".split()
)

#: The header fields of a WebSocket's handshake, each once (RFC 6455, 4.1); it has no body.
_HANDSHAKE = {
    b"upgrade": re.compile(rb"websocket", re.IGNORECASE),
    b"sec-websocket-key": re.compile(rb"[A-Za-z0-9+/]{22}=="),
    b"sec-websocket-version": re.compile(rb"13"),
}
_BODY = {b"content-length", b"transfer-encoding"}


def is_handshake(fields: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether these header fields of a GET are those of a WebSocket's handshake."""
    found = [(name, value) for name, value in fields if name in _HANDSHAKE]
    if any(name in _BODY for name, _ in fields) or len(found) != len(_HANDSHAKE):
        return False
    valid = {name for name, value in found if _HANDSHAKE[name].fullmatch(value.strip())}
    return len(valid) == len(_HANDSHAKE)


def join_head(first: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A head as bytes, from its first line and its header fields."""
    lines = [first, *(name + b": " + value for name, value in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def refusal(status: str, code: str, message: str, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The last answer on a connection: an error envelope (CONTRACT.md, "Errors").

    Args:
        status: The HTTP status with its phrase.
        code: The error code.
        message: For the client's developer.
        fields: Header fields besides those about the body and the connection.
    """
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    own = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return join_head(f"HTTP/1.1 {status}".encode(), [*own, *fields]) + body
