"""Requests and answers as they cross the wire: what an HTTP library would tidy up is kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from scribe_mock.contract.transport.address import Origin

#: Bytes that are written at once; between two pieces an early answer is looked for.
PIECE_BYTES = 64 * 1024
#: No answer of the contract comes near; what is longer is not kept.
ANSWER_BYTES = 8 * 1024 * 1024


class Delivery(Enum):
    """How a request's body goes out."""

    AT_ONCE = "at once"
    #: Head first; the body only once no answer came for a while.
    HELD = "held back"
    #: As HELD, with `Expect: 100-continue`, and the body as soon as it is asked for.
    EXPECTING = "with Expect: 100-continue"
    #: Head alone; what was answered until then is all there will be.
    WITHHELD = "withheld"
    #: Half of the body, then the connection is cut.
    CUT = "cut in the middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it goes over the wire.

    Args:
        origin: Where to.
        method: As sent.
        target: Path and query as sent; whatever its percent-encoding.
        headers: In order, duplicates too, without Host and those that frame the body.
        body: None for a request without one; empty for `Content-Length: 0`.
        chunked: Send the body by chunked transfer, without its length.
        delivery: How the body goes out.
        operation: The operationId it is meant for; empty when it is for none.
        exempt: Whether the HTTP parser may answer it, which is no part of the contract.
        label: What is special about it, in a few words.
    """

    origin: Origin
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    chunked: bool = False
    delivery: Delivery = Delivery.AT_ONCE
    operation: str = ""
    exempt: bool = False
    label: str = ""

    def head(self) -> bytes:
        """Request line and header section."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.origin.authority}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.delivery is Delivery.EXPECTING:
            lines.append("Expect: 100-continue")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: close")
        # A token may come from the server, which is free to make it of anything.
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def pieces(self, start: int, end: int) -> Iterable[bytes]:
        """The body from one place to another, framed as the head says."""
        body = memoryview(self.body or b"")
        for place in range(start, end, PIECE_BYTES):
            piece = bytes(body[place : min(place + PIECE_BYTES, end)])
            yield b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece
        if self.chunked and end == len(body):
            yield b"0\r\n\r\n"

    @property
    def size(self) -> int:
        """Bytes of the body that may go out."""
        return 0 if self.delivery is Delivery.WITHHELD else len(self.body or b"")

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return _first(self.headers, name)


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came back.

    Args:
        request: What was asked.
        history: The requests that led here, oldest first.
        status: 0 when no answer came; then `trouble` says why.
        early: Whether it came before any byte of the body had been sent.
        continued: Whether `100 Continue` came first.
        began, ended: Seconds on the loop's clock.
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

    @property
    def accepted(self) -> bool:
        """Whether it is a success of any kind."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the request was refused as the client's fault."""
        return 400 <= self.status < 500

    @property
    def broken(self) -> bool:
        """Whether the server failed: 5xx, or no answer where one was due."""
        unfinished = self.request.delivery in (Delivery.CUT, Delivery.WITHHELD)
        return self.status >= 500 or (self.status == 0 and not unfinished)

    def header(self, name: str) -> str | None:
        """The first field of this name."""
        return _first(self.headers, name)

    def json(self) -> Any:
        """The body as JSON; None when it is not."""
        try:
            return json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return None

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        found = self.json()
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        """`error.code`; empty when there is none."""
        error = self.fields().get("error")
        code = error.get("code") if isinstance(error, dict) else None
        return code if isinstance(code, str) else ""

    def __str__(self) -> str:
        if not self.status:
            return self.trouble
        return f"{self.status} {self.code}".strip()


def _refuse(constant: str) -> Any:
    """NaN and Infinity, which Python would take for numbers; raises ValueError (RFC 8259, 6)."""
    raise ValueError(f"{constant} is no JSON")


def _first(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)
