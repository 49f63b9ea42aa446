"""To which hosts the check connects, and with which token."""

import asyncio
import json
import socket
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from scribe_mock import cli
from scribe_mock.contract.transport.address import Address, Origin
from scribe_mock.contract.transport.message import Request
from scribe_mock.contract.transport.proxies import ignored_proxy
from scribe_mock.contract.transport.reach import Elsewhere, Reach
from scribe_mock.contract.transport.wire import Wire
from tests.contract.checking import named, run
from tests.contract.independent_server import Running, Server


class Listener(Server):
    """Another host: it only notes what it is asked."""

    def __init__(self):
        super().__init__()
        self.visits = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "lifespan":
            self.visits.append((scope["path"], dict(scope["headers"])))
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await super().__call__(scope, receive, send)


class LeadsElsewhere(Server):
    """Its addresses lead to another server."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def upload_url(self, session, call):
        return super().upload_url(session, call).replace(call.first("host"), self.other)

    def audio_url(self, call, session):
        return super().audio_url(call, session).replace(call.first("host"), self.other)

    def presigned(self, call, name):
        return super().presigned(call, name).replace(call.first("host"), self.other)


ASKED = ("session.upload_url.works", "stream.connect", "audio.plays", "document.text")


def checked(**options):
    """What another host was asked, and the report on a server whose addresses lead there."""
    other = Listener()
    with Running(other) as running:
        host = urlsplit(running.url).netloc
        return other.visits, run(LeadsElsewhere(host), only=(*ASKED, "answers"), **options), host


def test_addresses_that_lead_elsewhere_are_reported_and_not_followed():
    asked, report, host = checked()
    assert asked == []
    assert named(report) == {"answers.addresses"}
    assert {one.fault.got.split(",")[0] for one in report.findings} == {
        f"`upload_url` at http://{host}",
        f"`upload_url` at ws://{host}",
        f"`audio_url` at http://{host}",
        f"`presigned_url` at http://{host}",
    }
    reasons = {result.rule.id: result.reason for result in report.results}
    for rule in ASKED:
        assert f"--follow-host {host}" in reasons[rule]


@pytest.mark.parametrize("port", [True, False])
def test_a_host_that_is_allowed_is_followed_without_the_token(port):
    other = Listener()
    with Running(other) as running:
        host = urlsplit(running.url).netloc
        allowed = host if port else host.partition(":")[0]
        report = run(LeadsElsewhere(host), only=ASKED, token="s3cret", follow_host=(allowed,))
    assert "answers.addresses" not in named(report)
    kinds = {path.split("/")[1] for path, _ in other.visits}
    assert {"voice", "files"} < kinds
    assert len(kinds) == 3, "the address of the audio was not opened"
    assert not any("s3cret" in str(fields) for _, fields in other.visits)


class AudioIsElsewhere(Server):
    """Its audio_url leads to another server."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def audio_url(self, call, session):
        return super().audio_url(call, session).replace(call.first("host"), self.other)


def test_audio_that_lies_elsewhere_is_not_heard():
    other = Listener()
    with Running(other) as running:
        host = urlsplit(running.url).netloc
        report = run(AudioIsElsewhere(host), only=("audio.plays", "answers"))
    assert other.visits == []
    assert named(report) == {"answers.addresses"}
    reason = next(one.reason for one in report.results if one.rule.id == "audio.plays")
    assert f"--follow-host {host}" in reason


class Redirects(Server):
    """It sends every client to another server."""

    to = ""

    async def respond(self, scope, receive):
        from starlette.responses import RedirectResponse

        return RedirectResponse(f"{self.to}{scope['path']}", 307)


def test_a_redirect_names_its_location_and_is_not_followed(capsys):
    other, app = Listener(), Redirects()
    with Running(other) as there, Running(app) as running:
        app.to = there.url
        code = cli.main(["check", running.base_url])
    said = capsys.readouterr().err
    assert (code, other.visits) == (2, [])
    assert f"307, a redirect to {there.url}/voice/v1/sessions, which was not followed" in said


class RedirectsGet(Server):
    """Only Get session leads elsewhere."""

    async def session(self, call, session_id):
        from starlette.responses import RedirectResponse

        if call.scope["method"] == "GET":
            return RedirectResponse("http://127.0.0.1:9/elsewhere", 302)
        return await super().session(call, session_id)


def test_a_finding_about_a_redirect_names_its_location():
    report = run(RedirectsGet(), only=("state.created.get", "answers.addresses"))
    texts = [one.fault.got for one in report.findings]
    assert any("302, a redirect to http://127.0.0.1:9/elsewhere" in text for text in texts)
    assert any("`Location` at http://127.0.0.1:9" in text for text in texts)


