"""Clients that mean no good, or do not know better: no 5xx, no hang, and others are served."""

import socket
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import PATIENCE, TOKEN, running

UPLOAD = b"/voice/v1/sessions/demo_session_created/audio/a_0.webm"


@pytest.fixture(scope="module")
def sturdy():
    """A mock of its own, for clients like these."""
    with running(processing_seconds=0, forwarded_allow_ips=("127.0.0.1",)) as mock:
        yield mock


def is_served(mock):
    """Whether an ordinary client gets all it wants."""
    session = mock.create()
    session.store("a_0.webm", content=bytes(100_000))
    return session.end(sent=1).status_code == 202


def faults_of_ours(caplog):
    return [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


def answers_to(mock, data):
    """All that comes back for these bytes, when the client sends no more."""
    with mock.wire() as wire:
        received = b""
        try:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
            while part := wire.socket.recv(65536):
                received += part
        except ConnectionError:  # the server has hung up on us
            pass
        return received


def test_slow_clients_do_not_stop_others(sturdy):
    fields = b"Host: x\r\nAuthorization: Bearer x\r\nContent-Length: 99\r\n\r\n"
    request = b"POST %b HTTP/1.1\r\n%baudio" % (UPLOAD, fields)
    with ExitStack() as stack:
        slow = [stack.enter_context(sturdy.wire()) for _ in range(200)]
        for at in range(len(request)):
            for wire in slow:
                wire.send(request[at : at + 1])
            assert at % 20 or is_served(sturdy)
        assert is_served(sturdy)


def test_clients_that_say_nothing_do_not_stop_others(sturdy):
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(sturdy.wire())
        assert is_served(sturdy)


def test_clients_that_do_not_read_do_not_stop_others(sturdy):
    request = b"GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(sturdy.wire()).send(request * 20)
        assert is_served(sturdy)


def test_requests_in_a_row_are_answered_in_a_row(sturdy):
    session = sturdy.create()
    path = f"/voice/v1{session.path}".encode()
    fields = b"Host: x\r\nAuthorization: Bearer x\r\n"
    upload = b"POST %b/audio/a_%d.webm HTTP/1.1\r\n%bContent-Length: 3\r\n\r\n%03d"
    with sturdy.wire() as wire:
        wire.send(b"".join(upload % (path, number, fields, number) for number in range(20)))
        wire.send(b"GET %b HTTP/1.1\r\n%b\r\n" % (path, fields))
        assert [wire.response().status_code for _ in range(20)] == [200] * 20
        assert len(wire.response().json()["audio_files"]) == 20


AUDIO = "/sessions/demo_session_recording/audio/a_0.webm"
#: Requests of a size that is allowed, which invite the server to think about them for long.
LABORIOUS: dict[str, tuple[str, dict]] = {
    "distinct templates": ("/sessions", {"json": {"templates": [{"a": n} for n in range(2500)]}}),
    "equal templates": ("/sessions", {"json": {"templates": [[{}]] * 5_000}}),
    "unknown fields": ("/sessions", {"json": {str(n): n for n in range(10_000)}}),
    "Forwarded": ("/sessions", {"headers": {"Forwarded": "a" * 60_000}}),
    "parts of Forwarded": ("/sessions", {"headers": {"Forwarded": "a=;" * 20_000}}),
    "X-Forwarded-Host": ("/sessions", {"headers": {"X-Forwarded-Host": "a." * 30_000 + "!"}}),
    "Host": ("/sessions", {"headers": {"Host": "a-" * 30_000 + "!"}}),
    "Content-Type": (AUDIO, {"headers": {"Content-Type": "audio/webm" + ' ;a="\\"' * 7_000}}),
}


@pytest.mark.parametrize("name", LABORIOUS)
def test_no_request_keeps_the_server_from_others(serve, name):
    path, options = LABORIOUS[name]
    options = {"json": {"upload_type": "chunked"}} | options
    mock = serve(forwarded_allow_ips=("127.0.0.1",))
    assert mock.client.post(path, **options, timeout=PATIENCE / 6).status_code < 500


PIECES = st.sampled_from(
    [
        b"GET ",
        b"POST ",
        b"PUT ",
        b"OPTIONS ",
        b"CONNECT ",
        b"/",
        b"*",
        UPLOAD,
        b"/voice/v1/sessions",
        b"http://x/_mock/health",
        b"?state=%00&limit=",
        b"%2e%2e%2f",
        b"%",
        b" HTTP/1.1\r\n",
        b" HTTP/1.0\r\n",
        b" HTTP/2\r\n",
        b"Host: x\r\n",
        b"Authorization: Bearer x\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
        b"Connection: close\r\n",
        b"Origin: \xff\r\n",
        b"Access-Control-Request-Method: PUT\r\n",
        b"Access-Control-Request-Headers: \xff,x-mock-a,,\r\n",
        b"Range: bytes=-\r\n",
        b"X-Request-Id: \x80\r\n",
        b'Content-Type: audio/webm;codecs="\\\r\n',
        b" folded\r\n",
        b"\r\n",
        b"5\r\naudio\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFFF\r\n",
        b'{"upload_type": "chunked"}',
        b"\x00",
    ]
)


def well_begun(line):
    """A request that begins like one, with whatever follows."""
    return st.lists(PIECES | st.binary(max_size=8), max_size=8).map(
        lambda parts: line + b"".join(parts) + b"\r\n\r\n"
    )


REQUESTS = (
    st.binary(max_size=200)
    | st.lists(PIECES, max_size=12).map(b"".join)
    | well_begun(b"POST " + UPLOAD + b" HTTP/1.1\r\nAuthorization: Bearer x\r\n")
    | well_begun(b"GET /_mock/sessions HTTP/1.1\r\n")
    | well_begun(b"OPTIONS /voice/v1/sessions HTTP/1.1\r\nOrigin: x\r\n")
)


def test_no_bytes_are_answered_by_a_5xx_or_not_at_all(sturdy, caplog):
    @settings(max_examples=200)
    @given(REQUESTS)
    def attempt(data):
        for status in statuses(answers_to(sturdy, data)):
            assert status < 500

    attempt()
    assert is_served(sturdy)
    assert faults_of_ours(caplog) == []


def statuses(received):
    """The status of each answer; bodies of ours hold no status line."""
    lines = [line for line in received.split(b"\n") if line.startswith(b"HTTP/1.1 ")]
    return [int(line.split()[1]) for line in lines]


SEGMENT = st.text("a0_.-~%2fF\\:;@&=+$, é\0", max_size=12)


def test_no_target_is_answered_by_a_5xx(sturdy, caplog):
    @settings(max_examples=100)
    @given(
        st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]),
        st.lists(
            st.sampled_from(["voice", "v1", "sessions", "audio", "end", "_mock", "docs", "assets"])
            | st.sampled_from(["demo_session_created", "demo_session_completed", "process"])
            | SEGMENT,
            max_size=7,
        ),
        st.text("ab=&%2f+;é", max_size=8),
    )
    def attempt(method, segments, query):
        target = f"/{'/'.join(segments)}?{query}".encode().replace(b" ", b"+")
        head = b"%b %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n"
        received = answers_to(sturdy, head % (method.encode(), target))
        assert all(status < 500 for status in statuses(received))

    attempt()
    assert is_served(sturdy)
    assert faults_of_ours(caplog) == []


HEADER_NAMES = st.sampled_from(
    [
        "Authorization",
        "Content-Type",
        "Origin",
        "Host",
        "Range",
        "X-Request-Id",
        "Forwarded",
        "X-Forwarded-Host",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ]
)
VALUES = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30)


def test_no_header_is_answered_by_a_5xx(sturdy, caplog):
    @settings(max_examples=100)
    @given(st.dictionaries(HEADER_NAMES, VALUES, max_size=4))
    def attempt(headers):
        target = "/_mock/sessions/demo_session_recording/chunks/0.webm"
        with sturdy.wire() as wire:
            wire.request("OPTIONS" if "Origin" in headers else "GET", target, TOKEN | headers)
            assert wire.response().status_code < 500

    attempt()
    assert is_served(sturdy)
    assert faults_of_ours(caplog) == []
