"""What the tests share: a session as its client drives it, answers, and raw connections."""

import os
import random
import re
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from scribe_mock import MockServer, Settings
from scribe_mock.server.listening import Server, address_of, listen

ROOT = Path(__file__).parent.parent
AUDIO = ROOT / "fixtures" / "audio"

TOKEN = {"Authorization": "Bearer a-token"}
WEBM = "audio/webm;codecs=opus"
LIMIT = 10_485_760
MIB = 1024 * 1024

#: Seconds after which what should have happened counts as missing, on a busy machine too: the
#: mock's decoders have low priority.
PATIENCE = 180


def noise(size, seed=0):
    """Bytes of which no two places look alike."""
    return random.Random(seed).randbytes(size)


def matched(pattern, text):
    """The part of a text that matches a pattern: it must be there."""
    found = re.search(pattern, text)
    assert found, f"no {pattern!r} in {text!r}"
    return found[0]


def refusal(response):
    """Status and code of an error, once it has the envelope."""
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "details"}
    assert isinstance(error["message"], str)
    assert error["message"]
    assert isinstance(error.get("details", {}), dict)
    return response.status_code, error["code"]


def fault(response):
    """The JSON path that a 422 names."""
    assert refusal(response) == (422, "invalid_request")
    return response.json()["error"]["details"]["path"]


