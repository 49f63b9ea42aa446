"""The clients of the soak: each does one thing that clients do, over and over."""

import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support import AUDIO, WEBM

#: Seconds until a request counts as failed, and until a session has to be done.
PATIENCE = 60.0
#: How often a request is repeated that met a fault.
ATTEMPTS = 5
SPEECH = (AUDIO / "speech.webm").read_bytes()
MP3 = (AUDIO / "speech.mp3").read_bytes()
_STREAM = {"upload_type": "stream", "communication_protocol": "websocket"}
#: What an uploader meets: each is set for one of its chunks.
FAULTS: tuple[dict[str, object], ...] = (
    {"answer": {"status": 503, "retry_after_seconds": 0}},
    {"answer": {"status": 429, "retry_after_seconds": 0}},
    {"cut": {"at": "upload", "after_bytes": 5000, "how": "reset"}},
    {"cut": {"at": "answer", "after_bytes": 10, "how": "close"}},
    {"drop_answer": {"how": "reset"}},
    {"delay": {"seconds": 0.1}},
    {"throttle": {"upload_bytes_per_second": 200_000}},
)


class Unasked(Exception):
    """An answer, or an error, that no fault asked for."""


class Client:
    """A client with a token of its own, whose sessions go when it is done with them.

    Args:
        url: The server's.
        seed: Of what it chooses by chance.
    """

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._random = random.Random(seed)
        self._token = f"soak-{secrets.token_hex(8)}"
        headers = {"Authorization": f"Bearer {self._token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE)
        self.requests = 0
        self.repeated = 0

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def tidy(self) -> None:
        """Remove what belongs to its token."""
        self._must(204, "POST", "/_mock/reset", json={"token": self._token})

    # What clients do

    def record(self) -> None:
        """Upload chunks through faults, end the session, wait for the result, and compare."""
        session = self._create("chunked")
        chunks = [SPEECH, *(os.urandom(self._random.choice((2000, 65536, 300_000))) for _ in "abc")]
        fault = self._random.choice(FAULTS)
        scope, match = {"session_id": session}, {"operation": "uploadAudio", "sequence": 2}
        body = {"scope": scope, "match": match, "action": fault}
        self._must(201, "POST", "/_mock/faults", json=body)
        for sequence, chunk in enumerate(chunks):
            self._upload(session, f"audio_{sequence}.webm", chunk, WEBM)
        end = f"/voice/v1/sessions/{session}/end"
        self._must(202, "POST", end, json={"audio_files_sent": len(chunks)})
        self._await_result(session)
        ledger = self._must(200, "GET", f"/_mock/sessions/{session}/ledger")
        if len(ledger["chunks"]) != len(chunks):
            raise Unasked(f"the ledger has {len(ledger['chunks'])} of {len(chunks)} chunks")
        stored = self._http.get(f"/_mock/sessions/{session}/chunks/1.webm")
        self.requests += 1
        if stored.content != chunks[1]:
            raise Unasked("a stored chunk has other bytes than were sent")

    def upload_whole(self) -> None:
        """Upload one recording, and listen to it."""
        session = self._create("single")
        self._upload(session, "visit.mp3", MP3, "audio/mp3")
        self._must(202, "POST", f"/voice/v1/sessions/{session}/end")
        self._await_result(session)

    def stream(self) -> None:
        """Stream a second of sound; every second time the connection is just dropped."""
        address = self._must(201, "POST", "/voice/v1/sessions", json=_STREAM)["upload_url"]
        with suppress(ConnectionClosed), connect(address, open_timeout=PATIENCE) as stream:
            self.requests += 1
            for _ in range(20):
                stream.send(os.urandom(1600))
            if self._random.random() < 0.5:
                stream.socket.shutdown(socket.SHUT_RDWR)
            else:
                stream.send('{"event": "stop"}')
                stream.recv(timeout=PATIENCE)

    def vanish(self) -> None:
        """Leave in the middle of an upload, with a reset or without a word."""
        session = self._create("chunked")
        with self._begun(session, 500_000) as wire:
            wire.sendall(os.urandom(self._random.choice((0, 1000, 200_000))))
            if self._random.random() < 0.5:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def dawdle(self) -> None:
        """Send an upload in small parts."""
        session = self._create("chunked")
        with self._begun(session, 20 * 500) as wire:
            for _ in range(20):
                wire.sendall(b"x" * 500)
                time.sleep(0.05)
            if b" 200 " not in wire.recv(4096):
                raise Unasked("a slow upload was not accepted")

    def look(self) -> None:
        """Read what an inspector reads."""
        for path in ("overview", "requests?limit=50", "metrics", "health", "faults", "clock"):
            self._must(200, "GET", f"/_mock/{path}")
        self._must(200, "GET", "/_mock/changes?since=0&wait_seconds=0")

    # How they do it

    def _create(self, kind: str) -> str:
        answer = self._must(201, "POST", "/voice/v1/sessions", json={"upload_type": kind})
        return str(answer["session_id"])

    def _upload(self, session: str, name: str, content: bytes, kind: str) -> None:
        path, headers = f"/voice/v1/sessions/{session}/audio/{name}", {"Content-Type": kind}
        for _ in range(ATTEMPTS):
            self.requests += 1
            with suppress(httpx.TransportError):
                answer = self._http.post(path, content=content, headers=headers)
                if answer.is_success:
                    return
                if answer.status_code not in (429, 503):
                    raise Unasked(f"upload: {answer.status_code} {answer.text[:200]}")
            self.repeated += 1
            time.sleep(0.01)
        raise Unasked(f"an upload failed {ATTEMPTS} times")

    def _await_result(self, session: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.requests += 1
            answer = self._http.get(f"/voice/v1/sessions/{session}")
            if answer.status_code in (200, 206):
                return
            if answer.status_code != 202:
                raise Unasked(f"result: {answer.status_code} {answer.text[:200]}")
            time.sleep(0.05)
        raise Unasked("a session was not done in time")

    def _must(self, status: int, method: str, path: str, **body: Any) -> dict[str, Any]:
        self.requests += 1
        answer = self._http.request(method, path, **body)
        if answer.status_code != status:
            raise Unasked(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        is_json = answer.headers.get("content-type") == "application/json"
        return dict(answer.json()) if is_json else {}

    def _begun(self, session: str, size: int) -> socket.socket:
        """A connection with an upload that has begun."""
        place = urlsplit(self._url)
        wire = socket.create_connection((place.hostname, place.port), PATIENCE)
        self.requests += 1
        fields = f"Authorization: Bearer {self._token}\r\nContent-Type: {WEBM}\r\nHost: localhost"
        line = f"POST /voice/v1/sessions/{session}/audio/audio_0.webm HTTP/1.1"
        wire.sendall(f"{line}\r\n{fields}\r\nContent-Length: {size}\r\n\r\n".encode())
        return wire


#: What each client of the soak does, one after the other, for as long as it takes.
ROLES: tuple[tuple[Callable[[Client], None], ...], ...] = (
    (Client.record,),
    (Client.record, Client.look),
    (Client.upload_whole,),
    (Client.stream, Client.vanish),
    (Client.vanish, Client.look, Client.stream),
    (Client.dawdle,),
)
