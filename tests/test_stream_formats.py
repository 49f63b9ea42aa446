"""Streams that are no 16-bit PCM: the finding, and with --strict-audio the close."""

import base64
import io
import wave
from contextlib import suppress

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.audio.factory import vowels
from tests.support import AUDIO, running
from tests.test_stream import RATE, STOP, closed, frames, media, pcm, start

FILES = {
    "a WebM or Matroska file": "speech.webm",
    "an Ogg file": "speech.ogg",
    "an MP4 or M4A file": "speech.mp4",
    "an MP3 file": "speech.mp3",
}


def file(name):
    return (AUDIO / name).read_bytes()


def floats(seconds=4):
    return vowels(seconds).astype("<f4").tobytes()


def swapped(seconds=4):
    return np.frombuffer(pcm(seconds), "<i2").astype(">i2").tobytes()


def wav(data=None, rate=RATE, channels=1):
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(pcm(4) if data is None else data)
    return out.getvalue()


OTHERS = {
    **{what: file(name) for what, name in FILES.items()},
    "floating point samples": floats(),
    "big-endian samples": swapped(),
    "a WAV file": wav(),
    "a WAV file (16-bit PCM, 44100 Hz, 2 ch)": wav(rate=44_100, channels=2),
    "text, perhaps base64": base64.b64encode(pcm(4)),
    "compressed audio, or noise at full scale": file("speech.webm")[1001:],
}


@pytest.fixture(scope="module")
def strict():
    """A mock that refuses serious findings."""
    with running(strict_audio=True) as mock:
        yield mock


@pytest.fixture
def stream(mock):
    """A stream session of the usual mock."""
    return mock.create("stream")


def address(session):
    return session.get().json()["upload_url"]


def sent(session, data, size=6400):
    """The close of a stream of binary frames."""
    with connect(address(session)) as line:
        with suppress(ConnectionClosed):  # it may be refused at once
            for frame in frames(data, size):
                line.send(frame)
            line.send(STOP)
        return closed(line)


def found(mock, session):
    """Codes and findings of the session's chunks."""
    chunks = mock.control("GET", f"/sessions/{session.id}")["chunks"]
    return [finding for chunk in chunks for finding in chunk["diagnostics"]]


def codes(mock, session):
    return [finding["code"] for finding in found(mock, session)]


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_pcm_is_stored_with_a_finding(mock, stream, what):
    assert sent(stream, OTHERS[what]) == (1000, "")
    (finding, *_) = [one for one in found(mock, stream) if one["code"] == "not_pcm"]
    assert finding["serious"]
    assert finding["message"] == f"The stream should be bare 16-bit PCM but is {what}."
    assert finding["advice"]
    shown = stream.get().headers["X-Mock-Diagnostics"]
    assert "not_pcm" in shown.split(", ")


@pytest.mark.parametrize("what", ["a WebM or Matroska file", "floating point samples"])
def test_base64_of_it_is_found_too(mock, stream, what):
    with connect(address(stream)) as line:
        line.send(start(RATE))
        for frame in frames(OTHERS[what]):
            line.send(media(frame))
        line.send(STOP)
        assert closed(line) == (1000, "")
    assert "not_pcm" in codes(mock, stream)


def test_json_in_binary_frames_is_found(mock, stream):
    texts = [start(RATE), *(media(frame) for frame in frames(pcm(2)))]
    with connect(address(stream)) as line:
        for text in texts:
            line.send(text.encode())
        line.send(STOP)
        closed(line)
    assert "JSON" in found(mock, stream)[0]["message"]


@pytest.mark.parametrize("what", OTHERS)
def test_strict_audio_closes_with_1003_and_says_what_it_is(strict, what):
    session = strict.create("stream")
    code, reason = sent(session, OTHERS[what])
    assert code == 1003
    assert reason.startswith(f"not bare 16-bit PCM but {what}: ")
    assert len(reason.encode()) <= 123


def test_strict_audio_keeps_what_came_before(strict):
    session = strict.create("stream")
    with connect(address(session)) as line:
        line.send(pcm(4))
        line.send(file("speech.webm"))
        assert closed(line)[0] == 1003
    chunks = strict.control("GET", f"/sessions/{session.id}")["chunks"]
    assert sum(chunk["duration_s"] for chunk in chunks) == pytest.approx(4, abs=0.6)
    code, reason = sent(session, pcm(4, seed=2))
    assert (code, reason) == (1000, "")


