"""Load on a server: wrk for rates and latencies, a small client for a fixed number of requests."""

import asyncio
import json
import resource
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.benchmarks.processes import BenchmarkError, Server

SCRIPT = Path(__file__).with_name("upload.lua")
HEADERS = {"Authorization": "Bearer t", "Content-Type": "audio/webm;codecs=opus"}
FIXED_SESSION = "benchmark-session"
SESSIONS_PATH = "/voice/v1/sessions"
CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What one run of wrk sends: bodies of one size to some paths, over some connections."""

    size: int
    paths: tuple[str, ...]
    connections: int


@dataclass(frozen=True)
class Run:
    """The result of one run of wrk; CPU is in shares of one processor."""

    requests_per_second: float
    p99_seconds: float
    generator_cpu: float
    server_cpu: float


def require_wrk() -> None:
    """Raise BenchmarkError without wrk."""
    if shutil.which("wrk") is None:
        raise BenchmarkError("wrk is not installed; on Debian and Ubuntu: apt-get install wrk")


def upload_path(session_id: str, sequence: int) -> str:
    """Return the path of one chunk."""
    return f"{SESSIONS_PATH}/{session_id}/audio/audio_{sequence}.webm"


def run_wrk(server: Server, load: Load, seconds: int) -> Run:
    """Upload as fast as the server answers; raise BenchmarkError if it refuses an upload."""
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "20s"]
    for name, value in HEADERS.items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{server.port}", "--", str(load.size)]
    began, generator, served = time.perf_counter(), _children_cpu(), server.cpu_seconds()
    wrk = subprocess.run([*command, *load.paths], capture_output=True, text=True, check=False)
    generator, served = _children_cpu() - generator, server.cpu_seconds() - served
    elapsed = time.perf_counter() - began
    label = server.contender.label
    if wrk.returncode or not wrk.stdout.strip():
        raise BenchmarkError(f"wrk failed on {label}: {wrk.stderr.strip() or wrk.stdout.strip()}")
    seen = json.loads(wrk.stdout.splitlines()[-1])
    if seen["refused"] or seen["broken"] or not seen["requests"]:
        raise BenchmarkError(f"{label} did not accept every upload: {seen}\n{server.end_of_log()}")
    return Run(
        requests_per_second=seen["requests"] * 1e6 / seen["microseconds"],
        p99_seconds=seen["p99"] / 1e6,
        generator_cpu=generator / elapsed,
        server_cpu=served / elapsed,
    )


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def create_sessions(server: Server, count: int) -> list[str]:
    """Create chunked sessions and return their ids; a server without sessions gets a fixed one."""
    if not server.contender.has_sessions:
        return [FIXED_SESSION]
    body = b'{"upload_type":"chunked"}'
    request = _head("POST", SESSIONS_PATH, len(body), "application/json"), body
    return [answer["session_id"] for answer in send(server, (request for _ in range(count)), 201)]


def upload(server: Server, size: int, paths: Iterable[str]) -> int:
    """Upload one body to each path, and return how many bytes were acknowledged."""
    body = b"x" * size
    content_type = HEADERS["Content-Type"]
    requests = ((_head("POST", path, size, content_type), body) for path in paths)
    answers = send(server, requests, 200)
    if not all(answer["success"] for answer in answers):
        raise BenchmarkError(f"{server.contender.label} did not store every upload")
    return len(answers) * size


def health(server: Server) -> dict[str, int]:
    """Ask a server with sessions how many sessions and bytes it holds."""
    request = _head("GET", server.contender.health_path, 0, "application/json"), b""
    return send(server, iter([request]), 200)[0]


def send(
    server: Server, requests: Iterator[tuple[bytes, bytes]], status: int
) -> list[dict[str, Any]]:
    """Send all requests over a few kept-alive connections, and return the JSON of the answers."""
    answers: list[dict[str, Any]] = []

    async def converse() -> None:
        await asyncio.gather(*(_exchange(server, requests, status, answers) for _ in connections))

    connections = range(CONNECTIONS)
    try:
        uvloop.run(converse())
    except (OSError, EOFError) as error:
        raise BenchmarkError(f"{server.contender.label} closed a connection: {error!r}") from error
    return answers


async def _exchange(
    server: Server,
    requests: Iterator[tuple[bytes, bytes]],
    status: int,
    answers: list[dict[str, Any]],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for parts in requests:
        writer.writelines(parts)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if int(head[9:12]) != status:
            raise BenchmarkError(f"{server.contender.label} answered {head[9:12]!r}: {body!r}")
        answers.append(json.loads(body))
    writer.close()


def _head(method: str, path: str, length: int, content_type: str) -> bytes:
    headers = HEADERS | {
        "Host": "127.0.0.1",
        "Content-Type": content_type,
        "Content-Length": str(length),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()
