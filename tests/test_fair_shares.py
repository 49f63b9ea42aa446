"""One client does not slow the others: those who left, long recordings, too many at once."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.testing.child_server import ChildServer
from tests.support import AUDIO, MIB, PATIENCE, ROOT, Mock, comes_true, refusal, running

#: Two hours of silence in MP3: it takes some seconds to decode.
LONG = (b"\xff\xe3\x18\xc4" + bytes(68)) * 100_000
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
SHORT = (AUDIO / "speech.mp3").read_bytes()


def send(mock, session_id, body=LONG):
    """A connection on which a single recording was sent."""
    connection = socket.create_connection((mock.host, mock.port))
    head = (
        f"POST /voice/v1/sessions/{session_id}/audio/a.mp3 HTTP/1.1\r\n"
        f"Host: localhost\r\nAuthorization: Bearer a-token\r\nContent-Type: audio/mp3\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def upload(mock, session_id):
    return mock.client.post(
        f"/sessions/{session_id}/audio/b.mp3", content=SHORT, headers={"Content-Type": "audio/mp3"}
    )


def outcomes(mock, session_id):
    found = mock.control("GET", f"/requests?operation=uploadAudio&session_id={session_id}")
    return [(one["status"], one["outcome"]) for one in found["requests"]]


def is_under_way(mock, session_id):
    """Whether all of an upload has arrived, and nothing was answered yet."""
    found = mock.control("GET", f"/requests?operation=uploadAudio&session_id={session_id}")
    return [(r["request_bytes"], r["status"]) for r in found["requests"]] == [(len(LONG), 0)]


@pytest.fixture(scope="module")
def mock():
    with running(max_recordings=1) as one:
        yield one


def test_what_a_client_sent_that_left_is_neither_decoded_further_nor_stored(mock):
    left, other = mock.create("single").id, mock.create("single").id
    with send(mock, left):
        assert comes_true(lambda: is_under_way(mock, left))
        assert refusal(upload(mock, other)) == (503, "service_unavailable")
    assert comes_true(lambda: outcomes(mock, left) == [(0, "client_left")])
    assert upload(mock, other).status_code == 200
    assert mock.client.get(f"/sessions/{left}").json()["audio_files"] == []


def test_a_recording_that_is_one_too_many_is_refused_and_may_come_again(mock):
    sessions = [mock.create("single").id for _ in range(2)]
    with send(mock, sessions[0]):
        assert comes_true(lambda: is_under_way(mock, sessions[0]))
        refused = upload(mock, sessions[1])
    assert refusal(refused) == (503, "service_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert "--max-recordings" in refused.text


def test_a_client_that_sends_nothing_more_gets_its_answer():
    with running() as mock:
        session_id = mock.create("single").id
        with closing(send(mock, session_id, LONG[: len(LONG) // 4])) as connection:
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert b"HTTP/1.1 200 OK\r\n" in answer
        assert mock.client.get(f"/sessions/{session_id}").json()["audio_files_received"] == 1


def test_a_short_recording_passes_long_ones():
    with running() as mock:
        sessions = [mock.create("single").id for _ in range(5)]
        connections = [send(mock, session_id) for session_id in sessions[1:]]
        for session_id in sessions[1:]:
            assert comes_true(lambda one=session_id: is_under_way(mock, one))
        assert upload(mock, sessions[0]).status_code == 200
        assert all(is_under_way(mock, session_id) for session_id in sessions[2:])
        for connection in connections:
            connection.close()


def test_a_recording_that_takes_too_long_is_refused_as_the_servers_fault():
    with running(max_audio_wait=0.2) as mock:
        session_id = mock.create("single").id
        answer = b""
        with send(mock, session_id) as connection:
            while not answer.endswith(b"}}"):
                answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: " in answer
        assert b"--max-audio-wait" in answer


def test_a_long_session_is_listed_in_pages(mock):
    chunked = mock.create()
    chunked.store(*(f"audio_{number}.webm" for number in range(30)), content=b"\x1aE\xdf\xa3")
    pages = [mock.control("GET", f"{chunked.path}?limit=12&offset={n}") for n in (0, 12, 24, 36)]
    assert [len(page["chunks"]) for page in pages] == [12, 12, 6, 0]
    assert {page["chunks_total"] for page in pages} == {30}
    assert {len(page["audio_files"]) for page in pages} == {30}
    listed = [chunk for page in pages for chunk in page["chunks"]]
    assert listed == chunked.inspect()["chunks"]
    assert [chunk["sequence"] for chunk in listed] == list(range(30))
    duplicates = [one["message"] for chunk in listed for one in chunk["diagnostics"]]
    assert "Chunk 29 has the same bytes as chunk 0." in duplicates
    ledger = mock.control("GET", f"{chunked.path}/ledger?limit=5&offset=28")
    assert [line["sequence"] for line in ledger["chunks"]] == [28, 29]
    assert ledger["chunks_total"] == 30


def test_the_python_client_reads_all_pages_of_a_ledger():
    with MockServer(Settings(port=0, quiet=True)) as server:
        token = {"Authorization": "Bearer a-token"}
        with httpx.Client(base_url=f"{server.url}/voice/v1", headers=token) as client:
            created = client.post("/sessions", json={"upload_type": "chunked"}).json()
            for number in range(0, 2010, 2):
                path = f"/sessions/{created['session_id']}/audio/audio_{number}.webm"
                assert client.post(path, content=b"%d" % number).is_success
        ledger = server.ledger(created["session_id"])
        assert [line.sequence for line in ledger.chunks] == list(range(0, 2010, 2))
        assert len(ledger.problems) == 1000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the memory in use")
def test_memory_goes_back_to_the_system():
    with ChildServer(Settings(quiet=True)) as server, closing(Mock(server.url)) as mock:
        status = Path(f"/proc/{server._process.pid}/statm")

        def resident_bytes():
            return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        chunked = mock.create()
        chunked.store("audio_0.webm")
        idle = resident_bytes()
        with ExitStack() as stack:
            for number in range(1, 21):
                wire = stack.enter_context(chunked.begin_upload(f"audio_{number}.webm", 10 * MIB))
                wire.socket.sendall(bytes(10 * MIB - 1))
            assert comes_true(lambda: resident_bytes() > idle + 190 * MIB)
        assert comes_true(lambda: resident_bytes() < idle + 30 * MIB)


#: Each line has ten times what the one before has.
EXPLODING = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in pairwise("abcdefghij")
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXPLODING, ":7: expected YAML, but its aliases stand for more than 1000000 values."),
        ("openapi: &all\n  paths: [*all]\n", ":1: expected YAML, but it contains itself."),
    ],
)
@pytest.mark.parametrize("option", ["--spec", "--fixtures"])
def test_yaml_that_makes_much_of_little_is_refused(tmp_path, text, said, option):
    file = tmp_path / ("spec.yaml" if option == "--spec" else "templates.yaml")
    if option == "--fixtures":
        shutil.copytree(ROOT / "fixtures", tmp_path, dirs_exist_ok=True)
    file.write_text(text)
    place = file if option == "--spec" else tmp_path
    command = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0", option, str(place)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert run.returncode != 0
    assert run.stderr.strip().endswith(f"{file.name}{said}")


def test_connections_and_streams_that_are_too_many_are_refused():
    with running(max_connections=4, max_streams=1) as mock:
        one, two = mock.create("stream"), mock.create("stream")
        path = [urlsplit(session.get().json()["upload_url"]).path for session in (one, two)]
        mock.close()
        with ExitStack() as stack:
            first = stack.enter_context(mock.wire())
            first.request("GET", path[0], HANDSHAKE)
            assert first.response().status_code == 101
            with mock.wire() as second:
                second.request("GET", path[1], HANDSHAKE)
                refused = second.response()
            assert refusal(refused) == (503, "service_unavailable")
            assert refused.headers["Retry-After"]
            for _ in range(3):
                stack.enter_context(mock.wire())
            last = stack.enter_context(mock.wire())
            last.request("GET", "/_mock/health", {})
            refused = last.response()
            assert refusal(refused) == (503, "service_unavailable")
            assert refused.headers["Retry-After"]
            assert "--max-connections" in refused.text


def test_health_says_what_uses_memory():
    with running(max_memory=20_000_000) as mock:
        idle = mock.control("GET", "/health")["memory"]
        assert idle["limit_bytes"] == 20_000_000
        elsewhere = {"operation": "endSession"}
        mock.control("POST", "/faults", {"match": elsewhere, "action": {"answer": {"status": 503}}})
        session_id = mock.create("single").id
        with send(mock, session_id):
            assert comes_true(lambda: is_under_way(mock, session_id))
            busy = mock.control("GET", "/health")["memory"]
        assert busy["faults_bytes"] > idle["faults_bytes"] == 0
        assert busy["decoders_bytes"] >= len(LONG) > idle["decoders_bytes"] == 0
        assert busy["journal_bytes"] > idle["journal_bytes"]
        assert busy["resident_bytes"] > idle["resident_bytes"] + len(LONG)
        assert idle["streams_bytes"] == 0
