"""The decoding processes, and the division of long recordings between two of them."""

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
# Files of at least so many bytes are divided; with smaller ones that would not be faster.
_WORTH_DIVIDING = 200_000
# Seconds that a recording waits for a second process; an examination takes no longer.
_SECOND_PROCESS_SECONDS = 0.25
# Real seconds for each second of processor time before a process is ended as hung. They are many,
# since the process has a low priority.
_REAL_SECONDS_PER_WORK_SECOND = 10.0
_EXPECTED = "a recording that can be decoded"
_STOPPING = "a recording that was not decoded, since the server stops"
# The child process gets the import path of this one, so that it imports the same package.
_BOOT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from scribe_mock.audio.worker_process import main; main()"
)


class _Process:
    """One decoding process. It is started when it is needed, and again after it ended."""

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness
        self._child: subprocess.Popen[bytes] | None = None
        self._timed_out = False
        self._lock = threading.Lock()
        self._ended = False

    def start(self) -> None:
        """Start the process if it is not running; raises WorkerLost after `end`."""
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with self._lock:
            if self._ended:
                raise WorkerLost(_STOPPING, _EXPECTED)
            if self._child is not None and self._child.poll() is not None:
                _end_child(self._child)
                self._child = None
            if self._child is None:
                self._child = subprocess.Popen(
                    [sys.executable, "-c", _BOOT, str(self._niceness), *sys.path],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                    # A process group of its own, so that Ctrl-C in a terminal ends only the server.
                    process_group=0,
                )

    def ask(self, seconds: float, name: str, *arguments: Any) -> Any:
        """Return the answer to a request.

        Raises:
            AudioError: what the process found wrong with the audio.
            TooMuchWork: it had no answer within `seconds`, or its processor time was used up.
            WorkerLost: it ended without an answer.
        """
        self.start()
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise WorkerLost(_STOPPING, _EXPECTED)
        self._timed_out = False
        timer = threading.Timer(seconds, self._end_after_timeout)
        timer.daemon = True
        timer.start()
        try:
            write_message(child.stdin, (name, arguments))  # type: ignore[arg-type]
            fine, value = read_message(child.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, ValueError):  # ValueError: `end` closed the pipes
            self.close()
            if self._timed_out or _used_up(child):
                raise TooMuchWork("a recording that keeps the decoder busy", _EXPECTED) from None
            raise WorkerLost("a recording on which the decoder crashed", _EXPECTED) from None
        finally:
            timer.cancel()
        if not fine:
            code, found, expected = value
            raise ERRORS[code](found, expected)
        return value

    def _end_after_timeout(self) -> None:
        self._timed_out = True
        if self._child is not None:
            self._child.kill()

    def end(self) -> None:
        """End the process; no other is started."""
        with self._lock:
            self._ended = True
        self.close()

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            _end_child(child)


def _try_twice(work: Callable[[], Any]) -> Any:
    """Work once more if the process ended, since the recording need not be the cause."""
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


def _end_child(child: subprocess.Popen[bytes]) -> None:
    """End a process, and wait for its end."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            # Another thread may be writing to it, or have closed it.
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class AudioWorkers:
    """Decodes recordings in processes of low priority, so that the server stays quick.

    Args:
        count: number of processes; None means one for each processor core.
        niceness: what is added to their niceness, 0 to 19; long recordings have 19.
    """

    def __init__(self, count: int | None = None, niceness: int = 5) -> None:
        self.count = max(1, count or os.cpu_count() or 1)
        self._processes = [_Process(niceness) for _ in range(self.count)]
        self._idle = list(self._processes)
        self._changed = threading.Condition()
        self._threads = ThreadPoolExecutor(self.count * 2, "audio")
        # An app that is served without the lifespan protocol never calls close().
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
        """Return the chunks of a recording as `split.split` does. It blocks the thread.

        Raises:
            AudioError: it can't be used; the message says why.
        """
        seconds = limits.max_work_seconds * _REAL_SECONDS_PER_WORK_SECOND
        with self._borrowed(2 if len(data) >= _WORTH_DIVIDING else 1) as processes:
            if len(processes) == 1:
                pieces = _try_twice(
                    partial(processes[0].ask, seconds, "split", data, media_type, limits)
                )
            else:
                pieces = _try_twice(
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

        The parts are joined when a thread is free, so that recordings that wait are in memory once.

        Raises:
            AudioError: it can't be used; the message says why.
        """
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.split(b"".join(parts), media_type, limits))
        )

    def diagnose(
        self, data: bytes, declared: str, extension: str, limits: Limits = _DEFAULT_LIMITS
    ) -> Diagnosis:
        """Return the diagnosis of a chunk as `doctor.diagnose` does. It blocks the thread."""
        seconds = limits.max_work_seconds * _REAL_SECONDS_PER_WORK_SECOND
        try:
            with self._borrowed(1) as (process,):
                asked = ("diagnose", data, declared, extension, limits)
                return cast(Diagnosis, _try_twice(partial(process.ask, seconds, *asked)))
        except AudioError as error:
            first = first_look(data, declared, extension, whole=True)
            return replace(first, findings=(broken(error),))

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

    def mp3(self, data: bytes, head: bytes, limits: Limits = _DEFAULT_LIMITS) -> tuple[bytes, bool]:
        """Return a chunk as `mp3_writer.mp3_of_chunk` does; empty if it can't be decoded."""
        seconds = limits.max_work_seconds * _REAL_SECONDS_PER_WORK_SECOND
        try:
            with self._borrowed(1) as (process,):
                asked = ("mp3", data, head, limits)
                return cast(tuple[bytes, bool], _try_twice(partial(process.ask, seconds, *asked)))
        except AudioError:
            return b"", False

    async def mp3_async(
        self, parts: Iterable[bytes], head: Iterable[bytes], limits: Limits = _DEFAULT_LIMITS
    ) -> tuple[bytes, bool]:
        """Return a chunk as MP3 frames without blocking the event loop."""
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.mp3(b"".join(parts), b"".join(head), limits))
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
        """Reserve an idle process; or several, if so many become idle soon."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._idle) >= min(wanted, self.count), _SECOND_PROCESS_SECONDS
            )
            self._changed.wait_for(lambda: self._idle)
            lent = [self._idle.pop() for _ in range(min(wanted, len(self._idle)))]
        try:
            yield lent
        finally:
            with self._changed:
                self._idle += lent
                self._changed.notify(len(lent))
