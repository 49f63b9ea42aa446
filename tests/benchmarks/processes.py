"""Servers under measurement: how each is started, looked at and stopped."""

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

START_SECONDS = 30.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.002
ROOT = Path(__file__).parents[2]


class BenchmarkError(Exception):
    """The benchmark could not run; the message is for the person who started it."""


@dataclass(frozen=True)
class Contender:
    """One of the compared servers.

    Args:
        name: In JSON output.
        label: In tables.
        command: Its command line, given a port.
        health_path: A path that it answers.
        has_sessions: Whether uploads need a session.
        sources: The folder that Python imports `scribe_mock` from; None for the installed one.
    """

    name: str
    label: str
    command: Callable[[int], list[str]]
    health_path: str
    has_sessions: bool = False
    sources: Path | None = None


def _scribe_mock(port: int) -> list[str]:
    options = ["--quiet", "--processing-seconds", "0", "--max-memory", "4GiB"]
    program = [sys.executable, "-m", "scribe_mock"]
    return [*program, "serve", "--host", "127.0.0.1", "--port", str(port), *options]


def _baseline(module: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", f"{__package__}.servers.{module}", str(port)]


SCRIBE_MOCK = Contender("scribe_mock", "scribe-mock", _scribe_mock, "/_mock/health", True)
CONNEXION = Contender("connexion", "stock Connexion", _baseline("stock_connexion"), "/")
STARLETTE = Contender("starlette", "bare Starlette", _baseline("bare_starlette"), "/")
DRAIN = Contender("drain", "bare drain", _baseline("drain"), "/")
CONTENDERS = (SCRIBE_MOCK, CONNEXION, STARLETTE, DRAIN)


def build_in(checkout: Path) -> Contender:
    """Another build of scribe-mock: the sources of a checkout, with the installed packages."""
    name, label = "before", f"scribe-mock in {checkout.name}"
    sources = checkout / "handlers"
    return Contender(name, label, _scribe_mock, "/_mock/health", True, sources)


class Server:
    """A running contender; leaving the context stops it."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.port = free_port()
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        """Start the process and wait for its first answer."""
        self._log = tempfile.TemporaryFile()
        command = self.contender.command(self.port)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SCRIBE_MOCK_")}
        # Another build would else be compiled at each of its starts.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if self.contender.sources is not None:
            environment["PYTHONPATH"] = str(self.contender.sources)
        began = time.perf_counter()
        try:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=self._log, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise BenchmarkError(f"{self.contender.label} does not start: {error}") from error
        try:
            self._await_first_answer(began + START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        self.start_seconds = time.perf_counter() - began
        return self

    def __exit__(self, *_: object) -> None:
        """Ask the process to stop; kill it when it doesn't."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self._log.close()

    def _await_first_answer(self, deadline: float) -> None:
        path = self.contender.health_path
        question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                raise BenchmarkError(f"{self.contender.label} ended at once:\n{self.end_of_log()}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as peer:
                peer.sendall(question)
                if peer.recv(16).startswith(b"HTTP/1.1 "):
                    return
            time.sleep(POLL_SECONDS)
        raise BenchmarkError(
            f"{self.contender.label} gave no answer in {START_SECONDS:.0f} s:\n{self.end_of_log()}"
        )

    def end_of_log(self) -> str:
        """Return the end of what the server printed."""
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace").strip()

    def resident_bytes(self) -> int:
        """Read the process's resident memory."""
        return _resident_bytes(self._process.pid)

    def descriptors(self) -> int:
        """Count the process's open file descriptors, without the two pipes to each child.

        A decoding process is started when it is needed, and after it was ended.
        """
        descriptors = list(Path(f"/proc/{self._process.pid}/fd").iterdir())
        return len(descriptors) - 2 * (len(self._family()) - 1)

    def family_resident_bytes(self) -> int:
        """Read the resident memory of the process and its children; shared pages count twice."""
        return sum(map(_resident_bytes, self._family()))

    def cpu_seconds(self) -> float:
        """Read how long the process has run on a processor, in user and system mode."""
        return _cpu_seconds(self._process.pid)

    def family_cpu_seconds(self) -> float:
        """Read how long the process and its living children have run on a processor."""
        return sum(map(_cpu_seconds, self._family()))

    def _family(self) -> list[int]:
        pid = self._process.pid
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [pid, *(int(child) for task in tasks for child in task.read_text().split())]


class OtherWork:
    """How much of the processors other programs use, from construction on."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._machine = self._machine_cpu_seconds()
        self._own = self._own_cpu_seconds()

    def share(self) -> float:
        """Return the mean share of one processor; call it when all servers are stopped."""
        machine = self._machine_cpu_seconds() - self._machine
        own = self._own_cpu_seconds() - self._own
        return max(0.0, machine - own) / (time.perf_counter() - self._began)

    @staticmethod
    def _machine_cpu_seconds() -> float:
        user, nice, system = Path("/proc/stat").read_text().split()[1:4]
        return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own_cpu_seconds() -> float:
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(next(lines, "VmRSS: 0 kB").split()[1]) * 1024  # it has none once it has ended


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
