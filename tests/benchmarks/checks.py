"""`scribe-mock check` on the mock: how long it takes, and the most memory that it needs."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.benchmarks.processes import (
    SCRIBE_MOCK,
    BenchmarkError,
    Contender,
    Server,
    free_port,
)
from tests.benchmarks.tables import Goal, ratios, table

#: Seconds that each answer takes on the slow server.
DELAY = 1.0
MB = 1_000_000


@dataclass(frozen=True)
class Checks:
    """Seconds and peak bytes of each run, by build; on the mock, or on one that is slow."""

    seconds: dict[str, list[float]]
    peak_bytes: dict[str, list[int]]
    slow: bool

    def goals(self) -> list[Goal]:
        """The goals for this build, and for its ratio to the other one if there is one."""
        mine = SCRIBE_MOCK.name
        peak = [count / MB for count in self.peak_bytes[mine]]
        if self.slow:
            return [Goal(f"check, {DELAY:g} s an answer, seconds", 90, False, self.seconds[mine])]
        goals = [Goal("check, peak memory in MB", 150, False, peak)]
        for before in self.seconds.keys() - {mine}:
            found = ratios(self.seconds[mine], self.seconds[before])
            goals.append(Goal("check, wall time / the other build", 0.5, False, found))
        return goals

    def table(self, contenders: Sequence[Contender]) -> Table:
        """One row a build."""
        where = f"on a server with {DELAY:g} s an answer" if self.slow else "on the mock"
        shown = table(f"scribe-mock check {where}", "", "wall", "peak memory")
        for contender in contenders:
            if contender.name in self.seconds:
                seconds = median(self.seconds[contender.name])
                peak = median(self.peak_bytes[contender.name]) / MB
                shown.add_row(contender.label, f"{seconds:.1f} s", f"{peak:.0f} MB")
        return shown


def measure_checks(
    contenders: Sequence[Contender], rounds: int, say: Callable[[str], None], *, slow: bool
) -> Checks:
    """Run each build's check in turn, on one mock of this build."""
    builds = [one for one in contenders if one.has_sessions]
    seconds: dict[str, list[float]] = {build.name: [] for build in builds}
    peaks: dict[str, list[int]] = {build.name: [] for build in builds}
    with Server(SCRIBE_MOCK) as server, _address(server, slow) as address:
        for round_ in range(rounds):
            for build in builds:
                say(f"check: round {round_ + 1} of {rounds}, {build.label}")
                took, peak = _check(build, address)
                seconds[build.name].append(took)
                peaks[build.name].append(peak)
    return Checks(seconds, peaks, slow)


@contextmanager
def _address(server: Server, slow: bool) -> Iterator[str]:
    if not slow:
        yield f"http://127.0.0.1:{server.port}/voice/v1"
        return
    port = free_port()
    program = [sys.executable, "-m", f"{__package__}.servers.slow_proxy"]
    with subprocess.Popen([*program, str(port), str(server.port), str(DELAY)]) as proxy:
        time.sleep(1)
        try:
            yield f"http://127.0.0.1:{port}/voice/v1"
        finally:
            proxy.terminate()


def _check(build: Contender, address: str) -> tuple[float, int]:
    """Seconds and peak bytes of one run."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each run would compile everything anew
    if build.sources is not None:
        environment["PYTHONPATH"] = str(build.sources)
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "scribe_mock", "check", address],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        status, usage = 0, None
        with suppress(ChildProcessError):
            _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        # An older build may find faults in a newer mock; its run is as long.
        if usage is None or process.returncode not in (0, 1, 3):
            log.seek(0)
            said = log.read()[-500:].decode("utf-8", "replace")
            raise BenchmarkError(f"the check of {build.label} could not run:\n{said}")
    return took, usage.ru_maxrss * 1024
