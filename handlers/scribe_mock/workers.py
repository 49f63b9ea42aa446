"""Several processes that serve on one socket, and the one that starts them and keeps them going.

They are forks of a process that has imported everything, so that each starts in a fraction of a
second, and they accept connections from the same socket: none is lost when one of them leaves.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from scribe_mock.errors import SettingsError
from scribe_mock.server.listening import Server
from scribe_mock.settings import Settings
from scribe_mock.store_address import is_redis

#: Seconds between two looks at the processes.
_LOOK_SECONDS = 0.1
#: Seconds before a process is started again that ended before it served.
_PAUSE_SECONDS = 1.0
#: Seconds that a process gets to stop before it is killed: longer than its own bounds together.
_STOP_SECONDS = 90.0

#: What the first process obeys; Windows, where there can be one process alone, has no SIGHUP.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)

#: Makes the server of a process, from its place among all and what it calls when it serves.
MakeServer = Callable[[int, Callable[[], object]], Server]


def check_workers(settings: Settings) -> None:
    """Raise SettingsError unless as many processes as the settings say can serve together."""
    if settings.workers == 1:
        return
    if not hasattr(os, "fork"):
        raise SettingsError(
            "--workers needs a system that can fork, such as Linux or macOS. Start several "
            "servers on ports of their own instead, with one --store redis://HOST:PORT."
        )
    if not is_redis(settings.store):
        raise SettingsError(
            f"--workers {settings.workers} needs a store that all processes share: add --store "
            f"redis://HOST:PORT. With --store {settings.store.partition(':')[0]} there can be one "
            "process alone."
        )


def places(count: int) -> int:
    """The most processes at a time, those that leave included, where so many serve."""
    return 2 * count + 1


@dataclass(slots=True)
class _Worker:
    """One process.

    Args:
        pid: Its number.
        place: Its place among all.
        told: The end of a pipe from which a byte can be read once it serves.
    """

    pid: int
    place: int
    told: int
    ready: bool = False
    #: Whether it was told to leave.
    leaves: bool = False
    #: When it was told so, or to stop.
    since: float = field(default=0.0)


class Workers:
    """All processes of one server, and the one that keeps them going.

    Args:
        count: How many serve at the same time.
        listener: The socket that they accept connections from.
        make_server: Makes the server of one process.
        on_ready: Called once when the first one serves.
    """

    def __init__(
        self,
        count: int,
        listener: socket.socket,
        make_server: MakeServer,
        on_ready: Callable[[], None],
    ) -> None:
        self._count = count
        self._listener = listener
        self._make_server = make_server
        self._on_ready = on_ready
        self._workers: list[_Worker] = []
        self._signals: list[int] = []
        self._begun = False
        self._next_start = 0.0
        # The processes that are to be replaced, one after the other.
        self._old: list[_Worker] = []
        self._exit_code: int | None = None

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM; returns the exit code.

        SIGHUP replaces the processes one after the other.
        """
        self._alive, self._alive_end = os.pipe()
        for number in _SIGNALS:
            signal.signal(number, self._note)
        while self._exit_code is None or self._workers:
            self._obey()
            self._reap()
            self._listen_to_starts()
            if self._exit_code is None:
                self._replace_old()
                self._fill()
            else:
                self._kill_late()
            time.sleep(_LOOK_SECONDS)
        return self._exit_code

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _obey(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number != signal.SIGHUP:
                self._exit_code = self._exit_code or 0
                self._listener.close()
                self._send(self._workers, number)
            elif self._begun:
                self._old = [worker for worker in self._workers if not worker.leaves]

    def _fill(self) -> None:
        """Start processes where some are missing: the first one alone, so that errors come once."""
        serving = [worker for worker in self._workers if not worker.leaves]
        wanted = self._count if self._begun else 1
        # A replacement is started while the one that it replaces still serves.
        wanted += bool(self._old)
        if len(self._workers) >= places(self._count):
            return
        if len(serving) < wanted and time.monotonic() >= self._next_start:
            self._start()

    def _replace_old(self) -> None:
        """Let the next old process leave once there is a new one that serves in its place."""
        if not self._old:
            return
        serving = [worker for worker in self._workers if worker.ready and not worker.leaves]
        if len(serving) > self._count:
            worker = self._old.pop(0)
            worker.leaves = True
            self._send([worker], signal.SIGHUP)

    def _start(self) -> None:
        taken = {worker.place for worker in self._workers}
        place = next(number for number in range(places(self._count)) if number not in taken)
        told, tell = os.pipe()
        # A signal for the new process waits until that has left this one's way to obey behind.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            os.close(told)
            self._serve(place, tell)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(tell)
        self._workers.append(_Worker(pid, place, told))

    def _serve(self, place: int, tell: int) -> NoReturn:
        """Serve, in a process that was just made, until told to leave."""
        code = 1
        try:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            # Ctrl-C at a terminal reaches the first process alone, which passes it on once.
            os.setpgid(0, 0)
            for inherited in (self._alive_end, *(worker.told for worker in self._workers)):
                os.close(inherited)
            server = self._make_server(place, lambda: os.write(tell, b"."))
            signal.signal(signal.SIGHUP, lambda *_: server.leave(0.0))
            _stop_without_parent(server, self._alive)
            server.run([self._listener])
            code = 0 if server.ready.is_set() else 1
        except BaseException as error:
            code = getattr(error, "exit_code", 1)
            print(f"scribe-mock: {error or type(error).__name__}", file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _listen_to_starts(self) -> None:
        for worker in self._workers:
            if not worker.ready and select.select([worker.told], [], [], 0)[0]:
                worker.ready = bool(os.read(worker.told, 1))
                if worker.ready and not self._begun:
                    self._begun = True
                    self._on_ready()

    def _reap(self) -> None:
        for worker in list(self._workers):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            self._listen_to_starts()
            self._workers.remove(worker)
            os.close(worker.told)
            if worker in self._old:
                self._old.remove(worker)
            if not worker.leaves and self._exit_code is None:
                self._missing(worker, os.waitstatus_to_exitcode(status))

    def _missing(self, worker: _Worker, code: int) -> None:
        """A process ended that should serve: start another, or stop if none ever served."""
        if not self._begun:
            self._exit_code = code if code > 0 else 1
            return
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        print(
            f"scribe-mock: process {worker.pid} ended {how}; another one is started.",
            file=sys.stderr,
            flush=True,
        )
        if not worker.ready:
            # What is wrong is likely to be wrong for all: keep those that still serve.
            self._old = []
            self._next_start = time.monotonic() + _PAUSE_SECONDS

    def _kill_late(self) -> None:
        now = time.monotonic()
        late = [w for w in self._workers if w.since and now - w.since > _STOP_SECONDS]
        self._send(late, signal.SIGKILL)

    def _send(self, workers: list[_Worker], number: int) -> None:
        for worker in workers:
            worker.since = worker.since or time.monotonic()
            os.kill(worker.pid, number)


def _stop_without_parent(server: Server, alive: int) -> None:
    """Stop the server when the process that started it has ended: its end of a pipe closes."""

    def wait() -> None:
        os.read(alive, 1)
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
