"""The process that decodes: reads requests on its standard input, answers on its standard output.

A decoder that crashes, hangs or needs too much memory ends this process and not the server. Its low
priority leaves processor time to the server. Long recordings have the lowest priority. Others do
not, since the lowest priority waits for every other program: with four busy ones, a recording of
five seconds took nine.
"""

import math
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from scribe_mock.audio.alignment.packing import compare_packed, packed_fingerprint
from scribe_mock.audio.audio_errors import AudioError, DamagedAudio, WorkerLost
from scribe_mock.audio.containers.reading import open_track
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.limits import LONG_BYTES, Budget, Limits
from scribe_mock.audio.mp3_writer import mp3_of_chunk
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.split import Analysis, analyse, assemble, split
from scribe_mock.audio.track import Track
from scribe_mock.audio.worker_messages import read_message, write_message

#: Address space that one process may use, in bytes.
MEMORY_LIMIT = 2 << 30

#: What is added to the niceness for long recordings: the result is 19, the lowest priority.
_LONG_NICENESS = 19
_EXPECTED = "a recording that can be decoded"


#: What answers a request by its name alone.
_WORK: dict[str, Callable[..., Any]] = {
    "split": split,
    "diagnose": diagnose,
    "mp3": mp3_of_chunk,
    "fingerprint": packed_fingerprint,
    "compare": compare_packed,
}


class Worker:
    """Answers requests one after the other. Between `analyse` and `assemble` it holds the track."""

    def __init__(self) -> None:
        self._track: Track | None = None
        self._analysis: Analysis | None = None

    def is_long(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Whether a request is about a long recording."""
        if name == "assemble":
            return self._track is not None and len(self._track.payload) >= LONG_BYTES
        return len(arguments[0]) >= LONG_BYTES

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Return the answer to a request; the names are those in `_WORK`, and two more."""
        if name == "analyse":
            return self._analyse(*arguments)
        if name == "assemble":
            return self._assemble(*arguments)
        return _WORK[name](*arguments)

    def _analyse(
        self, data: bytes, media_type: str, limits: Limits, part: int, parts: int
    ) -> Analysis | None:
        budget = Budget(limits)
        track = open_track(data, media_type, budget)
        analysis = analyse(track, budget, part, parts)
        if part:
            return analysis
        self._track, self._analysis = track, analysis
        return None

    def _assemble(self, others: list[Analysis]) -> list[RecordingChunk]:
        track, first = self._track, self._analysis
        if track is None or first is None:
            raise WorkerLost("a recording whose analysis was lost", _EXPECTED)
        self._track = self._analysis = None
        return assemble(track, [first, *others])


def _answer_or_error(worker: Worker, name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Return (True, answer), or (False, (code, found, expected)) of an AudioError."""
    try:
        return True, worker.answer(name, arguments)
    except AudioError as error:
        return False, (error.code, error.found, error.expected)
    except MemoryError:
        return False, (DamagedAudio.code, "a file that needs too much memory", _EXPECTED)
    except Exception as error:  # whatever the bytes cause, the process continues
        return False, (DamagedAudio.code, f"a file that can't be read ({error!r:.80})", _EXPECTED)


def _at_lowest_priority(work: Callable[[], Any]) -> Any:
    """Work in another thread: on Linux its low priority ends together with it."""
    if sys.platform == "win32":
        return work()
    with ThreadPoolExecutor(1, initializer=os.nice, initargs=(_LONG_NICENESS,)) as thread:
        return thread.submit(work).result()


def _limit_work(limits: Limits) -> None:
    """End this process when a recording needs too much time in code that checks no budget."""
    if sys.platform == "win32":
        return
    import resource

    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = math.ceil(used + limits.max_work_seconds) + 1
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _restrict(niceness: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    import resource

    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def main() -> None:
    """Answer requests until the other side closes the pipe."""
    _restrict(int(sys.argv[1]))
    # Opened first: if the process has no standard error, this becomes its file descriptor 2.
    null = os.open(os.devnull, os.O_WRONLY)
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(null, sys.stdout.fileno())
    worker = Worker()
    while True:
        try:
            name, arguments = read_message(requests)
            for limits in arguments:
                if isinstance(limits, Limits):
                    _limit_work(limits)
            work = partial(_answer_or_error, worker, name, arguments)
            long = worker.is_long(name, arguments)
            write_message(answers, _at_lowest_priority(work) if long else work())
        except (EOFError, BrokenPipeError):
            return


if __name__ == "__main__":
    main()
