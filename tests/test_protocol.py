"""HTTP below the app: what is no request, what takes too long, what is nobody's to read."""

import re
import time
from contextlib import ExitStack

import pytest

from scribe_mock import Settings, create_app
from tests.support import MIB, TOKEN, WEBM, ask, noise, refusal

SESSIONS = "/voice/v1/sessions"
CREATED = f"{SESSIONS}/demo_session_created"
STREAM = "/voice/v1/stream/sessions/stream_of_demo_session_stream/audio"
ORIGIN = "http://localhost:3000"


# What is no request


def assert_parser_answers(wire, status, code):
    response = wire.response()
    assert refusal(response) == (status, code)
    assert response.headers["connection"] == "close"
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", response.headers["x-request-id"])
    assert wire.closed()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS hello
        b"\x00" * 64,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"CONNECT mock:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /docs HTTP/1.1\r\n\r\n",  # RFC 9112, 3.2: without a Host, and with two
        b"GET /docs HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_not_http_is_400(mock, garbage):
    with mock.wire() as wire:
        wire.send(garbage)
        assert_parser_answers(wire, 400, "invalid_request")


def test_http_1_0_needs_no_host(mock):
    with mock.wire() as wire:
        wire.send(b"GET /_mock/health HTTP/1.0\r\n\r\n")
        assert wire.response().json()["status"] == "ok"


def test_a_broken_chunked_body_is_400_and_stores_nothing(session):
    chunked = session()
    with chunked.begin_upload(**{"Transfer-Encoding": "chunked"}) as wire:
        wire.send(b"5\r\naudio\r\nnot a size\r\n")
        assert_parser_answers(wire, 400, "invalid_request")
    assert chunked.names() == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X" * 70_000 + b": a\r\n\r\n",
    ],
)
def test_a_head_over_the_limit_is_431(mock, head):
    with mock.wire() as wire:
        wire.send(head)
        response = wire.response()
    assert refusal(response) == (431, "headers_too_large")
    assert response.headers["x-request-id"]


def test_a_head_within_the_limit_is_read(mock):
    assert ask(mock, "GET", CREATED, {"X": "a" * 60_000}).status_code == 202


def test_a_header_line_that_never_ends_is_cut_off(mock):
    with mock.wire() as wire:
        wire.send(b"GET / HTTP/1.1\r\nX: ")
        sent = 0
        with pytest.raises(ConnectionError):  # noqa: PT012
            while sent < 50_000_000:
                wire.send(b"a" * 65_536)
                sent += 65_536
        assert sent < 20_000_000  # what lies in the sockets' buffers when the server stops


