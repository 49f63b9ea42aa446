"""What was acknowledged is there, bit for bit, whatever ends or hangs in the middle of uploads.

`FAULT_UPLOADS=1000` makes each test send so many.
"""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.redis_servers import redis_server
from tests.server_process import server_process
from tests.support import ApiSession, comes_true, noise, refusal
from tests.tcp_proxy import tcp_proxy

UPLOADS = int(os.environ.get("FAULT_UPLOADS", "200"))
#: How many sessions they go to, and at the same time.
SESSIONS, AT_ONCE = 8, 16
#: Small ones are sent with their chunk, large ones in parts as they arrive.
SIZES = (1000, 65_536, 300_000)


@pytest.fixture
def stack():
    with ExitStack() as found:
        yield found


@pytest.fixture
def redis(stack, tmp_path):
    """A Redis that has on its disk what it is told before it answers.

    With `everysec` it may answer up to two seconds before it writes, while the disk is busy.
    """
    options = ("--appendonly", "yes", "--appendfsync", "always")
    return stack.enter_context(redis_server(tmp_path, *options))


@pytest.fixture
def serve(stack):
    """A factory of servers with this address of Redis."""
    return lambda url: stack.enter_context(server_process("--store", url))


def content(number):
    return noise(SIZES[number % len(SIZES)], number)


def after(count, done, disturb):
    """A thread that disturbs once so many uploads are done."""
    until = lambda: comes_true(lambda: len(done) >= count) and disturb()  # noqa: E731
    thread = threading.Thread(target=until)
    thread.start()
    return thread


def uploads(mocks, sessions, disturb):
    """Upload everything, each once; the numbers that were acknowledged, and statuses of others."""
    done: list[int] = []
    kept, refused = [], []

    def upload(number):
        mock = mocks[number % len(mocks)]
        session = ApiSession(mock, sessions[number % SESSIONS].id)
        try:
            response = session.upload(f"a_{number}.webm", content(number))
        except httpx.TransportError:
            refused.append("broken")
        else:
            if response.status_code == 200:
                kept.append(number)
            else:
                refused.append(refusal(response))
        done.append(number)

    thread = after(UPLOADS // 4, done, disturb)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(upload, range(UPLOADS)))
    thread.join()
    return kept, refused


def check(mock, sessions, kept):
    """What was acknowledged is stored, and what is stored is as it was sent."""
    stored = set()
    assert comes_true(lambda: ApiSession(mock, sessions[0].id).get().status_code == 202)
    for session in sessions:
        session = ApiSession(mock, session.id)
        for name in session.names():
            number = int(name.partition(".")[0])
            assert session.chunk(name).content == content(number)
            stored.add(number)
    assert set(kept) <= stored
    return stored


def made(mock):
    return [mock.create() for _ in range(SESSIONS)]


def test_a_server_that_is_killed_loses_nothing(redis, serve):
    first, second = serve(redis.url), serve(redis.url)
    sessions = made(second.mock)
    kept, refused = uploads([first.mock, second.mock], sessions, first.kill)
    assert set(refused) == {"broken"}
    assert len(kept) >= UPLOADS // 2
    check(second.mock, sessions, kept)


def test_a_redis_that_is_killed_and_started_again_has_it_all(redis, serve):
    servers = [serve(redis.url), serve(redis.url)]
    mocks = [server.mock for server in servers]
    sessions = made(mocks[0])

    def restart():
        redis.kill()
        time.sleep(0.3)
        redis.start()

    kept, refused = uploads(mocks, sessions, restart)
    assert set(refused) <= {(503, "service_unavailable")}
    check(mocks[1], sessions, kept)
    assert kept


def test_a_redis_that_hangs_loses_nothing(redis, serve):
    server = serve(redis.url)
    sessions = made(server.mock)

    def hang():
        redis.pause()
        time.sleep(2)
        redis.resume()

    kept, refused = uploads([server.mock], sessions, hang)
    assert set(refused) == {(503, "service_unavailable")}
    check(server.mock, sessions, kept)


def test_a_network_that_is_cut_loses_nothing(redis, serve, stack):
    proxy = stack.enter_context(tcp_proxy(redis.port))
    server, beside = serve(f"redis://127.0.0.1:{proxy.port}"), serve(redis.url)
    sessions = made(server.mock)

    def cut():
        proxy.cut()
        time.sleep(0.3)
        proxy.heal()

    kept, refused = uploads([server.mock], sessions, cut)
    assert set(refused) <= {(503, "service_unavailable")}
    assert check(server.mock, sessions, kept) == check(beside.mock, sessions, kept)


# What a client is told meanwhile


def timed(call):
    began = time.monotonic()
    return call(), time.monotonic() - began


@pytest.mark.parametrize("away", ["pause", "kill"])
def test_requests_are_refused_in_time_while_redis_is_away(redis, serve, away):
    mock = serve(redis.url).mock
    session = mock.create()
    session.store("a_0.webm")
    getattr(redis, away)()
    calls = [
        session.upload,
        lambda: mock.client.post("/sessions", json={"upload_type": "chunked"}),
    ]
    for call in calls:
        response, seconds = timed(call)
        assert refusal(response) == (503, "service_unavailable")
        assert response.headers["retry-after"] == "1"
        assert seconds < 2
    health, seconds = timed(lambda: mock.control("GET", "/health"))
    assert seconds < 2
    assert health["status"] == "store_unreachable"
    assert health["store"] == {"kind": "redis", "reachable": False}
    assert health["sessions"] is None
    if away == "pause":
        redis.resume()
    else:
        redis.start()
    assert comes_true(lambda: session.get().status_code == 202), session.get().text
    assert mock.control("GET", "/health")["status"] == "ok"
    assert session.names() == ["0.webm"]
    session.store("a_1.webm")
