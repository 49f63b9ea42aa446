"""The WebSocket of stream sessions, through a real one."""

import base64
import io
import json
import socket
import struct
import wave
from contextlib import ExitStack, suppress

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.audio.factory import vowels
from tests.support import PATIENCE, parallel

RATE = 16_000


def pcm(seconds, seed=0, rate=RATE):
    samples = vowels(seconds, seed)
    if rate != RATE:
        places = np.arange(int(seconds * rate)) * RATE / rate
        samples = np.interp(places, np.arange(len(samples)), samples)
    return (samples * 20_000).astype("<i2").tobytes()


def frames(data, size=6400):
    return [data[at : at + size] for at in range(0, len(data), size)]


def start(rate):
    media = {"encoding": "audio/x-l16", "sampleRate": rate}
    return json.dumps({"event": "start", "start": {"mediaFormat": media}})


def media(data):
    return json.dumps({"event": "media", "media": {"payload": base64.b64encode(data).decode()}})


STOP = json.dumps({"event": "stop"})


@pytest.fixture
def stream(client):
    """A stream session's id, and the address of its WebSocket."""
    created = client.post("/sessions", json={"upload_type": "stream"}).json()
    return created["session_id"], created["upload_url"]


def closed(line):
    """Code and reason of the close that the server sends."""
    with pytest.raises(ConnectionClosed) as caught:
        line.recv(timeout=PATIENCE)
    received = caught.value.rcvd
    assert received
    return received.code, received.reason


def seconds_stored(mock, session_id):
    session = mock.control("GET", f"/sessions/{session_id}")
    return sum(chunk["duration_s"] for chunk in session["chunks"])


def refused(address):
    with pytest.raises(InvalidStatus) as caught, connect(address):
        pass
    response = caught.value.response
    return response.status_code, json.loads(response.body)["error"]["code"]


