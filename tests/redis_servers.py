"""A Redis for tests: on a free port, with a folder of its own.

`python -m tests.redis_servers pytest tests/test_uploads.py` runs tests whose mocks all use one.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support import PATIENCE, matched


def require_redis():
    """Skip a test where there is no redis-server; fail in CI, which installs one."""
    if shutil.which("redis-server") is None:
        text = "redis-server is not installed: apt-get install redis-server"
        assert not os.environ.get("CI"), text
        pytest.skip(text)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class RedisServer:
    """One redis-server that a test can stop, start again, and pause.

    Args:
        folder: Where it writes.
        options: More of its options.
    """

    def __init__(self, folder, *options):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._command = ["redis-server", "--port", str(self.port), "--dir", str(folder)]
        self._command += ["--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", *options]
        self._process: Any = None

    def start(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        with redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0)) as client:
            while time.monotonic() < until:
                with suppress(redis.ConnectionError):
                    # Another program may have taken the port of one that was killed.
                    assert client.info("server")["process_id"] == self._process.pid
                    return
                assert self._process.poll() is None, "redis-server did not start"
                time.sleep(0.01)
        raise AssertionError("redis-server does not answer")

    def kill(self):
        """End it without a chance to write anything."""
        self.resume()
        self._process.kill()
        self._process.wait()

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)


def version(command):
    """The version of a server, such as (7, 0, 15)."""
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, matched(r"(?<=v=)[0-9.]+", said.stdout).split(".")))


def require_version(least):
    """Skip a test where redis-server is older."""
    if version("redis-server") < tuple(map(int, least.split("."))):
        pytest.skip(f"it needs redis-server {least} or newer on the PATH")


@contextmanager
def redis_server(folder, *options, least="0"):
    """A running RedisServer of this version or a newer one."""
    require_redis()
    require_version(least)
    server = RedisServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own, redis_server(own) as running:
        found = subprocess.run(sys.argv[1:], env=os.environ | {"TEST_REDIS": running.url})
    sys.exit(found.returncode)
