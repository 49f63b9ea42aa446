"""The decoding processes, and the division of long recordings between two of them."""

import asyncio
import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from scribe_mock.audio.audio_errors import AudioError, WorkerLost
from scribe_mock.audio.decoding_process import DecodingProcess
from scribe_mock.audio.findings import broken
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.job import Job
from scribe_mock.audio.lending import Lending
from scribe_mock.audio.limits import LONG_BYTES, Limits
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.errors import ServiceUnavailable
from scribe_mock.sessions.diagnosis import Diagnosis

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison

T = TypeVar("T")

_DEFAULT_LIMITS = Limits()
# Files of at least so many bytes are divided; with smaller ones that would not be faster.
_WORTH_DIVIDING = 200_000


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

    The methods of a recording block their thread; those named `…_async` do not block the event
    loop. When such a call is cancelled, its recording is decoded no further.

    Args:
        count: number of processes; None means one for each processor core. One more is for short
            recordings alone.
        niceness: what is added to their niceness, 0 to 19; long recordings have 19.
        most_waiting: the most recordings that are decoded or wait for it in the event loop.
    """

    def __init__(self, count: int | None = None, niceness: int = 5, most_waiting: int = 64) -> None:
        self.count = max(1, count or os.cpu_count() or 1)
        self._processes = [DecodingProcess(niceness) for _ in range(self.count)]
        reserve = DecodingProcess(niceness)
        self._lending = Lending(self._processes, reserve)
        self._long_threads = ThreadPoolExecutor(self.count, "long audio")
        self._short_threads = ThreadPoolExecutor(self.count + 1, "audio")
        self._most_waiting, self._waiting = most_waiting, 0
        #: The bytes of the recordings that are decoded or wait for it in the event loop.
        self.bytes = 0
        self._all = [*self._processes, reserve]
        # An app that is served without the lifespan protocol never calls close().
        weakref.finalize(self, _end_all, self._all)

    @property
    def busy_seconds(self) -> float:
        """How long processes were busy, added up, in seconds."""
        return self._lending.busy_seconds

    @property
    def process_ids(self) -> list[int]:
        """The ids of the processes that run."""
        found = (process.process_id for process in self._all)
        return [process_id for process_id in found if process_id is not None]

    def start(self) -> Self:
        """Start the processes now, instead of with the first recording."""
        for process in self._all:
            process.start()
        return self

    def close(self) -> None:
        """End the processes and wait for them."""
        _end_all(self._all)
        for threads in (self._long_threads, self._short_threads):
            threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def split(
        self,
        data: bytes,
        media_type: str,
        limits: Limits = _DEFAULT_LIMITS,
        job: Job | None = None,
    ) -> list[RecordingChunk]:
        """Return the chunks of a recording as `split.split` does.

        Raises:
            AudioError: it can't be used; the message says why.
        """
        job = job or Job(limits)
        wanted = 2 if len(data) >= _WORTH_DIVIDING else 1
        with self._lending.lent(job, wanted, long=len(data) >= LONG_BYTES) as processes:
            if len(processes) == 1:
                work = partial(processes[0].ask, job, "split", data, media_type, limits)
            else:
                work = partial(self._divided, processes, job, data, media_type, limits)
            return cast(list[RecordingChunk], _try_twice(work))

    async def split_async(
        self, parts: Iterable[bytes], media_type: str, limits: Limits = _DEFAULT_LIMITS
    ) -> list[RecordingChunk]:
        """Return the chunks of a recording.

        The parts are joined when a thread is free, so that recordings that wait are in memory once.

        Raises:
            AudioError: it can't be used; the message says why.
            ServiceUnavailable: too many recordings wait.
        """
        return await self._in_thread(
            limits,
            _size(parts),
            lambda job: self.split(b"".join(parts), media_type, limits, job),
            sheds=True,
        )

    def diagnose(
        self,
        data: bytes,
        declared: str,
        extension: str,
        limits: Limits = _DEFAULT_LIMITS,
        job: Job | None = None,
    ) -> Diagnosis:
        """Return the diagnosis of a chunk as `doctor.diagnose` does."""
        asked = ("diagnose", data, declared, extension, limits)
        try:
            return cast(Diagnosis, self._asked_twice(limits, job, *asked))
        except AudioError as error:
            first = first_look(data, declared, extension, whole=True)
            return replace(first, findings=(broken(error),))

    async def diagnose_async(
        self,
        parts: Iterable[bytes],
        declared: str,
        extension: str,
        limits: Limits = _DEFAULT_LIMITS,
        *,
        sheds: bool = False,
    ) -> Diagnosis:
        """Return the diagnosis of a chunk.

        Raises:
            ServiceUnavailable: too many recordings wait, and this one `sheds`.
        """
        return await self._in_thread(
            limits,
            _size(parts),
            lambda job: self.diagnose(b"".join(parts), declared, extension, limits, job),
            sheds=sheds,
        )

    def mp3(
        self, data: bytes, head: bytes, limits: Limits = _DEFAULT_LIMITS, job: Job | None = None
    ) -> tuple[bytes, bool]:
        """Return a chunk as `mp3_writer.mp3_of_chunk` does; empty if it can't be decoded."""
        asked = ("mp3", data, head, limits)
        try:
            return cast(tuple[bytes, bool], self._asked_twice(limits, job, *asked))
        except AudioError:
            return b"", False

    async def mp3_async(
        self, parts: Iterable[bytes], head: Iterable[bytes], limits: Limits = _DEFAULT_LIMITS
    ) -> tuple[bytes, bool]:
        """Return a chunk as MP3 frames."""
        return await self._in_thread(
            limits,
            _size(parts),
            lambda job: self.mp3(b"".join(parts), b"".join(head), limits, job),
        )

    def fingerprint(
        self,
        data: bytes,
        head: bytes = b"",
        limits: Limits = _DEFAULT_LIMITS,
        job: Job | None = None,
    ) -> PackedFingerprint:
        """Return the fingerprint of a recording as `packing.packed_fingerprint` does.

        Raises:
            AudioError: it can't be decoded, by itself or after the head.
        """
        asked = ("fingerprint", data, head, limits)
        return cast(PackedFingerprint, self._asked_twice(limits, job, *asked))

    async def fingerprint_async(
        self,
        parts: Iterable[bytes],
        head: Iterable[bytes] = (),
        limits: Limits = _DEFAULT_LIMITS,
    ) -> PackedFingerprint:
        """Return the fingerprint of a recording.

        Raises:
            AudioError: it can't be decoded, by itself or after the head.
        """
        return await self._in_thread(
            limits,
            _size(parts),
            lambda job: self.fingerprint(b"".join(parts), b"".join(head), limits, job),
        )

    def compare(
        self,
        reference: PackedFingerprint,
        pieces: Sequence[PackedPiece],
        limits: Limits = _DEFAULT_LIMITS,
        job: Job | None = None,
    ) -> "Comparison":
        """Return what became of a reference as `comparison.compare` does.

        Raises:
            AudioError: it takes too much work.
        """
        asked = ("compare", reference.data, tuple(pieces), limits)
        return cast("Comparison", self._asked_twice(limits, job, *asked))

    async def compare_async(
        self,
        reference: PackedFingerprint,
        pieces: Sequence[PackedPiece],
        limits: Limits = _DEFAULT_LIMITS,
    ) -> "Comparison":
        """Return what became of a reference.

        Raises:
            AudioError: it takes too much work.
        """
        size = len(reference.data)
        return await self._in_thread(
            limits, size, lambda job: self.compare(reference, pieces, limits, job)
        )

    async def _in_thread(
        self, limits: Limits, size: int, work: Callable[[Job], T], *, sheds: bool = False
    ) -> T:
        """Work in a thread; a call that is cancelled ends the process that works for it.

        What clients upload `sheds`: it is refused when too much of it waits.
        """
        if sheds and self._waiting >= self._most_waiting:
            raise ServiceUnavailable(
                f"{self._waiting} recordings are being decoded or wait for it. Send this one again "
                "later, or start the mock with a larger --max-recordings."
            )
        threads = self._long_threads if size >= LONG_BYTES else self._short_threads
        job = Job(limits)
        self._waiting += sheds
        self.bytes += size
        try:
            return await asyncio.wrap_future(threads.submit(work, job))
        except asyncio.CancelledError:
            job.give_up()
            raise
        finally:
            self._waiting -= sheds
            self.bytes -= size

    def _asked_twice(
        self, limits: Limits, job: Job | None, name: str, data: bytes, *more: Any
    ) -> Any:
        """Ask one process, and once more if it ended; raises AudioError."""
        job = job or Job(limits)
        with self._lending.lent(job, 1, long=len(data) >= LONG_BYTES) as (process,):
            return _try_twice(partial(process.ask, job, name, data, *more))

    def _divided(
        self,
        processes: list[DecodingProcess],
        job: Job,
        data: bytes,
        media_type: str,
        limits: Limits,
    ) -> Any:
        first, second = processes
        with ThreadPoolExecutor(1) as thread:
            later = thread.submit(second.ask, job, "analyse", data, media_type, limits, 1, 2)
            first.ask(job, "analyse", data, media_type, limits, 0, 2)
            analysis = later.result()
        return first.ask(job, "assemble", [analysis])


def _size(parts: Iterable[bytes]) -> int:
    return sum(map(len, parts))
