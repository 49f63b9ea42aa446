"""The control API for those who watch: the overview, waiting for a change, and who may ask."""

import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from scribe_mock import MockServer, Settings
from tests.support import PATIENCE, Wire

TOKEN = {"Authorization": "Bearer any"}
#: Less than the 25 seconds after which whoever waits is answered anyhow.
SOON = 20


@pytest.fixture(scope="module")
def server():
    with MockServer(Settings(port=0, quiet=True, processing_seconds=0)) as server:
        yield server


@pytest.fixture
def mock(server):
    """A server that is as good as new."""
    httpx.post(f"{server.url}/_mock/reset", verify=False).raise_for_status()
    return server


@pytest.fixture(scope="module")
def guarded():
    """A server with a token."""
    with MockServer(Settings(port=0, quiet=True, token=("secret",))) as server:
        yield server


@pytest.fixture(scope="module")
def held_to_the_spec():
    """A server that compares its answers with the spec."""
    with MockServer(validate_responses=True) as server:
        yield server


@pytest.fixture
def client(mock):
    with httpx.Client(base_url=mock.url, headers=TOKEN, timeout=PATIENCE, verify=False) as client:
        yield client


def overview(client, **query):
    return client.get("/_mock/overview", params=query).json()


def test_the_overview_has_the_newest_first(client):
    client.post("/voice/v1/sessions", json={"session_id": "x" * 16, "upload_type": "chunked"})
    client.post(f"/voice/v1/sessions/{'x' * 16}/audio/a_0.wav", content=b"12345")
    line = overview(client)["sessions"][0]
    assert line["session_id"] == "x" * 16
    assert (line["status"], line["chunks"], line["bytes"]) == ("recording", 1, 5)
    assert line["last_received_at"] >= line["created_at"]
    assert line["changes_at"] > line["created_at"]


@pytest.mark.parametrize(
    "path", ["overview", "changes?since=0", "sessions", "sessions/demo_session_partial", "clock"]
)
def test_answers_are_what_the_spec_says(held_to_the_spec, path):
    answer = httpx.get(f"{held_to_the_spec.url}/_mock/{path}", timeout=PATIENCE)
    assert answer.status_code == 200


def test_the_overview_is_filtered_searched_and_paged(client):
    found = overview(client, state="failed")
    assert [line["session_id"] for line in found["sessions"]] == ["demo_session_failed"]
    assert (found["total"], sum(found["counts"].values())) == (1, 8)
    assert overview(client, search="PARTIAL")["total"] == 1
    assert overview(client, search="no such")["counts"]["created"] == 0
    first, second = overview(client, limit=1), overview(client, limit=1, offset=1)
    assert first["sessions"] != second["sessions"]
    assert client.get("/_mock/overview", params={"limit": 0}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        lambda client: client.post("/voice/v1/sessions", json={"upload_type": "chunked"}),
        lambda client: client.post(
            "/voice/v1/sessions/demo_session_created/audio/a_0.wav", content=b"1"
        ),
        lambda client: client.post("/voice/v1/sessions/demo_session_recording/end", json={}),
        lambda client: client.delete("/_mock/sessions/demo_session_failed"),
        lambda client: client.put("/_mock/sessions/demo_session_failed", json={"state": "expired"}),
        lambda client: client.post("/_mock/clock", json={"advance_seconds": 1}),
        lambda client: client.post("/_mock/reset"),
    ],
    ids=["create", "upload", "end", "delete", "put", "clock", "reset"],
)
def test_whoever_waits_is_told_of_a_change(client, change):
    revision = overview(client)["revision"]
    with waiting(client.base_url, revision) as wire:
        change(client).raise_for_status()
        assert wire.response().json()["revision"] > revision


def waiting(url, revision):
    """A connection on which a change is waited for; what comes later is answered later."""
    address = urlsplit(str(url))
    wire = Wire(address.hostname, address.port)
    wire.socket.settimeout(SOON)
    wire.ask_first("GET", f"/_mock/changes?since={revision}")
    return wire


def test_waiting_ends_without_a_change(client):
    revision = overview(client)["revision"]
    answer = client.get("/_mock/changes", params={"since": revision, "wait_seconds": 0})
    assert answer.json() == {"revision": revision}