@pytest.mark.parametrize("size", [6_400, 700_000])
def test_strict_audio_stores_little_of_what_only_statistics_tell(strict, size):
    session = strict.create("stream")
    with suppress(ConnectionClosed), connect(address(session)) as line:
        for frame in [*frames(pcm(4)), *frames(floats(20), size)]:
            line.send(frame)
        closed(line)
    chunks = strict.control("GET", f"/sessions/{session.id}")["chunks"]
    stored = sum(chunk["duration_s"] for chunk in chunks)
    assert 3.5 < stored < 4 + 3.5


def test_strict_audio_says_at_the_end_of_a_short_stream_what_it_was(strict):
    session = strict.create("stream")
    code, reason = sent(session, floats(0.3))
    assert code == 1003
    assert "Int16Array" in reason


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("gain", [0.02, 1, 40])
def test_speech_is_pcm(strict, rate, gain):
    session = strict.create("stream")
    samples = np.frombuffer(pcm(3, rate=rate), "<i2") * gain
    data = np.clip(samples, -32_768, 32_767).astype("<i2").tobytes()
    with connect(address(session)) as line:
        line.send(start(rate))
        for frame in frames(data):
            line.send(media(frame))
        line.send(STOP)
        assert closed(line) == (1000, "")
    assert "not_pcm" not in codes(strict, session)


def test_the_header_of_a_wav_spoils_the_first_chunk_alone(mock, stream):
    assert sent(stream, wav(pcm(40))) == (1000, "")
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    told = [[finding["code"] for finding in chunk["diagnostics"]] for chunk in chunks]
    assert len(told) > 1
    assert ["not_pcm" in one for one in told] == [True] + [False] * (len(told) - 1)
    assert "44 bytes" in chunks[0]["diagnostics"][0]["advice"]


def test_all_chunks_of_a_wav_of_another_format_say_so(mock, stream):
    sent(stream, wav(pcm(40), rate=44_100, channels=2))
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    assert len(chunks) > 1
    assert all(chunk["diagnostics"][0]["code"] == "not_pcm" for chunk in chunks)


def test_what_follows_speech_and_is_no_pcm_has_a_chunk_with_the_finding(mock, stream):
    sent(stream, pcm(12) + bytes(2 * 8 * RATE) + swapped(4))
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    told = [[finding["code"] for finding in chunk["diagnostics"]] for chunk in chunks]
    assert "not_pcm" not in told[0]
    assert "not_pcm" in told[-1]


def test_a_chunk_that_the_server_cut_is_never_too_long(mock, stream):
    hiss = np.random.default_rng(3).normal(0, 30, 40 * RATE)
    sent(stream, hiss.astype("<i2").tobytes(), 64_000)
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    assert max(chunk["duration_s"] for chunk in chunks) > 20.2
    assert "longer_than_20_s" not in codes(mock, stream)


def test_a_second_socket_goes_on_in_time(mock, stream):
    sent(stream, pcm(4) + bytes(2 * 6 * RATE))
    sent(stream, pcm(4, seed=1))
    with connect(address(stream)) as line:
        line.send(start(8_000))
        line.send(media(pcm(4, seed=2, rate=8_000)))
        line.send(STOP)
        closed(line)
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    begins = [chunk["start_s"] for chunk in chunks]
    assert begins == pytest.approx([0, 10, 14], abs=0.6)
    for chunk in chunks:
        assert chunk["end_s"] - chunk["start_s"] == pytest.approx(chunk["duration_s"], abs=0.002)


def test_a_socket_that_takes_over_goes_on_in_time(mock, stream):
    with connect(address(stream)) as first:
        first.send(pcm(4))
        first.ping().wait()
        with connect(address(stream)) as second:
            assert closed(first)[0] == 1000
            second.send(pcm(4, seed=1))
            second.send(STOP)
            assert closed(second)[0] == 1000
    chunks = mock.control("GET", f"/sessions/{stream.id}")["chunks"]
    assert chunks[1]["start_s"] == pytest.approx(4, abs=0.3)