def test_trailing_fields_are_bounded_as_well(session):
    with session().begin_upload(**{"Transfer-Encoding": "chunked"}) as wire:
        wire.send(b"5\r\naudio\r\n0\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3000)
        assert refusal(wire.response()) == (431, "headers_too_large")


# Stalled connections: the sweep that closes them, told that it is later


@pytest.fixture
def swept(serving):
    """A mock, and a function that sweeps its connections as if so many seconds had passed."""
    mock, server = serving(create_app(Settings(quiet=True), validate_responses=True))

    def sweep(seconds):
        for connection in list(server.server_state.connections):
            later = connection.loop.time() + seconds
            connection.loop.call_soon_threadsafe(connection.close_if_stalled, later)

    return mock, sweep


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:"])
def test_a_head_that_stalls_is_408(swept, sent):
    mock, sweep = swept
    with mock.wire() as wire:
        wire.send(sent)
        mock.client.get(CREATED)  # accepted after the one above
        sweep(15)
        sweep(31)
        assert_parser_answers(wire, 408, "request_timeout")


def test_a_body_that_stalls_is_408_and_stores_nothing(swept):
    mock, sweep = swept
    chunked = mock.create()
    with chunked.begin_upload() as wire:
        wire.send(b"aud")
        sweep(31)
        assert_parser_answers(wire, 408, "request_timeout")
    assert chunked.names() == []


def test_a_body_that_only_pauses_is_read(swept):
    mock, sweep = swept
    with mock.create().begin_upload() as wire:
        sweep(15)
        wire.send(b"audio")
        assert wire.response().status_code == 200


def test_a_body_that_never_stalls_has_15_minutes(swept, monkeypatch):
    monkeypatch.setattr("scribe_mock.server.uvicorn_internals.http.IDLE_SECONDS", 10_000.0)
    mock, sweep = swept
    chunked = mock.create()
    with chunked.begin_upload() as wire:
        sweep(890)
        wire.send(b"audio")
        assert wire.response().status_code == 200
    with chunked.begin_upload("audio_1.webm") as wire:
        wire.send(b"aud")
        sweep(901)
        assert_parser_answers(wire, 408, "request_timeout")
    assert chunked.names() == ["0.webm"]


def test_a_connection_that_rests_between_requests_is_not_stalled(swept):
    mock, sweep = swept
    with mock.wire() as wire:
        for _ in range(2):
            wire.request("GET", CREATED, TOKEN)
            assert wire.response().status_code == 202
            sweep(10_000)


def test_a_client_that_stalls_after_its_answer_is_hung_up_on(swept):
    mock, sweep = swept
    with mock.wire() as wire:
        wire.request("POST", SESSIONS, {"Content-Length": 5})
        assert wire.response().status_code == 401
        sweep(31)
        assert wire.closed()


def test_the_server_sweeps_by_itself(swept, monkeypatch):
    mock, _ = swept
    monkeypatch.setattr("scribe_mock.server.uvicorn_internals.http.HEAD_SECONDS", 0.0)
    with mock.wire() as wire:
        assert_parser_answers(wire, 408, "request_timeout")


# What only looks like another protocol

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "TLS/1.2, h2c"])
@pytest.mark.parametrize("body", [b"audio", b"GET /_mock/clock HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_upgrade_that_is_not_taken_up_leaves_the_body_whole(session, protocol, body, at_once):
    chunked = session()
    upgrade = {"Connection": "keep-alive, Upgrade", "Upgrade": protocol}
    fields = TOKEN | upgrade | {"Content-Type": WEBM, "Content-Length": len(body)}
    with chunked.mock.wire() as wire:
        target = f"/voice/v1{chunked.path}/audio/audio_0.webm"
        wire.request("POST", target, fields, body if at_once else b"")
        if not at_once:
            ask(chunked.mock, "GET", CREATED)  # the head has been read meanwhile
            wire.send(body)
        assert wire.response().status_code == 200
        wire.request("GET", CREATED, TOKEN)
        assert wire.response().status_code == 202
    assert chunked.chunk("0.webm").content == body


def test_many_upgrades_at_once_are_as_many_requests(mock):
    head = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    with mock.wire() as wire:
        wire.send(head.format("/_mock/clock").encode() * 2000)
        assert {wire.response().status_code for _ in range(2000)} == {200}


def test_a_connection_that_is_to_be_closed_ignores_what_follows(mock):
    upgrade = {"Connection": "close, Upgrade", "Upgrade": "h2c"}
    with mock.wire() as wire:
        wire.request("GET", CREATED, TOKEN | upgrade, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.response().status_code == 202
        assert wire.closed()


@pytest.mark.parametrize(
    "odd",
    [
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Version": "7"},
        {"Content-Length": "5"},
        {"Upgrade": "h2c"},
    ],
)
def test_a_broken_handshake_is_an_ordinary_request(mock, odd):
    stream = "/voice/v1/stream/sessions/stream_of_demo_session_stream/audio"
    with mock.wire() as wire:
        wire.request("GET", stream, {"X-Request-Id": "mine"} | HANDSHAKE | odd, b"audio")
        response = wire.response()
    assert refusal(response) == (404, "not_found")
    assert response.headers["x-request-id"] == "mine"


def test_pings_whose_answers_nobody_reads_end_the_connection(mock):
    ping = b"\x89\xfd" + bytes(4) + b"a" * 125  # masked with zeros (RFC 6455, 5.5.2)
    with mock.wire() as wire:
        wire.request("GET", STREAM, HANDSHAKE)
        assert wire.response_head()[0].endswith(b"101 Switching Protocols")
        sent = 0
        with pytest.raises(ConnectionError):  # noqa: PT012
            while sent < 100_000_000:
                wire.send(ping * 500)
                sent += len(ping) * 500
        assert sent < 40_000_000  # what lies in the sockets' buffers when the server stops
    assert ask(mock, "GET", CREATED).status_code == 202


@pytest.mark.parametrize("trailer", ["Authorization: Bearer a", "Content-Type: audio/flac"])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_trails_a_body_is_no_header(session, trailer, at_once):
    chunked = session()
    fields = {"Content-Type": WEBM, "Transfer-Encoding": "chunked"}
    if not trailer.startswith("Auth"):
        fields |= TOKEN
    body = b"5\r\naudio\r\n0\r\n" + trailer.encode() + b"\r\n\r\n"
    with chunked.mock.wire() as wire:
        target = f"/voice/v1{chunked.path}/audio/audio_0.webm"
        wire.request("POST", target, fields, body if at_once else b"")
        if not at_once:
            ask(chunked.mock, "GET", CREATED)
            wire.send(body)
        assert wire.response().status_code == (401 if trailer.startswith("Auth") else 200)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_body_in_many_small_parts_is_stored_whole(session, size):
    chunked, content = session(), noise(5000)
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    response = chunked.upload(content=iter(parts))
    assert response.status_code == 200
    assert chunked.chunk("0.webm").content == content


# Whose answer it is


def test_an_answer_below_the_app_has_what_every_answer_has(swept):
    mock, sweep = swept
    own = {"Origin": ORIGIN, "X-Request-Id": "mine"}
    with mock.wire() as stalled:
        stalled.request("POST", SESSIONS, TOKEN | own | {"Content-Length": 5})
        mock.client.get(CREATED)
        sweep(31)
        answers = [stalled.response()]
    answers.append(ask(mock, "GET", CREATED, own | {"X": "a" * 70_000}))
    assert [refusal(answer)[0] for answer in answers] == [408, 431]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["x-request-id"] == "mine"


def test_what_follows_a_request_is_answered_after_it(mock):
    revision = mock.control("GET", "/changes?since=99999999")["revision"]
    with mock.wire() as wire:
        target = f"/_mock/changes?since={revision}&wait_seconds=20"
        wire.request("GET", target, {"X-Request-Id": "first"}, b"GARBAGE\r\n\r\n")
        mock.advance(1)
        first = wire.response()
        assert (first.status_code, first.headers["x-request-id"]) == (200, "first")
        assert_parser_answers(wire, 400, "invalid_request")


def test_a_broken_body_behind_another_request_is_answered_in_its_turn(mock, session):
    revision = mock.control("GET", "/changes?since=99999999")["revision"]
    chunked = session()
    revision = mock.control("GET", f"/changes?since={revision}")["revision"]
    with mock.wire() as wire:
        path = f"/_mock/changes?since={revision}&wait_seconds=20"
        wire.request("GET", path, {"Host": "localhost"})
        wire.request(
            "POST",
            f"/voice/v1{chunked.path}/audio/audio_0.webm",
            TOKEN | {"Transfer-Encoding": "chunked"},
            b"not a size\r\n",
        )
        mock.advance(1)
        assert wire.response().status_code == 200
        assert_parser_answers(wire, 400, "invalid_request")
    assert chunked.names() == []


# Clients that do not read, or do not come back


def test_a_client_that_reads_nothing_is_dropped(swept):
    mock, sweep = swept
    chunked = mock.create()
    chunked.store("audio_0.webm", content=bytes(10 * MIB))
    with mock.wire() as wire:
        wire.request("GET", f"/_mock{chunked.path}/chunks/0.webm", TOKEN)
        wire.response_head()
        mock.client.get(CREATED)
        sweep(0)
        sweep(901)
        mock.client.get(CREATED)
        assert wire.rest() < 10 * MIB


def test_a_client_that_reads_slowly_gets_it_all(swept):
    mock, sweep = swept
    chunked = mock.create()
    chunked.store("audio_0.webm", content=bytes(10 * MIB))
    with mock.wire() as wire:
        wire.request("GET", f"/_mock{chunked.path}/chunks/0.webm", TOKEN | {"Connection": "close"})
        wire.response_head()
        sweep(0)
        sweep(800)
        assert wire.rest() == 10 * MIB


def test_an_empty_line_does_not_keep_a_connection(serving):
    mock, server = serving(create_app(Settings(quiet=True)))
    server.config.timeout_keep_alive = 1
    with mock.wire() as wire:
        wire.request("GET", CREATED, TOKEN)
        assert wire.response().status_code == 202
        wire.send(b"\r\n")
        assert wire.rest() == 0  # it may have been closed before the line came


def test_an_idle_connection_is_closed_and_one_in_use_is_not(serving):
    mock, server = serving(create_app(Settings(quiet=True)))
    server.config.timeout_keep_alive = 2
    with mock.wire() as wire:
        for _ in range(4):
            wire.request("GET", CREATED, TOKEN)
            assert wire.response().status_code == 202
            time.sleep(0.6)
        began = time.monotonic()
        assert wire.closed()
        assert time.monotonic() - began > 0.5


def test_a_websocket_after_a_request_is_not_idle(serving):
    mock, server = serving(create_app(Settings(quiet=True)))
    server.config.timeout_keep_alive = 1
    with mock.wire() as wire:
        wire.request("GET", CREATED, TOKEN)
        assert wire.response().status_code == 202
        wire.request("GET", STREAM, HANDSHAKE)
        assert wire.response_head()[0].endswith(b"101 Switching Protocols")
        time.sleep(1.5)
        wire.send(b"\x89\x80" + bytes(4))  # a ping, masked with zeros
        assert wire.socket.recv(2) == b"\x8a\x00"


def test_a_request_that_outlasts_the_stop_is_told_so(serving, caplog):
    mock, server = serving(create_app(Settings(quiet=True)))
    server.config.timeout_graceful_shutdown = 1
    with mock.create().begin_upload(size=1000) as wire:
        wire.send(b"aud")
        server.should_exit = True
        response = wire.response()
        assert refusal(response) == (503, "service_unavailable")
        assert response.headers["connection"] == "close"
        assert wire.closed()
    assert "Traceback" not in caplog.text


# Answers that are sent in one write, and those that are not


@pytest.fixture
def answered_with(serving):
    """A function that serves one answer 200 and returns a connection on which it was asked for."""
    with ExitStack() as stack:

        def serve(body, *fields):
            async def app(scope, receive, send):
                if scope["type"] == "http":
                    headers = [(b"content-length", b"2"), *fields]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body", "body": body})

            mock, _ = serving(app)
            wire = stack.enter_context(mock.wire())
            wire.request("GET", "/")
            return wire

        yield serve


@pytest.mark.parametrize("name", [b"x-mock-diagnostics", b"x-other", b"X-Other"])
def test_a_valid_header_field_is_sent(answered_with, name):
    response = answered_with(b"{}", (name, b"one, two")).response()
    assert response.status_code == 200
    assert response.headers["date"]
    assert response.headers[name.decode()] == "one, two"
    assert response.content == b"{}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-mock-diagnostics", b"one\r\nset-cookie: two"),
        (b"x-mock-diagnostics", b"one\x00"),
        (b"x: other", b"one"),
    ],
)
def test_an_invalid_header_field_is_not_sent(answered_with, name, value):
    assert answered_with(b"{}", (name, value)).rest() == 0


@pytest.mark.parametrize(("body", "sent"), [(b"", b""), (b"{", b"{"), (b"{}}", b"")])
def test_a_body_of_another_length_than_announced_ends_the_connection(answered_with, body, sent):
    wire = answered_with(body)
    wire.response_head()
    assert wire.rest() == len(sent)
