"""Mocks in processes of their own, which can be killed."""

import re
import subprocess
import sys
from contextlib import contextmanager

from tests.support import Mock


class ServedProcess(Mock):
    """A running `scribe-mock serve`.

    Args:
        options: Its options besides the port.
        limits: Called in the process before it begins.
    """

    def __init__(self, *options, limits=None):
        command = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0", "--quiet", *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=limits
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout
        super().__init__(self._address())

    def _address(self):
        for line in self.said:
            if found := re.search(r"API +(http\S+)/voice/v1", line):
                return found[1]
        raise AssertionError(f"it ended with exit code {self.process.wait()}")

    def kill(self):
        """End it as kill -9 does."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End it as a user does, and wait for it."""
        self.process.terminate()
        self.process.wait()


@contextmanager
def served_process(*options, **more):
    mock = ServedProcess(*options, **more)
    try:
        yield mock
    finally:
        mock.close()
        mock.kill()
        mock.said.close()
