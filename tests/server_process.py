"""A mock in a process of its own, which a test can kill."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.support import PATIENCE, Mock


class ServerProcess:
    """One running `scribe-mock serve`."""

    def __init__(self, process):
        self.process = process
        self.mock = Mock(self._address())

    def _address(self):
        for line in self.process.stdout:
            if found := re.search(r"http://[0-9.]+:[0-9]+", line):
                return found[0]
        raise AssertionError("the server did not start")

    def kill(self):
        """End it without a chance to finish anything."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def peak_bytes(self):
        """The most memory that it has had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024


@contextmanager
def server_process(*options, limits=None):
    """A running ServerProcess on a free port; `limits` is called in it before it begins."""
    command = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0", "--quiet", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ, preexec_fn=limits
    ) as process:
        try:
            server = ServerProcess(process)
            try:
                yield server
            finally:
                server.mock.close()
        finally:
            process.kill()
