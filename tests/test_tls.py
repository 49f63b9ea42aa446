"""Https: with a given certificate, and with one that the server signs itself."""

import os
import shutil
import signal
import ssl
import subprocess

import httpx
import pytest
from websockets.sync.client import connect

from scribe_mock import MockServer, Settings
from scribe_mock.cli import main
from scribe_mock.errors import SettingsError
from tests.support import ROOT, TOKEN, WEBM, Mock
from tests.test_cli import started

CERTIFICATES = ROOT / "tests" / "contract" / "certificates"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    if shutil.which("openssl") is None:
        reason = "openssl is not installed; on Debian: apt-get install openssl"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return tmp_path_factory.mktemp("cache")


def trusting(cache):
    """What a client needs that trusts the certificate which the server made."""
    [certificate] = cache.glob("scribe-mock/*.pem")
    return ssl.create_default_context(cafile=certificate)


def test_a_self_signed_server_is_used_by_curl_httpx_and_a_websocket(cache):
    with started("--port", "0", "--self-signed", XDG_CACHE_HOME=str(cache)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        curl = server.said[server.said.index("  curl") :]
        command = curl.replace("curl", "curl -sS", 1)
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
        assert f'"upload_url":"{server.url}/voice/v1/sessions/' in done.stdout
        client = httpx.Client(
            base_url=f"{server.url}/voice/v1", headers=TOKEN, verify=trusting(cache)
        )
        with client:
            created = client.post("/sessions", json={"upload_type": "chunked"}).json()
            address = f"{created['upload_url']}/audio_0.webm"
            body, kind = os.urandom(3_000_000), {"Content-Type": WEBM}
            assert client.post(address, content=body, headers=kind).status_code == 200
            stored = f"{server.url}/_mock/sessions/{created['session_id']}/chunks/0.webm"
            assert client.get(stored).content == body
            stream = {"upload_type": "stream", "communication_protocol": "websocket"}
            address = client.post("/sessions", json=stream).json()["upload_url"]
            assert address.startswith("wss://127.0.0.1:")
            with connect(address, ssl=trusting(cache)) as socket:
                socket.send("{}")
        assert server.stopped(signal.SIGTERM)[0] == 0


def test_its_certificate_is_kept_for_the_next_start_and_its_key_is_nobody_elses(cache):
    made = []
    for _ in range(2):
        with started("--port", "0", "--self-signed", XDG_CACHE_HOME=str(cache)):
            [certificate], [key] = cache.glob("scribe-mock/*.pem"), cache.glob("scribe-mock/*.key")
            made.append((certificate.read_bytes(), key.read_bytes()))
            assert key.stat().st_mode & 0o077 == 0
    assert made[0] == made[1]


def test_a_client_that_does_not_trust_it_gets_nothing(cache):
    with started("--port", "0", "--self-signed", XDG_CACHE_HOME=str(cache)) as server:
        with pytest.raises(httpx.ConnectError, match="self-signed certificate"):
            httpx.get(f"{server.url}/_mock/health")
        plain = server.url.replace("https", "http")
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{plain}/_mock/health")
        assert httpx.get(f"{server.url}/_mock/health", verify=trusting(cache)).is_success


def test_the_start_shows_a_phone_where_to_go(cache):
    options = ["--port", "0", "--self-signed"]
    with started(*options, "--host", "0.0.0.0", XDG_CACHE_HOME=str(cache)) as server:
        assert "/_mock/ui/record" in server.said
        assert "█▀▀▀█" in server.said or "█   █" in server.said
    with started(*options, XDG_CACHE_HOME=str(cache)) as server:
        assert "For a phone on the same network, start it with --host 0.0.0.0." in server.said


def test_a_given_certificate_is_served():
    files = ["--certfile", str(CERTIFICATES / "good.pem")]
    with started("--port", "0", *files, "--quiet") as server:
        trust = ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")
        address = server.url.replace("127.0.0.1", "localhost")
        assert httpx.get(f"{address}/_mock/health", verify=trust).json()["status"] == "ok"


def test_faults_break_encrypted_connections_too():
    with started("--port", "0", "--certfile", str(CERTIFICATES / "good.pem")) as server:
        mock = Mock(server.url)
        mock.client.timeout = httpx.Timeout(20)
        session = mock.create()
        for how in ("reset", "close"):
            action = {"cut": {"at": "upload", "after_bytes": 1000, "how": how}}
            mock.control("POST", "/faults", {"action": action})
            with pytest.raises(httpx.TransportError):
                session.upload(content=b"x" * 100_000)
            assert session.names() == []
        assert session.upload().status_code == 200
        mock.close()


@pytest.fixture
def refused(capsys, monkeypatch):
    """What a start that must fail says."""

    def start(*options, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert main(["serve", "--port", "0", *options]) == 2
        return capsys.readouterr().err

    return start


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--certfile", "nowhere.pem"], ["nowhere.pem", "No such file"]),
        (["--certfile", str(ROOT / "README.md")], ["README.md", "PEM"]),
        (["--keyfile", "a.key"], ["--certfile"]),
        (["--certfile", "a.pem", "--self-signed"], ["exclude each other"]),
        (["--certfile", str(CERTIFICATES / "authority.pem")], ["authority.pem", "key"]),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(refused, options, words):
    said = refused(*options)
    assert [word for word in words if word not in said] == []


def test_without_openssl_or_a_folder_that_can_be_written_the_start_says_so(refused, tmp_path):
    taken = tmp_path / "file"
    taken.write_text("x")
    assert "XDG_CACHE_HOME" in refused("--self-signed", XDG_CACHE_HOME=str(taken))
    assert "needs the openssl command" in refused("--self-signed", PATH="/nowhere")


@pytest.mark.parametrize("wanted", [{"self_signed": True}, {"workers": 2}])
def test_a_mock_in_a_thread_says_that_it_has_neither_https_nor_processes(wanted):
    with pytest.raises(SettingsError, match="scribe-mock serve"):
        MockServer(Settings(port=0, **wanted))
