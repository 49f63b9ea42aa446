"""Pages as HTTP sees them: headers, addresses, and nothing of the server's data in them."""

import httpx
import pytest

from scribe_mock import MockServer, Settings
from tests.support import PATIENCE, ROOT

PAGES = [
    "/",
    "/docs",
    "/docs/",
    "/docs/errors",
    "/_mock/ui",
    "/_mock/ui/sessions/x",
    "/_mock/ui/record",
]


@pytest.fixture(scope="module")
def client():
    settings = Settings(port=0, quiet=True, token=("hush-hush",))
    with (
        MockServer(settings) as mock,
        httpx.Client(base_url=mock.url, timeout=PATIENCE, verify=False) as client,
    ):
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_but_its_files(client, path):
    answer = client.get(path)
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert answer.status_code == 200
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hush-hush" not in answer.text


def test_only_the_recorder_may_ask_other_servers(client):
    for path in PAGES:
        policy = client.get(path).headers["content-security-policy"]
        assert ("connect-src 'self';" in policy) is (path != "/_mock/ui/record")


def test_the_start_page_has_the_address_that_was_asked(client):
    answer = client.get("/", headers={"Host": "mock.test:8080"})
    assert "http://mock.test:8080/voice/v1" in answer.text
    assert "any bearer token" not in answer.text  # the server has a list


@pytest.mark.parametrize("path", ["/docs/nowhere", "/_mock/ui/nowhere", "/docs/assets/../pages.py"])
def test_what_is_not_there_is_404_in_the_envelope(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_pages_are_only_read(client):
    answer = client.post("/docs/errors")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


def test_an_asset_is_not_sent_again_when_it_is_known(client):
    first = client.get("/docs/assets/api.js")
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get("/docs/assets/api.js", headers=known).status_code == 304


def test_the_audio_that_the_spec_names_is_served(client):
    answer = client.get("/fixtures/audio/speech.webm")
    assert answer.content == (ROOT / "fixtures/audio/speech.webm").read_bytes()
    for name in ("nothing.webm", "../sessions.yaml", "%2e%2e/sessions.yaml"):
        assert client.get(f"/fixtures/audio/{name}").status_code == 404
