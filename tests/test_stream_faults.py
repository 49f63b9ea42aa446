"""Faults of WebSockets: closed, cut, paused, without pongs, held, refused, slowed."""

import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from tests.support import PATIENCE, comes_true, fault, parallel, refusal
from tests.test_stream import STOP, closed, pcm, start


@pytest.fixture
def stream(mock):
    """A stream session."""
    return mock.create("stream")


def address(session):
    return session.get().json()["upload_url"]


def set_fault(mock, action, **match):
    return mock.control(
        "POST", "/faults", {"action": action, "match": {"direction": "stream"} | match}
    )["id"]


def fired(mock):
    return [one["fired"] for one in mock.control("GET", "/faults")["faults"]]


def test_a_socket_is_closed_once_so_many_bytes_have_arrived(mock, stream):
    set_fault(mock, {"socket": {"close_code": 1011, "reason": "disk full", "after_bytes": 32_000}})
    with connect(address(stream)) as line:
        line.send(pcm(0.5))
        line.send(pcm(0.5))
        assert closed(line) == (1011, "disk full")
    assert fired(mock) == [1]
    with connect(address(stream)) as line:
        line.send(pcm(1))
        line.send(STOP)
        assert closed(line)[0] == 1000


def test_a_socket_is_closed_at_once(mock, stream):
    set_fault(mock, {"socket": {"close_code": 1013}})
    with connect(address(stream)) as line:
        assert closed(line) == (1013, "")


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_socket_is_cut(mock, stream, how):
    set_fault(mock, {"cut": {"at": "upload", "after_bytes": 16_000, "how": how}})
    with connect(address(stream)) as line:
        line.send(pcm(0.25))
        line.send(pcm(0.25))
        with pytest.raises(ConnectionClosed) as caught:
            line.recv(timeout=PATIENCE)
    assert caught.value.rcvd is None


def test_a_socket_gets_no_pongs(mock, stream):
    with connect(address(stream)) as line:
        assert line.ping().wait(PATIENCE)
    set_fault(mock, {"socket": {"ignore_pings": True}})
    with connect(address(stream), close_timeout=0.1) as line:
        line.send(start(16_000))
        assert comes_true(lambda: fired(mock) == [1])
        assert not line.ping().wait(0.2)


def test_a_paused_socket_goes_on(mock, stream):
    set_fault(mock, {"socket": {"pause_seconds": 0.3}})
    started = time.monotonic()
    with connect(address(stream)) as line:
        line.send(STOP)
        assert closed(line)[0] == 1000
    assert time.monotonic() - started >= 0.3


def test_a_handshake_is_refused(mock, stream):
    set_fault(mock, {"answer": {"code": "service_unavailable"}})
    with pytest.raises(InvalidStatus) as caught:
        connect(address(stream))
    assert caught.value.response.status_code == 503
    assert caught.value.response.headers["retry-after"] == "5"


def test_a_handshake_is_held(mock, stream):
    set_fault(mock, {"hold": {}})

    def release():
        (held,) = comes_true(lambda: mock.control("GET", "/held")["held"])
        assert held["operation"] == "streamAudio"
        mock.control("POST", f"/held/{held['request_id']}/release")

    def talk():
        with connect(address(stream)) as line:
            line.send(STOP)
            return closed(line)[0]

    assert parallel([talk, release])[0] == 1000


def test_a_handshake_without_an_answer(mock, stream):
    set_fault(mock, {"drop_answer": {}})
    with pytest.raises(InvalidMessage):
        connect(address(stream))


def test_a_slow_stream(mock, stream):
    set_fault(mock, {"throttle": {"upload_bytes_per_second": 64_000}})
    set_fault(mock, {"delay": {"seconds": 0.1}})
    started = time.monotonic()
    with connect(address(stream)) as line:
        line.send(pcm(0.5))
        line.send(STOP)
        assert closed(line)[0] == 1000
    assert time.monotonic() - started >= 0.35


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 2000])
def test_a_code_that_cannot_be_sent(mock, code):
    body = {"action": {"socket": {"close_code": code}}}
    answer = mock.client.post(f"{mock.url}/_mock/faults", json=body)
    assert fault(answer) == "$.action.socket.close_code"


def test_a_fault_of_streams_is_not_for_requests(mock, stream):
    set_fault(mock, {"answer": {"status": 500}})
    assert stream.get().status_code == 202
    body = {"action": {"drop_chunk": {}}, "match": {"direction": "stream"}}
    assert refusal(mock.client.post(f"{mock.url}/_mock/faults", json=body))[0] == 422
