"""Which recording gets which decoding process, and when: short ones do not wait for long ones."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from scribe_mock.audio.decoding_process import DecodingProcess
from scribe_mock.audio.job import Job

# Seconds that a recording waits for a second process; an examination takes no longer.
_SECOND_PROCESS_SECONDS = 0.25


class Lending:
    """Lends decoding processes to jobs. Use it in threads.

    Long recordings get theirs in the order in which they came, and no short one takes a process for
    which a long one waits. Short ones have a process of their own besides.

    Args:
        processes: Those for all recordings.
        reserve: That for short ones alone.
    """

    def __init__(self, processes: Sequence[DecodingProcess], reserve: DecodingProcess) -> None:
        self._count = len(processes)
        self._reserve = reserve
        self._idle, self._idle_reserve = list(processes), [reserve]
        #: How long processes were lent, added up, in seconds.
        self.busy_seconds = 0.0
        self._changed = threading.Condition()
        self._long: deque[Job] = deque()

    @contextmanager
    def lent(self, job: Job, wanted: int, *, long: bool) -> Iterator[list[DecodingProcess]]:
        """Wait for an idle process; or for several, if so many become idle soon.

        Raises:
            GivenUp: nobody waits for the job any more.
            Overdue: its time is over.
        """
        job.when_given_up = self._wake
        with self._changed:
            processes = self._take_long(job, wanted) if long else self._take_short(job)
        began = time.perf_counter()
        try:
            yield processes
        finally:
            with self._changed:
                self.busy_seconds += (time.perf_counter() - began) * len(processes)
                for process in processes:
                    (self._idle_reserve if process is self._reserve else self._idle).append(process)
                self._changed.notify_all()

    def _take_long(self, job: Job, wanted: int) -> list[DecodingProcess]:
        wanted = min(wanted, self._count)
        self._long.append(job)
        try:
            self._wait(job, lambda: self._long[0] is job and bool(self._idle), job.seconds_left)
            job.check()
            self._wait(job, lambda: len(self._idle) >= wanted, _SECOND_PROCESS_SECONDS)
            job.check()
        finally:
            self._long.remove(job)
            self._changed.notify_all()
        return [self._idle.pop() for _ in range(min(wanted, len(self._idle)))]

    def _take_short(self, job: Job) -> list[DecodingProcess]:
        self._wait(job, self._has_for_short, job.seconds_left)
        job.check()
        free = [*([] if self._long else self._idle), *self._idle_reserve]
        # One that was ended takes half a second to start again.
        chosen = next((process for process in free if process.runs), free[0])
        (self._idle_reserve if chosen is self._reserve else self._idle).remove(chosen)
        return [chosen]

    def _has_for_short(self) -> bool:
        return bool(self._idle_reserve or (self._idle and not self._long))

    def _wait(self, job: Job, ready: Callable[[], bool], seconds: float) -> None:
        self._changed.wait_for(lambda: job.is_over or ready(), seconds)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