def test_binary_frames_become_wav_chunks(mock, stream):
    session_id, address = stream
    with connect(address) as line:
        for frame in frames(pcm(40)):
            line.send(frame)
        line.send(STOP)
        assert closed(line) == (1000, "")
    session = mock.control("GET", f"/sessions/{session_id}")
    chunks = session["chunks"]
    assert [chunk["name"] for chunk in chunks] == [f"{n}.wav" for n in range(len(chunks))]
    assert all(chunk["duration_s"] <= 25 and chunk["speech"] for chunk in chunks)
    assert seconds_stored(mock, session_id) == pytest.approx(40, abs=1)
    for chunk in chunks:
        stored = mock.bare.get(f"/_mock/sessions/{session_id}/chunks/{chunk['name']}").content
        with wave.open(io.BytesIO(stored)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (
                RATE,
                1,
                2,
            )
            assert sound.getnframes() / RATE == pytest.approx(chunk["duration_s"], abs=0.05)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_json_frames_are_resampled(mock, stream, rate):
    session_id, address = stream
    with connect(address) as line:
        line.send(start(rate))
        for frame in frames(pcm(6, rate=rate), rate):
            line.send(media(frame))
        line.send(STOP)
        assert closed(line)[0] == 1000
    assert seconds_stored(mock, session_id) == pytest.approx(6, abs=0.6)


def test_an_odd_byte_is_made_whole_by_the_next_frame(mock, stream):
    session_id, address = stream
    with connect(address) as line:
        for frame in frames(pcm(5), 3333):
            line.send(frame)
        line.send(STOP)
        closed(line)
    assert seconds_stored(mock, session_id) == pytest.approx(5, abs=0.6)


def test_closing_stores_what_is_left_and_does_not_start_processing(mock, stream, client):
    session_id, address = stream
    with connect(address) as line:
        line.send(pcm(4))
        line.close()
    assert seconds_after_the_socket_is_gone(mock, session_id) == pytest.approx(4, abs=0.6)
    assert client.get(f"/sessions/{session_id}").json()["status"] == "recording"


def seconds_after_the_socket_is_gone(mock, session_id):
    """What is stored once the server noticed."""
    return mock.comes_true(lambda: seconds_stored(mock, session_id))


def test_a_client_that_vanishes_loses_nothing(mock, stream):
    session_id, address = stream
    with suppress(ConnectionClosed), connect(address) as client:
        client.send(pcm(4))
        client.ping().wait(PATIENCE)  # the server has read what came before
        client.socket.shutdown(socket.SHUT_RDWR)
    assert seconds_after_the_socket_is_gone(mock, session_id) == pytest.approx(4, abs=0.6)


def test_the_end_of_the_session_stores_what_its_socket_received(stream, client):
    session_id, address = stream
    with connect(address) as line:
        line.send(pcm(4))
        line.ping().wait(PATIENCE)
        ended = client.post(f"/sessions/{session_id}/end", json={"audio_files_sent": 99})
        assert ended.json()["audio_files"] == ["0.wav"]
        assert closed(line)[0] == 1000
    assert client.get(f"/sessions/{session_id}").json()["status"] != "partial"


@pytest.mark.parametrize("size", [640, 16_000])
def test_the_end_takes_in_all_frames_that_came_before_it(mock, stream, client, size):
    session_id, address = stream
    with connect(address) as line:
        for frame in frames(pcm(12), size):
            line.send(frame)
        assert client.post(f"/sessions/{session_id}/end").status_code == 202
        assert closed(line)[0] == 1000
    assert seconds_stored(mock, session_id) == pytest.approx(12, abs=0.6)


def test_the_end_of_a_session_whose_client_vanished_works(stream, client):
    session_id, address = stream
    with suppress(ConnectionClosed), connect(address) as line:
        for frame in frames(pcm(4), 640):
            line.send(frame)
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.socket.close()
        assert client.post(f"/sessions/{session_id}/end").status_code == 202


def test_a_second_socket_takes_over_and_the_numbers_go_on(mock, stream):
    session_id, address = stream
    with connect(address) as first:
        first.send(pcm(4))
        first.ping().wait(PATIENCE)
        with connect(address) as second:
            assert closed(first)[0] == 1000
            second.send(pcm(4, seed=1))
            second.send(STOP)
            assert closed(second)[0] == 1000
    session = mock.control("GET", f"/sessions/{session_id}")
    assert [chunk["name"] for chunk in session["chunks"]] == ["0.wav", "1.wav"]


def test_of_sockets_that_come_at_once_one_stays_until_the_end(mock, stream, client):
    session_id, address = stream
    with connect(address) as first, ExitStack() as stack:
        first.send(pcm(30))
        first.ping().wait(PATIENCE)
        opened = parallel([lambda: connect(address)] * 3)
        lines = [stack.enter_context(line) for line in opened]
        assert closed(first)[0] == 1000
        over = [code for line in lines if (code := code_if_closed(line)) is not None]
        assert over == [1000, 1000]
        assert client.post(f"/sessions/{session_id}/end").status_code == 202
        assert [closed(line)[0] for line in lines] == [1000, 1000, 1000]


def code_if_closed(line):
    """The code of a close that came before the answer to a ping; None for a line that is open."""
    try:
        assert line.ping().wait(PATIENCE)
    except ConnectionClosed:
        return closed(line)[0]
    return None


@pytest.mark.parametrize(
    "bad",
    [
        "no JSON",
        "[]",
        '{"event": "pause"}',
        '{"event": ["stop"]}',
        media(b"\0\0"),
        '{"event": "media", "media": {"payload": "***"}}',
        '{"event": "start"}',
        start(1),
        start(16_000.5),
        '{"event": "start", "start": {"mediaFormat": {"encoding": "mp3", "sampleRate": 8000}}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_frame_closes_with_1003_and_a_reason(stream, bad):
    with connect(stream[1]) as line:
        line.send(bad)
        code, reason = closed(line)
    assert code == 1003
    assert reason


@pytest.mark.parametrize("bad", [media(b"\0\0"), start(16_000), "text"])
def test_what_came_before_a_bad_frame_is_kept(mock, stream, bad):
    session_id, address = stream
    with connect(address) as line:
        line.send(pcm(4))
        line.send(bad)
        assert closed(line)[0] == 1003
    assert seconds_stored(mock, session_id) == pytest.approx(4, abs=0.6)


@pytest.mark.parametrize("bad", [b"\0\0", start(16_000)])
def test_a_json_stream_stays_json(stream, bad):
    with connect(stream[1]) as line:
        line.send(start(16_000))
        line.send(bad)
        assert closed(line)[0] == 1003


def test_an_unknown_stream_is_refused(stream):
    session_id, address = stream
    assert refused(address.replace("/audio", "x/audio")) == (404, "session_not_found")
    assert refused(address.replace("/stream/", "/streams/")) == (404, "not_found")
    by_session_id = address.rsplit("/", 2)[0] + f"/{session_id}/audio"
    assert refused(by_session_id) == (404, "session_not_found")


def test_a_refused_page_may_read_why_and_under_which_id(stream):
    own = {"Origin": "http://localhost:3000", "X-Request-Id": "mine"}
    with pytest.raises(InvalidStatus) as caught:
        connect(stream[1].replace("/audio", "x/audio"), additional_headers=own)
    headers = caught.value.response.headers
    assert headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert headers["X-Request-Id"] == "mine"


def test_an_ended_or_expired_session_is_refused(mock, stream, client):
    session_id, address = stream
    assert client.post(f"/sessions/{session_id}/end").status_code == 202
    assert refused(address) == (400, "session_ended")
    mock.advance(60)
    assert refused(address) == (400, "session_completed")
    other = client.post("/sessions", json={"upload_type": "stream"}).json()
    mock.advance(3600)
    assert refused(other["upload_url"]) == (410, "session_expired")


def test_a_session_that_expires_meanwhile_closes_its_socket(mock, stream):
    with connect(stream[1]) as line:
        line.send(pcm(4))
        line.ping().wait(PATIENCE)
        mock.advance(3600)
        line.send(STOP)
        assert closed(line) == (1008, "session_expired")


def test_a_message_has_at_most_a_mebibyte(stream):
    with connect(stream[1], max_size=None) as line:
        line.send(bytes(1024 * 1024 + 1))
        assert closed(line)[0] == 1009


@pytest.mark.parametrize("fault", [b"\x82\xff" + (2 * 1024 * 1024).to_bytes(8, "big"), b"\xff" * 8])
def test_what_came_right_before_a_fault_of_the_protocol_is_kept(mock, stream, fault):
    session_id, address = stream
    sound = pcm(0.5)
    with connect(address) as line:
        head = b"\x82\xfe" + len(sound).to_bytes(2, "big")
        line.socket.sendall(head + bytes(4) + sound + fault)
        assert closed(line)[0] in (1002, 1009)
    assert seconds_after_the_socket_is_gone(mock, session_id) == pytest.approx(0.5, abs=0.1)
