"""Requests and answers exactly as they go over the wire; HTTP libraries would correct them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from scribe_mock.contract.plain_text import plain
from scribe_mock.contract.transport.address import Origin

#: Bytes written at a time; between two pieces the check looks for an early answer.
PIECE_BYTES = 64 * 1024
#: The longest answer that is read, far longer than any of the contract.
ANSWER_BYTES = 128 * 1024
#: A body up to this length is parsed once; the value of a longer one is not kept.
_SMALL = 16 * 1024
#: The longest header section, the most header fields, and the most interim answers (1xx) of one.
HEAD_BYTES, MOST_FIELDS, MOST_INTERIM = 64 * 1024, 200, 20


class Delivery(Enum):
    """How the body of a request is sent."""

    AT_ONCE = "at once"
    #: First the head; the body only if no answer comes for a while.
    HELD = "held back"
    #: As HELD, with `Expect: 100-continue`; the body as soon as the server asks for it.
    EXPECTING = "with Expect: 100-continue"
    #: Only the head.
    WITHHELD = "withheld"
    #: Half of the body; then the connection is cut.
    CUT = "cut in the middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it goes over the wire.

    Args:
        origin: The server.
        method: As sent.
        target: Path and query as sent, with any percent-encoding.
        headers: In order, with duplicates, without Host and those that frame the body.
        body: None for a request without one; empty for `Content-Length: 0`.
        chunked: Whether the body is sent by chunked transfer coding, without its length.
        delivery: How the body is sent.
        operation: The operationId that it is meant for; empty for none.
        exempt: Whether the HTTP parser of the server may answer it, outside the contract.
        label: What is special about it, in a few words; empty for nothing.
        creates: The id of the session that it created; empty if none is known.
        answer_bytes: The longest body of an answer that is read.
    """

    origin: Origin
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    # asyncio.run writes a finished run's repr, for which 10 MiB take a second.
    body: bytes | None = field(default=None, repr=False)
    chunked: bool = False
    delivery: Delivery = Delivery.AT_ONCE
    operation: str = ""
    exempt: bool = False
    label: str = ""
    creates: str = ""
    answer_bytes: int = ANSWER_BYTES

    def head(self) -> bytes:
        """Request line and header section."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.origin.authority}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.delivery is Delivery.EXPECTING:
            lines.append("Expect: 100-continue")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.body is not None or self._needs_length():
            lines.append(f"Content-Length: {len(self.body or b'')}")
        lines.append("Connection: close")
        # A token may come from the server, with any characters in it.
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def _needs_length(self) -> bool:
        """Whether to send `Content-Length: 0`, as browsers do: some servers answer 411 without."""
        return self.method in ("POST", "PUT", "PATCH") and self.header("Content-Length") is None

    def pieces(self, start: int, end: int) -> Iterable[bytes]:
        """The bytes of the body from `start` to `end`, framed as the head says."""
        body = memoryview(self.body or b"")
        for place in range(start, end, PIECE_BYTES):
            piece = bytes(body[place : min(place + PIECE_BYTES, end)])
            yield b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece
        if self.chunked and end == len(body):
            yield b"0\r\n\r\n"

    @property
    def size(self) -> int:
        """The most bytes of the body that may be sent."""
        return 0 if self.delivery is Delivery.WITHHELD else len(self.body or b"")

    @property
    def is_plain(self) -> bool:
        """Whether only the server decides how long the answer takes: a short body, sent at once."""
        return self.delivery is Delivery.AT_ONCE and len(self.body or b"") <= PIECE_BYTES

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return _first(self.headers, name)


@dataclass(slots=True, kw_only=True)
class Answer:
    """The answer to a request.

    Args:
        request: The request.
        history: The requests that led to the state of the session, oldest first.
        status: The status code; 0 if no answer came, then `trouble` says why.
        headers: In order, with duplicates.
        body: Without its framing.
        early: Whether it came before any byte of the body was sent.
        continued: Whether `100 Continue` came first.
        trouble: Why there is no complete answer; empty if there is one.
        began, ended: When sending began and the answer was complete; seconds of a monotonic clock.
    """

    request: Request
    history: tuple[Request, ...] = ()
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    early: bool = False
    continued: bool = False
    trouble: str = ""
    began: float = 0.0
    ended: float = 0.0
    _parsed: tuple[Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def accepted(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the status is 4xx."""
        return 400 <= self.status < 500

    @property
    def broken(self) -> bool:
        """Whether the server failed: 5xx, or no answer to a complete request."""
        unfinished = self.request.delivery in (Delivery.CUT, Delivery.WITHHELD)
        return self.status >= 500 or (self.status == 0 and not unfinished)

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return _first(self.headers, name)

    def json(self) -> Any:
        """The body as JSON, not to be changed; None if it is not JSON."""
        if self._parsed is not None:
            return self._parsed[0]
        value = _json(self.body)
        if len(self.body) <= _SMALL:
            self._parsed = (value,)
        return value

    @contextmanager
    def parsed_once(self) -> Iterator[None]:
        """While this lasts, a long body is parsed only once, too; its value needs much memory."""
        self._parsed = (_json(self.body),)
        try:
            yield
        finally:
            if len(self.body) > _SMALL:
                self._parsed = None

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is anything else."""
        found = self.json()
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        """`error.code`; empty if there is none."""
        error = self.fields().get("error")
        code = error.get("code") if isinstance(error, dict) else None
        return code if isinstance(code, str) else ""

    @property
    def location(self) -> str:
        """Where a redirect leads, printable; empty if it is none."""
        found = self.header("location") if 300 <= self.status < 400 else None
        return plain(found or "", most=200)

    def __str__(self) -> str:
        if not self.status:
            return plain(self.trouble)
        return f"{self.status} {plain(self.code, most=100)}".strip()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    """Raise ValueError: NaN and Infinity are not JSON (RFC 8259, section 6); Python reads them."""
    raise ValueError(f"{constant} is not JSON")


def _first(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)
