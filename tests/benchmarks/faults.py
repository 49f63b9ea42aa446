"""Faults: what those that do not match cost uploads, and how exact delays are."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles

from rich.table import Table

from tests.benchmarks.load import (
    CONNECTIONS,
    HEADERS,
    Load,
    Run,
    create_sessions,
    run_wrk,
    upload_path,
)
from tests.benchmarks.processes import SCRIBE_MOCK, BenchmarkError, Server
from tests.benchmarks.tables import Goal, ratios, table

FAULTS = 1000
DELAYS = 300
DELAY_SECONDS = 0.02
_SIZE = 64 * 1024


@dataclass(frozen=True)
class FaultCosts:
    """Runs without faults and with a thousand, and by how many ms answers were too late.

    Args:
        without, with_faults: One run a round.
        errors: Of each delay, in milliseconds.
    """

    without: list[Run]
    with_faults: list[Run]
    errors: list[float]

    def goals(self) -> list[Goal]:
        """The goals for both."""
        rates = ([run.requests_per_second for run in runs] for runs in self._pairs())
        share = ratios(*rates)
        late = quantiles(self.errors, n=100)
        return [
            Goal(f"64 KiB with {FAULTS:,} faults that do not match / without", 0.9, True, share),
            Goal("a delay's error, median, ms", 2.0, False, [median(self.errors)]),
            Goal("a delay's error, p99, ms", 5.0, False, [late[98]]),
        ]

    def table(self) -> Table:
        """The rates."""
        shown = table("Faults", "", f"{FAULTS:,}", "none")
        rates = (median(run.requests_per_second for run in runs) for runs in self._pairs())
        shown.add_row("uploads of 64 KiB a second", *(f"{rate:.0f}" for rate in rates))
        return shown

    def _pairs(self) -> tuple[list[Run], list[Run]]:
        return self.with_faults, self.without


def measure_faults(rounds: int, seconds: int, say: Callable[[str], None]) -> FaultCosts:
    """Upload to a server without faults and to one with many in turn; then delay answers."""
    with ExitStack() as stack:
        plain, faulty = (stack.enter_context(Server(SCRIBE_MOCK)) for _ in range(2))
        runs: dict[Server, list[Run]] = {plain: [], faulty: []}
        loads = {}
        for server in runs:
            path = upload_path(create_sessions(server, 1)[0], 0)
            loads[server] = Load(_SIZE, (path,), CONNECTIONS)
            run_wrk(server, loads[server], 1)
        for number in range(FAULTS):
            match = {"operation": "uploadAudio", "sequence": number + 1}
            _set(faulty, {"match": match, "action": {"answer": {"status": 503}}})
        for round_ in range(rounds):
            say(f"faults: round {round_ + 1} of {rounds}")
            for server in (plain, faulty) if round_ % 2 else (faulty, plain):
                runs[server].append(run_wrk(server, loads[server], seconds))
        return FaultCosts(runs[plain], runs[faulty], _errors(plain))


def _set(server: Server, fault: object) -> None:
    _ask(_line(server), "POST", "/_mock/faults", json.dumps(fault).encode(), 201)


def _line(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port)


def _ask(
    line: http.client.HTTPConnection, method: str, path: str, body: bytes, expected: int
) -> float:
    """How many seconds an answer takes."""
    began = time.perf_counter()
    line.request(method, path, body, HEADERS)
    answer = line.getresponse()
    answer.read()
    if answer.status != expected:
        raise BenchmarkError(f"{method} {path} was answered with {answer.status}")
    return time.perf_counter() - began


def _errors(server: Server) -> list[float]:
    """By how many milliseconds each delayed answer missed its time, beyond what it takes anyhow."""
    path, line = f"/voice/v1/sessions/{create_sessions(server, 1)[0]}", _line(server)
    usual = median(_ask(line, "GET", path, b"", 202) for _ in range(DELAYS))
    delay = {"action": {"delay": {"seconds": DELAY_SECONDS}}, "times": None}
    _set(server, delay | {"match": {"operation": "getSession"}})
    late = [_ask(line, "GET", path, b"", 202) - usual - DELAY_SECONDS for _ in range(DELAYS)]
    return [abs(seconds) * 1000 for seconds in late]
