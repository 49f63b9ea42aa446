"""Fair shares: what one client costs the others, and what it leaves behind."""

import http.client
import socket
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from rich.table import Table

from tests.benchmarks.audio import client
from tests.benchmarks.load import HEADERS, create_sessions, upload_path
from tests.benchmarks.processes import SCRIBE_MOCK, BenchmarkError, Server
from tests.benchmarks.tables import Goal, ratios, table

MB = 1_000_000
FEW, MANY, GETS = 10, 100_000, 15
LEAVERS, UNFINISHED = 4, 100
#: Nearly three hours of silence in MP3, and five seconds of it.
LONG = (b"\xff\xe3\x18\xc4" + bytes(68)) * 144_000
SHORT = LONG[: 72 * 70]


@dataclass(frozen=True)
class Fair:
    """What was measured.

    Args:
        few: Seconds of Get session with few chunks, of each round.
        many: The same with many.
        waits: The longest wait of others meanwhile, of each round, in seconds.
        alone: Seconds of a short recording.
        beside: The same beside clients that sent long ones and left.
        left: Bytes by which a server is larger after unfinished uploads.
    """

    few: list[float]
    many: list[float]
    waits: list[float]
    alone: list[float]
    beside: list[float]
    left: int

    def goals(self) -> list[Goal]:
        """The goals for others, and for memory."""
        return [
            Goal(
                f"Get session with {MANY:,} chunks / {FEW}", 3, False, ratios(self.many, self.few)
            ),
            Goal("others' longest wait meanwhile, ms", 20, False, [1e3 * s for s in self.waits]),
            Goal(
                "5 s beside long recordings that were left / alone",
                5,
                False,
                ratios(self.beside, self.alone),
            ),
            Goal("after unfinished uploads over idle, MB", 30, False, [self.left / MB]),
        ]

    def table(self) -> Table:
        """Medians in milliseconds."""
        shown = table("Fair shares", "", "median")
        for name in ("few", "many", "waits", "alone", "beside"):
            shown.add_row(name, f"{1e3 * statistics.median(getattr(self, name)):.1f} ms")
        shown.add_row("left", f"{self.left / MB:.0f} MB")
        return shown


def measure_fair(rounds: int, say: Callable[[str], None]) -> Fair:
    """Measure each with a server of its own."""
    say(f"fair: {MANY:,} chunks")
    with Server(SCRIBE_MOCK) as server:
        few, many, waits = _gets(server, rounds)
    alone, beside = [], []
    with Server(SCRIBE_MOCK) as server:
        _short(server)
        for turn in range(rounds):
            say(f"fair: round {turn + 1} of {rounds}, long recordings")
            alone.append(_short(server))
            _send_and_leave(server)
            beside.append(_short(server))
    say("fair: unfinished uploads")
    with Server(SCRIBE_MOCK) as server:
        return Fair(few, many, waits, alone, beside, _left_behind(server))


def _gets(server: Server, rounds: int) -> tuple[list[float], list[float], list[float]]:
    sessions = create_sessions(server, 2)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for session, count in zip(sessions, (FEW, MANY), strict=True):
        for number in range(count):
            _ask(connection, "POST", upload_path(session, number), b"chunk %d" % number)
    for session in sessions:  # the first one hashes the chunks
        _ask(connection, "GET", f"/voice/v1/sessions/{session}")
    taken: tuple[list[float], list[float]] = [], []
    waits: list[float] = []
    for _ in range(rounds):
        for session, found in zip(sessions, taken, strict=True):
            path = f"/voice/v1/sessions/{session}"
            found.append(min(_ask(connection, "GET", path) for _ in range(GETS)))
        with _Other(server, waits):
            for _ in range(GETS):
                _ask(connection, "GET", f"/voice/v1/sessions/{sessions[1]}")
    return *taken, waits


class _Other:
    """A client that asks for little, again and again; its longest wait is noted at the end."""

    def __init__(self, server: Server, waits: list[float]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)
        self._waits, self._ended = waits, threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        longest = 0.0
        while not self._ended.is_set():
            longest = max(longest, _ask(self._connection, "GET", "/_mock/health"))
        self._waits.append(longest)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> float:
    began = time.perf_counter()
    connection.request(method, path, body, HEADERS)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status not in (200, 202):
        raise BenchmarkError(f"{method} {path} was answered with {answer.status}: {content!r:.200}")
    return time.perf_counter() - began


def _short(server: Server) -> float:
    with client.connected(server) as connection:
        session = client.create(connection)
        work = client.timed(
            server, lambda: client.send(connection, session, "a.mp3", "audio/mp3", SHORT)
        )
        client.delete(connection, session)
    return work.seconds


def _send_and_leave(server: Server) -> None:
    with ExitStack() as stack, client.connected(server) as connection:
        for _ in range(LEAVERS):
            path = f"/voice/v1/sessions/{client.create(connection)}/audio/a.mp3"
            _begin(server, stack, path, "audio/mp3", len(LONG)).sendall(LONG)
        time.sleep(0.5)


def _begin(server: Server, stack: ExitStack, path: str, kind: str, size: int) -> socket.socket:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
    fields = {**HEADERS, "Host": "localhost", "Content-Type": kind, "Content-Length": size}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def _left_behind(server: Server) -> int:
    [session] = create_sessions(server, 1)
    kind, size = HEADERS["Content-Type"], 9 * MB
    before = server.resident_bytes()
    with ExitStack() as stack:
        for number in range(UNFINISHED):
            path = upload_path(session, number)
            _begin(server, stack, path, kind, size + 1).sendall(bytes(size))
        if server.resident_bytes() < before + UNFINISHED * size // 2:
            raise BenchmarkError("the unfinished uploads did not arrive")
    time.sleep(3)
    return server.resident_bytes() - before
