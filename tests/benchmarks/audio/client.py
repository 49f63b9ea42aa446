"""Whole recordings sent to a server in single uploads, and what it made of them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.benchmarks.load import HEADERS, SESSIONS_PATH
from tests.benchmarks.processes import BenchmarkError, Server

WEBM = HEADERS["Content-Type"]
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Stored:
    """A chunk that the server stored: its bytes, and where in the recording it begins and ends."""

    data: bytes
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Cut:
    """What some work took: seconds from request to answer, seconds of all processors."""

    seconds: float
    cpu_seconds: float


def cut(server: Server, data: bytes, *, settled: bool = True) -> Cut:
    """Upload WebM Opus in one piece, then forget it, if asked for with no work on it left."""
    with connected(server) as connection:
        session = create(connection)
        taken = timed(server, lambda: send(connection, session, "recording.webm", WEBM, data))
        if settled:
            settle(connection, session)
        delete(connection, session)
    return taken


def timed(server: Server, work: Callable[[], object]) -> Cut:
    """Do something with a server, and return what it took."""
    used, began = server.family_cpu_seconds(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return Cut(seconds, server.family_cpu_seconds() - used)


def chunks(server: Server, data: bytes, extension: str, content_type: str) -> list[Stored]:
    """Upload a recording in one piece, and return its chunks, without the other uploads'."""
    with connected(server) as connection:
        session = create(connection)
        send(connection, session, f"recording.{extension}", content_type, data)
        stored = [
            Stored(_chunk(connection, session, chunk["name"]), chunk["start_s"], chunk["end_s"])
            for chunk in settle(connection, session)["chunks"]
        ]
        delete(connection, session)
    return stored


@contextmanager
def connected(server: Server) -> Iterator[HTTPConnection]:
    """Lend a kept-alive connection; what breaks on it is told as the server's failure."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        connection.connect()
        yield connection
    except (OSError, HTTPException) as error:
        raise BenchmarkError(f"{server.contender.label} hung up: {error!r}") from error
    finally:
        connection.close()


def create(connection: HTTPConnection, upload_type: str = "single") -> str:
    """Create a session and return its id."""
    body = json.dumps({"upload_type": upload_type}).encode()
    answer = json.loads(_ask(connection, "POST", SESSIONS_PATH, "application/json", body, 201))
    return str(answer["session_id"])


def send(
    connection: HTTPConnection, session: str, name: str, content_type: str, data: bytes
) -> None:
    """Upload one file to a session."""
    _ask(connection, "POST", f"{SESSIONS_PATH}/{session}/audio/{name}", content_type, data, 200)


def settle(connection: HTTPConnection, session: str) -> dict[str, Any]:
    """Return a session as the control API shows it, which is after its chunks were looked at."""
    seen: dict[str, Any] = json.loads(_ask(connection, "GET", f"/_mock/sessions/{session}"))
    return seen


def delete(connection: HTTPConnection, session: str) -> None:
    """Let the server forget a session, so that nothing is left to do for it."""
    _ask(connection, "DELETE", f"/_mock/sessions/{session}", status=204)


def _chunk(connection: HTTPConnection, session: str, name: str) -> bytes:
    return _ask(connection, "GET", f"/_mock/sessions/{session}/chunks/{name}")


def _ask(
    connection: HTTPConnection,
    method: str,
    path: str,
    content_type: str = "application/json",
    body: bytes = b"",
    status: int = 200,
) -> bytes:
    connection.request(method, path, body, HEADERS | {"Content-Type": content_type})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != status:
        raise BenchmarkError(f"scribe-mock answered {answer.status} to {path}: {content[:500]!r}")
    return content
