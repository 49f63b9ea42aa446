"""One piece of work for the decoding processes: it has to end in time, and can be given up."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scribe_mock.audio.audio_errors import Overdue
from scribe_mock.audio.limits import Limits

_EXPECTED = "a recording that can be decoded"


class GivenUp(Exception):
    """Nobody waits for the work any more."""


class Job:
    """A piece of work, from the moment when it begins to wait for a process.

    Args:
        limits: How long it may take, with its wait.
    """

    def __init__(self, limits: Limits) -> None:
        self._until = time.monotonic() + limits.max_wait_seconds
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._is_given_up = False
        #: Called when it is given up; whoever lets it wait wakes it so.
        self.when_given_up: Callable[[], None] = lambda: None

    @property
    def seconds_left(self) -> float:
        """How many seconds it may still take."""
        return max(0.0, self._until - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether it was given up, or its time is over."""
        return self._is_given_up or not self.seconds_left

    def check(self) -> None:
        """Raise GivenUp if nobody waits for it, and Overdue if its time is over."""
        if self._is_given_up:
            raise GivenUp
        if not self.seconds_left:
            raise Overdue("a recording that keeps the decoder busy", _EXPECTED)

    def give_up(self) -> None:
        """Stop it: a process that works on it is ended. From any thread."""
        with self._lock:
            self._is_given_up = True
            self._kill()
        self.when_given_up()

    @contextmanager
    def done_by(self, child: subprocess.Popen[bytes]) -> Iterator[None]:
        """While a process works on it: that is ended when the job is given up or takes too long.

        Raises:
            GivenUp, Overdue: there is nothing to do any more.
        """
        with self._lock:
            self.check()
            self._children.add(child)
        timer = threading.Timer(self.seconds_left, self._run_out)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._children.discard(child)

    def _run_out(self) -> None:
        with self._lock:
            self._kill()

    def _kill(self) -> None:
        for child in self._children:
            child.kill()