def comes_true(condition):
    """What a condition gives as soon as that counts as true, or at last."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)  # what is waited for needs the processor
    return found


def parallel(calls, workers=20):
    """The results of callables that run at the same time."""
    with ThreadPoolExecutor(workers) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


@contextmanager
def running(**settings):
    """A mock with settings of its own, held to the spec in all it answers."""
    if address := os.environ.get("TEST_REDIS"):
        settings = {"store": f"{address}?prefix={secrets.token_hex(4)}:"} | settings
    own = Settings(**{"port": 0, "quiet": True} | settings)
    with MockServer(own, validate_responses=True) as server:
        mock = Mock(server.url)
        try:
            yield mock
        finally:
            mock.close()


@contextmanager
def served(app):
    """A client of an ASGI app, and the server that it runs in."""
    with listen("127.0.0.1", 0) as listener:
        server = Server(app)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        assert server.ready.wait(PATIENCE)
        mock = Mock(address_of(listener))
        try:
            yield mock, server
        finally:
            mock.close()
            server.should_exit = True
            thread.join()


class Mock:
    """One running mock: a client of its API, one of its control API, and raw connections."""

    def __init__(self, url, token=TOKEN):
        self.url = url
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port
        # Gone before the server drops it after 5 seconds: it might do so while a request is sent.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
        transport = httpx.HTTPTransport(verify=False, limits=limits)
        self.client = httpx.Client(
            base_url=f"{url}/voice/v1", headers=token, transport=transport, timeout=PATIENCE
        )
        #: The same without a token, and from the server's root.
        self.bare = httpx.Client(base_url=url, transport=transport, timeout=PATIENCE)

    def close(self):
        self.client.close()

    def control(self, method, path, body=None):
        """A call of the control API that must succeed; its JSON."""
        response = self.client.request(method, f"{self.url}/_mock{path}", json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def advance(self, seconds):
        self.control("POST", "/clock", {"advance_seconds": seconds})

    def comes_true(self, condition):
        """The same, for what some change of the server brings about: asked again after each."""
        revision = 0

        def after_a_change():
            nonlocal revision
            path = f"/changes?since={revision}&wait_seconds=5"
            revision = self.control("GET", path)["revision"]
            return condition()

        return comes_true(after_a_change)

    def create(self, upload_type="chunked", **fields):
        """A new session; `scenario` picks the outcome of its processing."""
        if scenario := fields.pop("scenario", None):
            fields["additional_data"] = {"_mock": {"scenario": scenario}}
        response = self.client.post("/sessions", json={"upload_type": upload_type, **fields})
        assert response.status_code == 201, response.text
        return ApiSession(self, response.json()["session_id"])

    def put(self, state, upload_type="chunked", **fields):
        """A session in any state, made by the control API."""
        session_id = f"put.{secrets.token_hex(10)}"
        body = {"state": state, "upload_type": upload_type, **fields}
        self.control("PUT", f"/sessions/{session_id}", body)
        return ApiSession(self, session_id)

    def wire(self):
        """A connection of its own, for what an HTTP client hides."""
        return Wire(self.host, self.port)


class ApiSession:
    """A session as its client drives it, over HTTP."""

    def __init__(self, mock, session_id):
        self.mock = mock
        self.id = session_id
        self.path = f"/sessions/{session_id}"

    def upload(self, name="audio_0.webm", content: Any = b"audio", kind=WEBM, **headers):
        if kind is not None:
            headers["Content-Type"] = kind
        address = f"{self.path}/audio/{name}"
        return self.mock.client.post(address, content=content, headers=headers)

    @contextmanager
    def begin_upload(self, name="audio_0.webm", size=5, **fields):
        """A raw upload whose head the server has read; it waits for the body."""
        fields = TOKEN | (fields or {"Content-Length": size}) | {"Expect": "100-continue"}
        with self.mock.wire() as wire:
            wire.request("POST", f"/voice/v1{self.path}/audio/{name}", fields)
            assert wire.response().status_code == 100
            yield wire

    def store(self, *names, content=b"audio"):
        """Uploads that must succeed."""
        for name in names:
            response = self.upload(name, content)
            assert response.status_code == 200, response.text

    def end(self, sent=None):
        body = None if sent is None else {"audio_files_sent": sent}
        return self.mock.client.post(f"{self.path}/end", json=body)

    def get(self, **query):
        return self.mock.client.get(self.path, params=query)

    def patch(self, **changes):
        return self.mock.client.patch(self.path, json=changes)

    def process(self, template_id):
        return self.mock.client.post(f"{self.path}/process/template/{template_id}")

    def convert(self, **body):
        """Upload a transcript."""
        path = f"/voice/api/v1/transaction/{self.id}/convert-to-template"
        return self.mock.client.post(self.mock.url + path, json=body)

    def save_document(self, **body):
        """Save a document of this session."""
        url = f"{self.mock.url}/voice/api/v1/documents"
        return self.mock.client.post(url, json={"session_id": self.id} | body)

    def process_to_the_end(self, sent=None):
        """End the session and let its processing time pass; what Get session says then."""
        assert self.end(sent).status_code == 202
        self.mock.advance(60)
        return self.get()

    def finish(self, outcome):
        return self.mock.control("POST", f"/sessions/{self.id}/finish", {"outcome": outcome})

    def names(self):
        """The stored names, as Get session lists them."""
        return self.get().json()["audio_files"]

    def chunk(self, name, **headers):
        """The stored bytes."""
        address = f"{self.mock.url}/_mock{self.path}/chunks/{name}"
        return self.mock.client.get(address, headers=headers)

    def inspect(self):
        """What the control API knows of it."""
        return self.mock.control("GET", self.path)


def ask(mock, method, target, headers=None):
    """The answer to a request that goes out as it is written."""
    with mock.wire() as wire:
        wire.request(method, target, {"Content-Length": 0} | TOKEN | (headers or {}))
        return wire.response()


class Wire:
    """A raw connection, to be used in a `with` block."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self._read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, target, headers: Mapping[str, Any] | None = None, body=b""):
        """Send a request; without `headers` the body's length is told."""
        fields = {"Host": "localhost", **(headers or {"Content-Length": len(body)})}
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def _until(self, done):
        while not done():
            received = self.socket.recv(65536)
            if not received:
                raise EOFError(f"the server closed after {self._read!r}")
            self._read += received

    def ask_first(self, method, target, body=b""):
        """A request that the server reads before what is sent later: it knows the connection."""
        self.request("GET", "/_mock/health")
        assert self.response().status_code == 200
        self.request(method, target, TOKEN | {"Content-Length": len(body)}, body)

    def response_head(self):
        """Status and fields of the next answer, an interim one too."""
        self._until(lambda: b"\r\n\r\n" in self._read)
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        return status, [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]

    def response(self):
        """The next answer, an interim one too."""
        status, fields = self.response_head()
        size = int(dict(fields).get(b"content-length", 0))
        self._until(lambda: len(self._read) >= size)
        body, self._read = self._read[:size], self._read[size:]
        return httpx.Response(int(status.split()[1]), headers=fields, content=body)

    def rest(self):
        """How many bytes still come until the server closes, or drops the connection."""
        size, self._read = len(self._read), b""
        with suppress(ConnectionError):
            while received := self.socket.recv(65536):
                size += len(received)
        return size

    def closed(self):
        """Whether the server closes now, without another byte."""
        return self._read == b"" and self.socket.recv(1) == b""
