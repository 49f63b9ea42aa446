"""A server for measurements: it writes down what arrives, and answers as its address says.

Addresses: `/ok/TAG/NAME` reads all and answers 200; `/DELIVERY/TAG/NAME` answers 413 in one of the
DELIVERIES; `/kill/TAG/NAME` reads a tag's second request and ends the connection without an answer.
"""

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

DELIVERIES = ("early_drain", "early_close", "early_reset", "late", "expect_only")
#: How long an early answer reads on, and how long nobody may say anything.
_DRAIN_S, _PATIENCE_S = 5.0, 20.0
_BODY = b'{"error": {"code": "chunk_too_large"}}'


@dataclass
class Arrival:
    """One request: its connection's port and what its head said; None where a line was missing."""

    port: int
    content_type: str | None
    framing: str
    expect: str | None


class Recording(socketserver.ThreadingTCPServer):
    """The server; `arrivals` holds the requests by their tag, in order."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.arrivals: dict[str, list[Arrival]] = defaultdict(list)

    def __enter__(self) -> "Recording":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def shutdown_request(self, request: socket.socket) -> None:
        """Close at once: a shutdown before it would send an end where a reset is wanted."""
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is one of the things that are measured."""


class _Connection(socketserver.StreamRequestHandler):
    server: Recording

    def handle(self) -> None:
        self.request.settimeout(_PATIENCE_S)
        while head := self._head():
            if not self._answer(head):
                return

    def _head(self) -> dict[str, str] | None:
        first = self.rfile.readline(8192).decode("latin-1").split()
        if len(first) < 3:
            return None
        head = {":method": first[0], ":path": first[1]}
        for raw in iter(lambda: self.rfile.readline(65536), b"\r\n"):
            if not raw:
                return None
            name, _, value = raw.decode("latin-1").partition(":")
            head[name.lower()] = value.strip()
        return head

    def _answer(self, head: dict[str, str]) -> bool:
        """Deal with one request; whether the connection lives on."""
        if head[":method"] != "POST":  # a page that is to send something
            self._say("200 OK", b"")
            return True
        _, way, tag, *_ = head[":path"].split("/")
        chunked = "chunked" in head.get("transfer-encoding", "")
        framing = "chunked" if chunked else "Content-Length"
        self.server.arrivals[tag].append(
            Arrival(self.client_address[1], head.get("content-type"), framing, head.get("expect"))
        )
        early = way == "early_drain" or (way == "expect_only" and "expect" in head)
        if way == "early_close":
            self._say("413 Content Too Large", _BODY, close=True)
            return False  # what is not read makes the kernel send a reset
        if way == "early_reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if early:
            self._say("413 Content Too Large", _BODY, close=True)
            self._drain()
            return False
        if "expect" in head:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._read(head, chunked)
        if way == "kill" and len(self.server.arrivals[tag]) == 2:
            return False
        self._say("200 OK" if way in ("ok", "kill") else "413 Content Too Large", _BODY)
        return True

    def _read(self, head: dict[str, str], chunked: bool) -> None:
        if not chunked:
            self.rfile.read(int(head.get("content-length", 0)))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            self.rfile.read(size + 2)
        self.rfile.readline()

    def _drain(self) -> None:
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)
            end = time.monotonic() + _DRAIN_S
            while time.monotonic() < end and self.request.recv(1 << 16):
                pass

    def _say(self, status: str, body: bytes, *, close: bool = False) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Type: {'application/json' if body else 'text/html'}",
            f"Content-Length: {len(body)}",
            *(["Connection: close"] if close else []),
        ]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.wfile.flush()
