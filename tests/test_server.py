"""`MockServer` and `create_app`, as a Python user has them."""

import asyncio
import json
import shutil
import socket
import threading
from functools import partial

import httpx
import pytest

from scribe_mock import MockServer, Settings, create_app
from scribe_mock.errors import AddressError, FixtureError, SpecError
from scribe_mock.server.gateway import Gateway
from scribe_mock.server.observation import Observation
from scribe_mock.steering.metrics import Metrics
from tests.support import ROOT, TOKEN

QUIET = Settings(port=0, quiet=True)


def ours():
    """Threads that serve a mock."""
    return [thread for thread in threading.enumerate() if thread.name == "scribe-mock"]


def test_a_server_runs_as_long_as_its_block():
    before = ours()
    with MockServer(QUIET) as server:
        assert len(ours()) == len(before) + 1
        assert server.base_url == f"{server.url}/voice/v1"
        discovery = httpx.get(f"{server.base_url}/.well-known/medscribealliance", trust_env=False)
        assert discovery.json()["endpoints"]["base_url"] == server.base_url
    assert ours() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)


def test_a_server_without_settings_takes_a_free_port():
    with MockServer() as one, MockServer() as two:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != two.url


def test_a_server_ends_when_its_block_fails():
    before = ours()
    with pytest.raises(ZeroDivisionError), MockServer(QUIET):
        raise ZeroDivisionError
    assert ours() == before


@pytest.fixture
def too_large_fixtures(tmp_path):
    """Fixtures that are in order, but whose session has more data than 10,000 bytes."""
    shutil.copytree(ROOT / "fixtures" / "scenarios", tmp_path / "scenarios")
    seed = {"session_id": "a-session-too-large", "state": "created", "upload_type": "chunked"}
    seeds = [seed | {"additional_data": {"text": "x" * 20_000}}]
    (tmp_path / "sessions.yaml").write_text(json.dumps(seeds))
    return tmp_path


def test_a_server_that_fails_to_start_frees_its_port(too_large_fixtures):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(port=port, quiet=True, fixtures=too_large_fixtures, max_memory=10_000)
    with pytest.raises(RuntimeError, match="did not start"), MockServer(settings):
        pass
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))


def test_two_servers_in_one_process_share_nothing(serve):
    one, two = serve(), serve(token=("good",), scenario="failed")
    guarded = {"Authorization": "Bearer good"}
    session = one.create(session_id="one-id-on-both-of-them")
    session.store("a_0.webm")
    two.client.headers.update(guarded)
    other = two.create(session_id="one-id-on-both-of-them")
    assert other.names() == []
    one.advance(7200)
    assert session.get().json()["status"] == "expired"
    assert other.get().json()["status"] == "created"
    one.control("POST", "/reset")
    assert other.process_to_the_end().json()["status"] == "failed"
    assert one.bare.get("/_mock/health").status_code == 200
    assert two.bare.get("/_mock/health").status_code == 401


def test_a_port_that_is_taken_is_an_error_that_says_so():
    before = ours()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=str(port)), MockServer(Settings(port=port)):
            pass
    assert ours() == before


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_the_address_is_one_that_clients_can_use(host):
    with MockServer(Settings(port=0, quiet=True, host=host)) as server:
        assert httpx.get(f"{server.url}/_mock/health", trust_env=False).status_code == 200


def test_a_broken_file_is_an_error_before_anything_runs(tmp_path):
    before = ours()
    with pytest.raises(FixtureError), MockServer(Settings(port=0, fixtures=tmp_path)):
        pass
    with pytest.raises(SpecError), MockServer(Settings(port=0, spec=tmp_path / "gone.yaml")):
        pass
    assert ours() == before


def test_the_app_serves_under_any_asgi_server_even_without_lifespan():
    async def talk():
        transport = httpx.ASGITransport(create_app(QUIET))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            seeded = await client.get("/voice/v1/sessions/demo_session_completed", headers=TOKEN)
            created = await client.post(
                "/voice/v1/sessions", headers=TOKEN, json={"upload_type": "chunked"}
            )
            upload = await client.post(
                f"/voice/v1/sessions/{created.json()['session_id']}/audio/a_0.webm",
                headers=TOKEN,
                content=b"audio",
            )
            lost = await client.get("/nowhere")
        return [answer.status_code for answer in (seeded, created, upload, lost)]

    assert asyncio.run(talk()) == [200, 201, 200, 404]


def test_what_runs_beside_the_server_is_ended_when_it_is_told_to_stop_twice():
    happened = []

    async def note(what):
        happened.append(what)

    async def never(scope, receive, send):
        raise AssertionError(scope)

    async def live_and_be_cancelled():
        told: asyncio.Queue = asyncio.Queue()
        started = asyncio.Event()
        gateway = Gateway(
            {"": never},
            streams=never,
            start=partial(note, "start"),
            stop=partial(note, "stop"),
            recorder=None,
            observation=Observation(Metrics({}, float), None),
        )

        async def send(message):
            started.set()

        told.put_nowait({"type": "lifespan.startup"})
        living = asyncio.create_task(gateway({"type": "lifespan"}, told.get, send))
        await started.wait()
        living.cancel()
        await asyncio.wait({living})

    asyncio.run(live_and_be_cancelled())
    assert happened == ["start", "stop"]


def test_what_an_open_inspector_asks_for_itself_is_not_logged(caplog):
    own = {"Sec-Fetch-Site": "same-origin"}
    with (
        caplog.at_level("INFO", logger="scribe_mock.requests"),
        MockServer(Settings(port=0)) as server,
    ):
        httpx.get(f"{server.url}/_mock/overview", headers=own, trust_env=False)
        httpx.get(f"{server.url}/voice/v1/nowhere", headers=own, trust_env=False)
        httpx.get(f"{server.url}/_mock/health", trust_env=False)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[1] for line in lines] == ["/voice/v1/nowhere", "/_mock/health"]


def test_requests_are_logged_unless_it_is_to_be_quiet(caplog):
    with caplog.at_level("INFO", logger="scribe_mock.requests"):
        for quiet in (True, False):
            with MockServer(Settings(port=0, quiet=quiet)) as server:
                httpx.get(f"{server.url}/nowhere%0Ato%20be", trust_env=False)
    lines = [record.getMessage() for record in caplog.records if "nowhere" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith("GET /nowhere%0Ato%20be 404 not_found ")
