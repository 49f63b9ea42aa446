"""How long a small upload takes while ten minutes are being cut, and while nothing is."""

import threading
import time
from dataclasses import dataclass
from statistics import median
from typing import Self

from tests.benchmarks.audio.client import WEBM, connected, create, cut, send
from tests.benchmarks.audio.recordings import ten_minutes
from tests.benchmarks.measurements import KIB, Say
from tests.benchmarks.processes import SCRIBE_MOCK, BenchmarkError, Server

BODY_BYTES = 64 * KIB
NAMES = 64
UPLOADS, WARM_UP_UPLOADS = 1500, 300
PAUSE_SECONDS = 0.002  # between an answer and the next upload: a client that records, not a flood


@dataclass(frozen=True)
class Waits:
    """The median and the 99th percentile of one run of small uploads, in seconds."""

    p50_seconds: float
    p99_seconds: float


@dataclass(frozen=True)
class Latency:
    """The runs of every round, idle and while cutting; how many single uploads were cut in them."""

    idle: list[Waits]
    cutting: list[Waits]
    cuts: int


class _Cutting:
    """Single uploads one after the other, in a thread, until the context is left."""

    def __init__(self, server: Server, data: bytes) -> None:
        self._server, self._data = server, data
        self._begun, self._enough = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: BenchmarkError | None = None
        self.count = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._enough.is_set():
                self._begun.set()
                cut(self._server, self._data, settled=False)
                self.count += 1
        except BenchmarkError as error:
            self._error = error


def measure_latency(rounds: int, say: Say) -> Latency:
    """Upload small chunks one after the other, in turn to an idle server and to a busy one."""
    say("audio-p99: making ten minutes of speech")
    data, cuts = ten_minutes(), 0
    idle: list[Waits] = []
    busy: list[Waits] = []
    with Server(SCRIBE_MOCK) as server:
        cut(server, data)
        _waits(server, data[:BODY_BYTES], WARM_UP_UPLOADS)
        for turn in range(rounds):
            say(f"audio-p99: round {turn + 1} of {rounds}")
            idle.append(_waits(server, data[:BODY_BYTES], UPLOADS))
            with _Cutting(server, data) as cutting:
                busy.append(_waits(server, data[:BODY_BYTES], UPLOADS))
            cuts += cutting.count
    return Latency(idle, busy, cuts)


def _waits(server: Server, body: bytes, uploads: int) -> Waits:
    waits = []
    with connected(server) as connection:
        session = create(connection, "chunked")
        for number in range(uploads):
            began = time.perf_counter()
            send(connection, session, f"audio_{number % NAMES}.webm", WEBM, body)
            waits.append(time.perf_counter() - began)
            time.sleep(PAUSE_SECONDS)
    return Waits(median(waits), sorted(waits)[int(len(waits) * 0.99)])
