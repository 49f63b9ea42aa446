"""A bounded number of decoding processes, and how a recording is divided among them."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Self, cast

from scribe_mock.audio.audio_errors import ERRORS, AudioError, TooMuchWork, WorkerLost
from scribe_mock.audio.findings import broken
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.worker_messages import read_message, write_message
from scribe_mock.sessions.diagnosis import Diagnosis

_DEFAULT_LIMITS = Limits()
# Files smaller than this are processed by one process: dividing them would not be faster.
_WORTH_DIVIDING = 200_000
# Seconds that a recording waits for a second process; an examination takes no longer.
_SOON = 0.25
# Real seconds for each second of work before a process counts as hung: it has low priority.
_PATIENCE = 10.0
_EXPECTED = "a recording that can be decoded"
# The child gets the import path of this process, so that it finds the same package.
_BOOT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from scribe_mock.audio.worker_process import main; main()"
)


class _Process:
    """One decoding process, started when it is needed, and again after it was lost."""

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness
        self._child: subprocess.Popen[bytes] | None = None
        self._late = False
        self._guard = threading.Lock()
        self._ended = False

    def start(self) -> None:
        """Start the process if it is not running; raises WorkerLost after `end`."""
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with self._guard:
            if self._ended:
                raise WorkerLost("a server that is stopping", _EXPECTED)
            if self._child is not None and self._child.poll() is not None:
                _put_away(self._child)
                self._child = None
            if self._child is None:
                self._child = subprocess.Popen(
                    [sys.executable, "-c", _BOOT, str(self._niceness), *sys.path],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                    # Ctrl-C in a terminal is for the server, also while the process still starts.
                    process_group=0,
                )

    def ask(self, seconds: float, name: str, *arguments: Any) -> Any:
        """Return the answer to a request.

        Raises:
            AudioError: what the process found wrong with the audio.
            TooMuchWork: it had no answer within `seconds`, or its processor time was used up.
            WorkerLost: it died.
        """
        self.start()
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise WorkerLost("a server that is stopping", _EXPECTED)
        self._late = False
        timer = threading.Timer(seconds, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            write_message(child.stdin, (name, arguments))  # type: ignore[arg-type]
            fine, value = read_message(child.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, ValueError):  # a ValueError: `end` has closed the pipes
            self.close()
            if self._late or _used_up(child):
                raise TooMuchWork("a recording that keeps the decoder busy", _EXPECTED) from None
            raise WorkerLost("a recording on which the decoder crashed", _EXPECTED) from None
        finally:
            timer.cancel()
        if not fine:
            code, found, expected = value
            raise ERRORS[code](found, expected)
        return value

    def _end_late(self) -> None:
        self._late = True
        if self._child is not None:
            self._child.kill()

    def end(self) -> None:
        """End the process; no other is started."""
        with self._guard:
            self._ended = True
        self.close()

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._guard:
            child, self._child = self._child, None
        if child is not None:
            _put_away(child)


def _insist(work: Callable[[], Any]) -> Any:
    """Try once more when a process was lost, since the recording need not be the cause."""
    try:
        return work()
    except WorkerLost:
        return work()


def _end_all(processes: list[_Process]) -> None:
    for process in processes:
        process.end()


def _used_up(child: subprocess.Popen[bytes]) -> bool:
    """Whether a process ended because it had used up its processor time."""
    return sys.platform != "win32" and child.returncode == -signal.SIGXCPU


def _put_away(child: subprocess.Popen[bytes]) -> None:
    """End a process, and wait for its end."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            # Another thread may be writing to it, or have closed it.
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class AudioWorkers:
    """Decodes recordings in processes of low priority, so that a server stays quick meanwhile.

    Args:
        count: number of processes; None means one for each processor core.
        niceness: how much they stand back behind other processes, 0 to 19; with long recordings
            they stand back as far as they can.
    """

    def __init__(self, count: int | None = None, niceness: int = 5) -> None:
        self.count = max(1, count or os.cpu_count() or 1)
        self._processes = [_Process(niceness) for _ in range(self.count)]
        self._idle = list(self._processes)
        self._changed = threading.Condition()
        self._threads = ThreadPoolExecutor(self.count * 2, "audio")
        # An app that is served without the lifespan protocol never closes its workers.
        weakref.finalize(self, _end_all, self._processes)

    def start(self) -> Self:
        """Start the processes now, instead of with the first recording."""
        for process in self._processes:
            process.start()
        return self

    def close(self) -> None:
        """End the processes and wait for them."""
        _end_all(self._processes)
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def split(
        self,
        data: bytes,
        media_type: str,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> list[RecordingChunk]:
        """Return the chunks of a recording, as `split.split` does; blocks meanwhile.

        Raises:
            AudioError: it can't be used; the message says why.
        """
        seconds = limits.max_work_seconds * _PATIENCE
        with self._borrowed(2 if len(data) >= _WORTH_DIVIDING else 1) as processes:
            if len(processes) == 1:
                pieces = _insist(
                    partial(processes[0].ask, seconds, "split", data, media_type, limits)
                )
            else:
                pieces = _insist(
                    partial(self._divided, processes, seconds, data, media_type, limits)
                )
            return cast(list[RecordingChunk], pieces)

    async def split_async(
        self,
        parts: Iterable[bytes],
        media_type: str,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> list[RecordingChunk]:
        """Return the chunks of a recording without blocking the event loop.

        Its parts are joined when it is its turn: of those that wait there would be two copies.

        Raises:
            AudioError: it can't be used; the message says why.
        """
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.split(b"".join(parts), media_type, limits))
        )

    def diagnose(
        self, data: bytes, declared: str, extension: str, limits: Limits = _DEFAULT_LIMITS
    ) -> Diagnosis:
        """Return the diagnosis of a chunk, as `doctor.diagnose` does; blocks meanwhile."""
        seconds = limits.max_work_seconds * _PATIENCE
        try:
            with self._borrowed(1) as (process,):
                asked = ("diagnose", data, declared, extension, limits)
                return cast(Diagnosis, _insist(partial(process.ask, seconds, *asked)))
        except AudioError as error:
            return replace(first_look(data, declared, extension), findings=(broken(error),))

    async def diagnose_async(
        self,
        parts: Iterable[bytes],
        declared: str,
        extension: str,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> Diagnosis:
        """Return the diagnosis of a chunk without blocking the event loop."""
        return await asyncio.wrap_future(
            self._threads.submit(
                lambda: self.diagnose(b"".join(parts), declared, extension, limits)
            )
        )

    def _divided(
        self,
        processes: list[_Process],
        seconds: float,
        data: bytes,
        media_type: str,
        limits: Limits,
    ) -> Any:
        first, second = processes
        with ThreadPoolExecutor(1) as thread:
            later = thread.submit(second.ask, seconds, "analyse", data, media_type, limits, 1, 2)
            first.ask(seconds, "analyse", data, media_type, limits, 0, 2)
            analysis = later.result()
        return first.ask(seconds, "assemble", [analysis])

    @contextlib.contextmanager
    def _borrowed(self, wanted: int) -> Iterator[list[_Process]]:
        """Reserve one process as soon as one is idle, and more if they become idle soon."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._idle) >= min(wanted, self.count), _SOON)
            self._changed.wait_for(lambda: self._idle)
            lent = [self._idle.pop() for _ in range(min(wanted, len(self._idle)))]
        try:
            yield lent
        finally:
            with self._changed:
                self._idle += lent
                self._changed.notify(len(lent))
