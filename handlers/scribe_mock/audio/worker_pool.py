"""The decoding processes, and the division of long recordings between two of them."""

import asyncio
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from scribe_mock.audio.audio_errors import AudioError, WorkerLost
from scribe_mock.audio.decoding_process import DecodingProcess
from scribe_mock.audio.findings import broken
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.sessions.diagnosis import Diagnosis

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison

_DEFAULT_LIMITS = Limits()
# Files of at least so many bytes are divided; with smaller ones that would not be faster.
_WORTH_DIVIDING = 200_000
# Seconds that a recording waits for a second process; an examination takes no longer.
_SECOND_PROCESS_SECONDS = 0.25
# Real seconds for each second of processor time before a process is ended as hung. They are many,
# since the process has a low priority.
_REAL_SECONDS_PER_WORK_SECOND = 10.0


def _try_twice(work: Callable[[], Any]) -> Any:
    """Work once more if the process ended, since the recording need not be the cause."""
    try:
        return work()
    except WorkerLost:
        return work()


def _end_all(processes: list[DecodingProcess]) -> None:
    for process in processes:
        process.end()


class AudioWorkers:
    """Decodes recordings in processes of low priority, so that the server stays quick.

    Args:
        count: number of processes; None means one for each processor core.
        niceness: what is added to their niceness, 0 to 19; long recordings have 19.
    """

    def __init__(self, count: int | None = None, niceness: int = 5) -> None:
        self.count = max(1, count or os.cpu_count() or 1)
        self._processes = [DecodingProcess(niceness) for _ in range(self.count)]
        self._idle = list(self._processes)
        self._changed = threading.Condition()
        #: How long processes were busy, added up, in seconds.
        self.busy_seconds = 0.0
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
        asked = ("diagnose", data, declared, extension, limits)
        try:
            return cast(Diagnosis, self._asked_twice(limits, *asked))
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
        try:
            return cast(tuple[bytes, bool], self._asked_twice(limits, "mp3", data, head, limits))
        except AudioError:
            return b"", False

    async def mp3_async(
        self, parts: Iterable[bytes], head: Iterable[bytes], limits: Limits = _DEFAULT_LIMITS
    ) -> tuple[bytes, bool]:
        """Return a chunk as MP3 frames without blocking the event loop."""
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.mp3(b"".join(parts), b"".join(head), limits))
        )

    def fingerprint(
        self, data: bytes, head: bytes = b"", limits: Limits = _DEFAULT_LIMITS
    ) -> PackedFingerprint:
        """Return the fingerprint of a recording as `packing.packed_fingerprint` does.

        It blocks the thread.

        Raises:
            AudioError: it can't be decoded, by itself or after the head.
        """
        asked = ("fingerprint", data, head, limits)
        return cast(PackedFingerprint, self._asked_twice(limits, *asked))

    async def fingerprint_async(
        self,
        parts: Iterable[bytes],
        head: Iterable[bytes] = (),
        limits: Limits = _DEFAULT_LIMITS,
    ) -> PackedFingerprint:
        """Return the fingerprint of a recording without blocking the event loop.

        Raises:
            AudioError: it can't be decoded, by itself or after the head.
        """
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.fingerprint(b"".join(parts), b"".join(head), limits))
        )

    def compare(
        self,
        reference: PackedFingerprint,
        pieces: Sequence[PackedPiece],
        limits: Limits = _DEFAULT_LIMITS,
    ) -> "Comparison":
        """Return what became of a reference as `comparison.compare` does. It blocks the thread.

        Raises:
            AudioError: it takes too much work.
        """
        asked = ("compare", reference.data, tuple(pieces), limits)
        return cast("Comparison", self._asked_twice(limits, *asked))

    async def compare_async(
        self,
        reference: PackedFingerprint,
        pieces: Sequence[PackedPiece],
        limits: Limits = _DEFAULT_LIMITS,
    ) -> "Comparison":
        """Return what became of a reference without blocking the event loop.

        Raises:
            AudioError: it takes too much work.
        """
        return await asyncio.wrap_future(
            self._threads.submit(lambda: self.compare(reference, pieces, limits))
        )

    def _asked_twice(self, limits: Limits, name: str, *arguments: Any) -> Any:
        """Ask one process, and once more if it ended; raises AudioError."""
        seconds = limits.max_work_seconds * _REAL_SECONDS_PER_WORK_SECOND
        with self._borrowed(1) as (process,):
            return _try_twice(partial(process.ask, seconds, name, *arguments))

    def _divided(
        self,
        processes: list[DecodingProcess],
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
    def _borrowed(self, wanted: int) -> Iterator[list[DecodingProcess]]:
        """Reserve an idle process; or several, if so many become idle soon."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._idle) >= min(wanted, self.count), _SECOND_PROCESS_SECONDS
            )
            self._changed.wait_for(lambda: self._idle)
            lent = [self._idle.pop() for _ in range(min(wanted, len(self._idle)))]
        began = time.perf_counter()
        try:
            yield lent
        finally:
            with self._changed:
                self.busy_seconds += (time.perf_counter() - began) * len(lent)
                self._idle += lent
                self._changed.notify(len(lent))
