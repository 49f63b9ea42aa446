"""The journal as HAR: what har-validator and a browser's network panel read."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft6Validator
from referencing import Registry
from referencing.jsonschema import DRAFT6
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.receivers import Receiver
from tests.support import PATIENCE

HERE = Path(__file__).parent / "har"
#: What a URI may have (RFC 3986, 2); no JSON schema checks it by itself.
URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


def cannot_run(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def schema():
    """The JSON schema of HAR 1.2 that har-validator uses, as package-lock.json has it."""
    if shutil.which("npm") is None:
        cannot_run("npm is not installed; Node.js 20.19 or newer brings it")
    installed, locked = HERE / "node_modules/.package-lock.json", HERE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts"],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            cannot_run(f"npm ci failed: {done.stderr}")
    parts = {
        path.name: json.loads(path.read_text("utf-8"))
        for path in (HERE / "node_modules" / "har-schema" / "lib").glob("*.json")
    }
    resources = ((name, DRAFT6.create_resource(part)) for name, part in parts.items())
    registry = Registry().with_resources(resources)
    return Draft6Validator(parts["har.json"], registry=registry)


def archive(mock, **query):
    response = mock.client.get(f"{mock.url}/_mock/requests.har", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def all_kinds(mock):
    """Requests of every kind: uploads, refusals, a preflight, a stream, a delivery."""
    with Receiver() as receiver:
        hook = {"url": f"{receiver.url}?key=hidden", "events": ["session.ended"]}
        mock.client.post(f"{mock.url}/voice/v1/webhooks", json=hook)
        one = mock.create()
        one.store("audio_0.webm")
        one.end()
        receiver.next()
    mock.client.get(f'{mock.url}/voice/v1/sessions/"ä"%41?token=hidden&a=%20b&c')
    mock.client.get(f"{mock.url}/voice/v1/%zz")
    mock.client.options("/sessions", headers={"Origin": "null", "Cookie": "hidden"})
    created = mock.client.post("/sessions", json={"upload_type": "stream"}).json()
    with connect(created["upload_url"]) as line:
        line.send('{"event": "stop"}')
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=PATIENCE)
    mock.comes_true(
        lambda: {e["_outcome"] for e in archive(mock)["log"]["entries"]} == {"answered"}
    )


def test_an_archive_is_valid_and_has_no_secret(mock, schema):
    all_kinds(mock)
    found = archive(mock)
    assert list(schema.iter_errors(found)) == []
    assert "hidden" not in json.dumps(found)
    assert "a-token" not in json.dumps(found)
    entries = found["log"]["entries"]
    kinds = {entry["_operation"] for entry in entries}
    assert {"uploadAudio", "deliverWebhook", "streamAudio", "endSession", None} <= kinds
    for entry in entries:
        url = entry["request"]["url"]
        assert URI.fullmatch(url)
        assert urlsplit(url).scheme in ("http", "ws")
        assert urlsplit(url).netloc
        assert sum(entry["timings"].values()) == entry["time"]
        assert "text" not in entry["response"]["content"]
        assert "postData" not in entry["request"]


def test_an_entry_says_what_the_journal_does(mock, session):
    one = session()
    answer = one.upload("audio_0.webm", b"12345")
    [entry] = archive(mock, operation="uploadAudio", session_id=one.id)["log"]["entries"]
    request, response = entry["request"], entry["response"]
    assert (request["method"], request["url"]) == ("POST", str(answer.request.url))
    assert (request["bodySize"], response["status"]) == (5, 200)
    assert response["statusText"] == "OK"
    assert response["content"] == {"size": len(answer.content), "mimeType": "application/json"}
    fields = {field["name"]: field["value"] for field in request["headers"]}
    assert (fields["authorization"], fields["content-length"]) == ("…", "5")
    assert entry["_request_id"] == answer.headers["x-request-id"]


def test_an_archive_of_a_query(mock, session):
    mock.client.get(f"{mock.url}/voice/v1{session().path}?signature=hidden&document_id=a%20b")
    entry = archive(mock, operation="getSession")["log"]["entries"][0]
    assert entry["request"]["queryString"] == [
        {"name": "signature", "value": "…"},
        {"name": "document_id", "value": "a b"},
    ]
    assert entry["request"]["url"].endswith("?signature=%E2%80%A6&document_id=a%20b")


def test_an_archive_is_of_a_scope(mock, session):
    session()
    assert len(archive(mock, token="a-token")["log"]["entries"]) == 1
    assert archive(mock, token="another")["log"]["entries"] == []