@pytest.mark.parametrize("seconds", ["nan", "-nan", "inf", "-inf", "26", "-1", "x"])
def test_waiting_takes_a_finite_time(client, seconds):
    query = {"since": overview(client)["revision"], "wait_seconds": seconds}
    refused = client.get("/_mock/changes", params=query)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_request")


def test_reading_is_no_change(client):
    revision = overview(client)["revision"]
    client.get("/_mock/sessions/demo_session_completed/chunks/0.webm")
    # As the inspector asks: a page that shows Get session's answer would else wake itself.
    own = {"X-Mock-Inspection": "1", "Sec-Fetch-Site": "same-origin"}
    client.get("/voice/v1/sessions/demo_session_completed", headers=own)
    assert overview(client)["revision"] == revision
    client.get("/voice/v1/sessions/demo_session_completed")
    assert overview(client)["revision"] > revision  # the journal has an entry more


def test_stopping_does_not_wait_for_those_who_wait():
    with ExitStack() as stack:
        with MockServer() as mock:
            revision = httpx.get(f"{mock.url}/_mock/overview").json()["revision"]
            wire = stack.enter_context(waiting(mock.url, revision))
            assert httpx.get(f"{mock.url}/_mock/health").is_success
            began = time.monotonic()
        assert time.monotonic() - began < SOON
        assert wire.closed()


def test_a_chunk_that_was_sent_again_says_so(client):
    path = "/voice/v1/sessions/demo_session_created/audio"
    for name in ("a_0.wav", "a_1.wav", "a_1.wav", "a_1.mp3"):
        client.post(f"{path}/{name}", content=b"x").raise_for_status()
    chunks = client.get("/_mock/sessions/demo_session_created").json()["chunks"]
    assert [(chunk["name"], chunk["replaced"]) for chunk in chunks] == [("0.wav", 0), ("1.mp3", 2)]


FOREIGN = [
    {"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://example.org"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://localhost.example.org"},
]
OWN = [
    {},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://app.localhost:3000"},
    {"Origin": "http://[::1]:3000"},
]


@pytest.mark.parametrize("headers", [*FOREIGN, {"Sec-Fetch-Site": "cross-site"}])
def test_a_page_of_another_site_can_change_nothing(client, headers):
    answer = client.post("/_mock/reset", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site_refused")


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_of_another_site_can_read_nothing(client, headers):
    assert client.get("/_mock/sessions", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", OWN)
def test_programs_and_pages_of_the_same_host_can(client, headers):
    assert client.post("/_mock/reset", headers=headers).status_code == 204


@pytest.mark.parametrize(
    "known", [{"public_url": "https://mock.test"}, {"forwarded_allow_ips": ("127.0.0.1",)}], ids=str
)
def test_the_mocks_own_name_counts_too(known):
    with MockServer(Settings(port=0, quiet=True, **known)) as mock:
        headers = {"Host": "mock.test:8080", "Origin": "http://mock.test:3000"}
        assert httpx.post(f"{mock.url}/_mock/reset", headers=headers).status_code == 204
        headers["Origin"] = "http://other.test:3000"
        assert httpx.post(f"{mock.url}/_mock/reset", headers=headers).status_code == 403


@pytest.mark.parametrize("name", ["example.org", "localhost.example.org", "mock.test:8080", "["])
def test_a_page_that_gave_its_name_this_machines_address_can_read_nothing(client, name):
    answer = client.get("/_mock/sessions", headers={"Host": name})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site_refused")
    assert "--public-url" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "name", ["localhost:9", "app.localhost", "127.0.0.1", "[::1]:8080", "10.0.0.1"]
)
def test_the_machines_names_and_addresses_can(client, name):
    assert client.get("/_mock/sessions", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("headers", [*FOREIGN, {"Sec-Fetch-Site": "cross-site"}])
def test_a_token_opens_nothing_to_a_page_of_another_site(guarded, headers):
    login = f"{guarded.url}/connect-auth/v1/account/login"
    body = {"client_id": "x", "client_secret": "x"}
    token = httpx.post(login, json=body, headers=headers).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{guarded.url}/_mock/reset", headers=headers | bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site_refused")


@pytest.mark.parametrize("headers", OWN)
def test_with_a_token_pages_of_the_same_host_need_it(guarded, headers):
    bearer = {"Authorization": "Bearer secret"}
    assert httpx.post(f"{guarded.url}/_mock/reset", headers=headers).status_code == 401
    assert httpx.post(f"{guarded.url}/_mock/reset", headers=headers | bearer).status_code == 204