HOME = Origin("https", "api.example.org", 443)


@pytest.mark.parametrize(
    ("url", "follow", "allowed"),
    [
        ("https://api.example.org/x", (), True),
        ("wss://API.example.org./x", (), True),
        ("http://api.example.org/x", (), False),
        ("https://api.example.org:8443/x", (), False),
        ("https://api.example.org.evil.example/x", (), False),
        ("https://api.example.org@evil.example/x", (), False),
        ("https://files.example.org/x", ("files.example.org",), True),
        ("https://files.example.org:8443/x", ("files.example.org:8443",), True),
        ("https://files.example.org/x", ("files.example.org:8443",), False),
        ("http://[::1]:9000/x", ("[::1]:9000",), True),
    ],
)
def test_a_host_is_that_of_the_url_with_its_port_and_encryption(url, follow, allowed):
    assert Reach(base=HOME, follow=follow).allows(Address.parse(url).origin) is allowed


def test_the_wire_itself_refuses_other_hosts():
    request = Request(origin=Origin("http", "127.0.0.1", 9), method="GET", target="/")
    with pytest.raises(Elsewhere):
        asyncio.run(Wire(concurrency=1, timeout=5, reach=Reach(base=HOME)).send(request))


@pytest.mark.parametrize("host", ["", "http://a", "a b", "a/b", "a:b:c", "a:99999999"])
def test_what_is_no_host_is_refused(capsys, host):
    assert cli.main(["check", "http://127.0.0.1:9/v1", "--follow-host", host]) == 2
    assert "HOST:PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, ""),
        ({"HTTP_PROXY": "http://p:1"}, "HTTP_PROXY"),
        ({"http_proxy": "http://p:1", "HTTP_PROXY": "http://q:1"}, "http_proxy"),
        ({"HTTPS_PROXY": "http://p:1"}, ""),
        ({"ALL_PROXY": "socks5://p:1"}, "ALL_PROXY"),
        ({"HTTP_PROXY": "http://p:1", "NO_PROXY": "localhost, .example.org"}, ""),
        ({"HTTP_PROXY": "http://p:1", "NO_PROXY": "ample.org"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://p:1", "no_proxy": "*"}, ""),
    ],
)
def test_a_proxy_that_would_be_used_is_found(environ, found):
    assert ignored_proxy(environ, Origin("http", "api.example.org", 80)) == found


@pytest.mark.parametrize(("no_proxy", "found"), [("10.0.0.0/8", ""), ("10.1.0.0/16", "HTTP_PROXY")])
def test_networks_are_understood_in_no_proxy(no_proxy, found):
    environ = {"HTTP_PROXY": "http://p:1", "NO_PROXY": no_proxy}
    assert ignored_proxy(environ, Origin("http", "10.2.3.4", 80)) == found


@contextmanager
def taken_port():
    """A port where something listens and nobody accepts: a proxy that must not be asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def test_a_line_says_that_the_proxy_is_ignored(capsys, monkeypatch):
    with taken_port() as proxy, Running(Server()) as running:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert cli.main(["check", running.base_url, "--only", "upload.row.7"]) == 0
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert "HTTP_PROXY is ignored" in capsys.readouterr().err


def test_options_may_come_from_the_environment(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SCRIBE_MOCK_CHECK_ONLY", "upload.row.7 upload.row.2")
    monkeypatch.setenv("SCRIBE_MOCK_CHECK_REPORT", f"json={tmp_path / 'out.json'}")
    monkeypatch.setenv("SCRIBE_MOCK_CHECK_STRICT", "1")
    with Running(Server()) as running:
        assert cli.main(["check", running.base_url, "--only", "upload.row.7"]) == 0
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["strict"] is True
    assert not any(rule["id"].startswith("upload.row.2") for rule in written["rules"])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SCRIBE_MOCK_CHECK_RAT", "1", "no option for the variable SCRIBE_MOCK_CHECK_RAT"),
        ("SCRIBE_MOCK_CHECK_RATE", "fast", "SCRIBE_MOCK_CHECK_RATE must be N, not 'fast'"),
        ("SCRIBE_MOCK_CHECK_STRICT", "maybe", "SCRIBE_MOCK_CHECK_STRICT must be 1 or 0"),
        ("SCRIBE_MOCK_CHECK_RATE", "0", "--rate is above 0"),
    ],
)
def test_a_wrong_variable_is_named(capsys, monkeypatch, name, value, reason):
    monkeypatch.setenv(name, value)
    assert cli.main(["check", "http://127.0.0.1:9/v1"]) == 2
    assert reason in capsys.readouterr().err
