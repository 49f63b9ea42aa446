"""One run of the client that is examined: a command in a process group of its own."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.gauntlet.evidence import Run

#: What is kept of the output: its end.
_MOST_BYTES = 256 * 1024
#: How long the output may stay open once the process has ended.
_DRAIN_SECONDS = 2.0


class Client:
    """Runs the command once.

    Args:
        command: The program and its arguments.
        environ: Its environment.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command = command
        self._environ = environ
        self._output = bytearray()
        self._killed = False
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; raises CannotRun."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise CannotRun(f"{self._command[0]} can't be started: {reason}.") from None
        self._reading = asyncio.create_task(self._read())

    async def wait(self, seconds: float) -> Run:
        """Wait for its end, for so many seconds at most; then its whole group is killed."""
        assert self._process is not None
        out_of_time = False
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            out_of_time = True
        finally:
            ended = None if self._killed else self._process.returncode
            self._kill_group()
            # When this is cancelled too: its transport has to end before the event loop does.
            await self._process.wait()
            await asyncio.wait({self._reading}, timeout=_DRAIN_SECONDS)
            self._reading.cancel()
        return Run(exit_code=ended, output=self._text(), out_of_time=out_of_time)

    def kill(self) -> None:
        """Kill it, and all programs that it started; it has no exit code then."""
        self._killed = True
        self._kill_group()

    def _kill_group(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while block := await self._process.stdout.read(16 * 1024):
            self._output += block
            del self._output[:-_MOST_BYTES]

    def _text(self) -> str:
        return self._output.decode("utf-8", "replace")
