"""One decoding process, as the server sees it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import Any, NoReturn

from scribe_mock.audio.audio_errors import ERRORS, TooMuchWork, WorkerLost
from scribe_mock.audio.job import Job
from scribe_mock.audio.worker_messages import read_message, write_message

_EXPECTED = "a recording that can be decoded"
_STOPPING = "a recording that was not decoded, since the server stops"
# The child process gets the import path of this one, so that it imports the same package.
_BOOT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from scribe_mock.audio.worker_process import main; main()"
)


class DecodingProcess:
    """One decoding process. It is started when it is needed, and again after it ended."""

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    @property
    def process_id(self) -> int | None:
        """The id of its process, if that was started."""
        child = self._child
        return None if child is None else child.pid

    @property
    def runs(self) -> bool:
        """Whether it can begin at once."""
        child = self._child
        return child is not None and child.poll() is None

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

    def ask(self, job: Job, name: str, *arguments: Any) -> Any:
        """Return the answer to a request.

        Raises:
            AudioError: what the process found wrong with the audio.
            TooMuchWork: its processor time was used up.
            Overdue: the time of the job was over before there was an answer.
            WorkerLost: it ended without an answer.
            GivenUp: nobody waits for the answer any more.
        """
        self.start()
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise WorkerLost(_STOPPING, _EXPECTED)
        with job.done_by(child):
            try:
                write_message(child.stdin, (name, arguments))  # type: ignore[arg-type]
                fine, value = read_message(child.stdout)  # type: ignore[arg-type]
            except (EOFError, OSError, ValueError):  # ValueError: `end` closed the pipes
                self.close()
                self._say_why(job, child)
        if not fine:
            code, found, expected = value
            raise ERRORS[code](found, expected)
        return value

    def _say_why(self, job: Job, child: subprocess.Popen[bytes]) -> NoReturn:
        """Raise what ended the process during a request."""
        job.check()
        if _used_up(child):
            raise TooMuchWork("a recording that keeps the decoder busy", _EXPECTED) from None
        raise WorkerLost("a recording on which the decoder crashed", _EXPECTED) from None

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
