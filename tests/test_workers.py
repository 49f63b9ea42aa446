"""Several processes on one port: started again, replaced one by one, and stopped."""

import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from scribe_mock.cli import main
from tests.redis_servers import redis_server
from tests.support import PATIENCE, TOKEN, WEBM, Mock, comes_true
from tests.test_cli import MODULE, started
from tests.test_metrics import scraped


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The options of a server with two processes."""
    with redis_server(tmp_path_factory.mktemp("redis")) as redis:
        yield ["--port", "0", "--quiet", "--workers", "2", "--store", redis.url]


def children(process):
    """The processes that another one has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process.pid and fields[0] != "Z":
                found.append(int(path.parent.name))
    return sorted(found)


class Clients:
    """Clients that send requests all the time, over kept connections and new ones."""

    def __init__(self, url):
        self._url = url
        self.failures = []
        self.count = 0
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(kept,)) for kept in (1, 1, 0)]

    def _ask(self, kept):
        limits = httpx.Limits(max_keepalive_connections=kept)
        with httpx.Client(base_url=self._url, headers=TOKEN, limits=limits, timeout=20) as client:
            while not self._done.is_set():
                try:
                    answer = client.post("/voice/v1/sessions", json={"upload_type": "chunked"})
                    path = f"/voice/v1/sessions/{answer.json()['session_id']}/audio/a_0.webm"
                    kind = {"Content-Type": WEBM}
                    client.post(path, content=b"x" * 10_000, headers=kind).raise_for_status()
                    self.count += 1
                except Exception as error:
                    self.failures.append(repr(error))
                # Sometimes as long as a connection is kept: that is when a server closes it.
                self._done.wait(0.005)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for thread in self._threads:
            thread.join()


def test_two_processes_serve_the_same_sessions_and_count_together(store):
    with started(*store) as server:
        assert "2 processes serve" in server.said
        comes_true(lambda: len(children(server.process)) == 2)
        mocks = [Mock(server.url) for _ in range(8)]
        session = mocks[0].create()
        for mock in mocks:
            assert mock.client.get(session.path).status_code in (200, 202)
        key = "requests_total", 'operation="getSession",status="202",code=""'
        assert comes_true(lambda: scraped(mocks[0]).get(key) == 8)
        ids = [mock.client.get(session.path).headers["X-Request-Id"] for mock in mocks]
        assert len(set(ids)) == len(ids)
        for mock in mocks:
            mock.close()
        assert server.stopped(signal.SIGTERM)[0] == 0


def test_no_request_fails_while_processes_are_replaced(store):
    with started(*store) as server:
        comes_true(lambda: len(children(server.process)) == 2)
        before = children(server.process)
        with Clients(server.url) as clients:
            server.process.send_signal(signal.SIGHUP)
            assert comes_true(lambda: not set(before) & set(children(server.process)))
            # One that is told to stop by hand leaves in the same way, and another one is started.
            os.kill(children(server.process)[0], signal.SIGTERM)
            now = children(server.process)
            assert comes_true(lambda: set(children(server.process)) - set(now))
            seen = clients.count
            assert comes_true(lambda: clients.count > seen + 20)
        assert clients.failures == []
        assert server.stopped(signal.SIGINT)[0] == 0


def test_a_process_that_is_killed_is_started_again(store):
    with started(*store) as server:
        assert comes_true(lambda: len(children(server.process)) == 2)
        mock = Mock(server.url)
        before = children(server.process)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert comes_true(lambda: len(set(children(server.process)) - set(before)) == 2)
        assert mock.create().upload().status_code == 200
        mock.close()
        code, log = server.stopped(signal.SIGTERM)
        assert code == 0
        assert len(re.findall(r"process \d+ ended by signal 9; another one is started", log)) == 2


def test_processes_end_with_the_one_that_started_them(store):
    with started(*store) as server:
        assert comes_true(lambda: len(children(server.process)) == 2)
        left = children(server.process)
        server.process.kill()
        assert comes_true(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))


def test_a_server_that_stops_says_so_first_and_finishes_what_it_has_begun(store):
    with started(*store, "--shutdown-seconds", "1") as server:
        mock = Mock(server.url)
        session = mock.create()
        with session.begin_upload() as wire:
            server.process.send_signal(signal.SIGTERM)
            ready = lambda: mock.bare.get("/_mock/ready").status_code  # noqa: E731
            assert comes_true(lambda: ready() == 503)
            wire.send(b"audio")
            answer = wire.response()
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        mock.close()
        began = time.monotonic()
        assert server.process.wait(PATIENCE) == 0
        assert time.monotonic() - began < 30


def test_it_can_be_stopped_while_processes_are_still_starting(store):
    with started(*store, "--workers", "4") as server:
        # The first one serves; the others are made one after the other.
        began = time.monotonic()
        assert server.stopped(signal.SIGTERM)[0] == 0
        assert time.monotonic() - began < 30


def test_a_start_that_fails_is_told_once(store, tmp_path):
    (tmp_path / "sessions.yaml").write_text("- no: session")
    command = [*MODULE, "serve", *store, "--fixtures", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.count("\n") == done.stderr.count(str(tmp_path)) == 1


@pytest.mark.parametrize("store", [[], ["--store", "sqlite:////tmp/x.db"]])
def test_more_than_one_process_needs_a_store_that_they_share(store, capsys):
    assert main(["serve", "--workers", "2", *store]) == 2
    assert "add --store redis://HOST:PORT" in capsys.readouterr().err


def test_without_the_store_a_server_lives_but_is_not_ready(tmp_path):
    with redis_server(tmp_path) as redis, started("--port", "0", "--store", redis.url) as server:
        mock = Mock(server.url)
        assert mock.bare.get("/_mock/ready").status_code == 204
        redis.kill()
        assert mock.bare.get("/_mock/ready").json()["error"]["code"] == "service_unavailable"
        assert mock.bare.get("/_mock/live").status_code == 204
        assert ("sessions", "") not in scraped(mock)
        redis.start()
        assert comes_true(lambda: mock.bare.get("/_mock/ready").status_code == 204)
        mock.close()
