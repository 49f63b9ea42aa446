"""Text frames that a stream refuses: the reason names what came, what was expected, the remedy."""

import json

import pytest
from websockets.sync.client import connect

from scribe_mock.audio.live_stream import HIGHEST_RATE, LOWEST_RATE
from tests.test_stream import STOP, closed, media, pcm, start


@pytest.fixture
def address(mock):
    """The address of a stream session's WebSocket."""
    return mock.create("stream").get().json()["upload_url"]


def refused(address, *texts):
    """The reason with which the last of these frames closes the socket."""
    with connect(address) as line:
        for text in texts:
            line.send(text if isinstance(text, str) else json.dumps(text))
        code, reason = closed(line)
    assert code == 1003
    assert 0 < len(reason.encode()) <= 123
    return reason


def opening(**form):
    """A start with these fields of its mediaFormat."""
    form = {"encoding": "audio/x-l16", "sampleRate": 16_000} | form
    given = {name: value for name, value in form.items() if value is not ...}
    return {"event": "start", "start": {"mediaFormat": given}}


@pytest.mark.parametrize("rate", [8_000, 8_000.0, 16_000.0, LOWEST_RATE, HIGHEST_RATE])
@pytest.mark.parametrize("channels", [..., 1, 1.0, None])
def test_numbers_are_taken_however_they_are_written(address, rate, channels):
    with connect(address) as line:
        line.send(json.dumps(opening(sampleRate=rate, channels=channels)))
        line.send(media(pcm(0.1)))
        line.send(STOP)
        assert closed(line) == (1000, "")


@pytest.mark.parametrize("channels", [2, 0, 1.5, "1", True, [1], 6])
def test_more_than_one_channel_is_refused(address, channels):
    reason = refused(address, opening(channels=channels))
    assert "channels must be the number 1" in reason


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (16_000.5, "16000.5"),
        ("16000", "without quotation marks"),
        ("8000", "without quotation marks"),
        (None, "whole number"),
        (..., "whole number"),
        (True, "True"),
        (3_999, "from 4000 to 192000"),
        (1e999, "inf"),
        (float("nan"), "nan"),
        (10**400, "whole number"),
        ([16_000], "list"),
    ],
)
def test_rates_that_are_none_are_refused(address, rate, words):
    reason = refused(address, opening(sampleRate=rate))
    assert reason.startswith("sampleRate must be a whole number")
    assert words in reason


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("audio/x-mulaw", "decode mu-law to 16-bit PCM"),
        ("PCMU", "decode mu-law"),
        ("mulaw", "decode mu-law"),
        ("audio/x-alaw", "decode A-law"),
        ("PCMA", "decode A-law"),
        ("audio/l16", "send low bytes first"),
        ("audio/L16", "send low bytes first"),
        ("audio/l16;rate=16000", "low bytes come first"),
        ("audio/X-L16", "low bytes come first"),
        ("pcm16", "low bytes come first"),
        ("PCM16", "low bytes come first"),
        ("LINEAR16", "low bytes come first"),
        ("pcm_s16le", "low bytes come first"),
        ("pcm_24000", "low bytes come first"),
        ("pcm_s16be", "low byte first"),
        ("pcm_f32le", "16-bit integers"),
        ("L24", "16 bits a sample"),
        ("pcm_s32le", "16 bits a sample"),
        ("pcm_u8", "16 bits a sample"),
        ("base64", "payload"),
        ("audio/opus", "decode it"),
        ("audio/webm;codecs=opus", "decode it"),
        ("mp3", "decode it"),
        ("audio/mp4", "decode it"),
        ("G722", "decode it"),
        ("OPUS", "decode it"),
        ("", "send 16-bit PCM"),
        ("\u00b5-law \U0001f600" * 40, "send 16-bit PCM"),
        (7, "must be audio/x-l16"),
        (None, "must be audio/x-l16"),
        (["audio/x-l16"], "must be audio/x-l16"),
    ],
)
def test_an_encoding_is_named_with_its_remedy(address, encoding, words):
    reason = refused(address, opening(encoding=encoding))
    assert words in reason
    assert "audio/x-l16" in reason
    if isinstance(encoding, str):
        assert ascii(encoding)[:20] in reason


def twilio_start(**form):
    return {
        "event": "start",
        "sequenceNumber": "1",
        "start": {"streamSid": "MZ1", "tracks": ["inbound"], "mediaFormat": form},
        "streamSid": "MZ1",
    }


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, ("Twilio", "x-mulaw")),
        ({"event": "connected", "version": "1.0.0"}, ("leave it out", "audio/x-l16")),
        (
            twilio_start(encoding="audio/x-mulaw", sampleRate=8_000, channels=1),
            ("audio/x-mulaw", "audio/x-l16", "decode mu-law"),
        ),
        ({"event": "start", "start": {"media_format": {"encoding": "PCMU"}}}, ("mediaFormat",)),
        ({"event": "start", "start": {}}, ("mediaFormat", "sampleRate")),
        (
            {
                "event": "start",
                "start": {"mediaFormat": {"encoding": "audio/x-l16", "sample_rate": 1}},
            },
            ("not sample_rate",),
        ),
        ({"event": "websocket:connected", "content-type": "audio/l16;rate=16000"}, ("Vonage",)),
        ({"event": "dtmf", "dtmf": {"digit": "1"}}, ("dtmf", "leave it out")),
        ({"event": "Start"}, ("lower case",)),
        ({"event": "STOP"}, ("lower case",)),
        ({"event": "pause"}, ("start, media or stop", "'pause'")),
        ({"event": 7}, ("start, media or stop",)),
        ({"type": "KeepAlive"}, ("silence",)),
        ({"type": "CloseStream"}, ('{"event":"stop"}',)),
        ({"type": "Terminate"}, ('{"event":"stop"}',)),
        ({"terminate_session": True}, ('{"event":"stop"}',)),
        ({"eof": 1}, ('{"event":"stop"}',)),
        ({"message": "EndOfStream", "last_seq_no": 3}, ('{"event":"stop"}',)),
        ({"type": "session.update", "session": {}}, ("event", "'type'")),
        ({"type": "input_audio_buffer.append", "audio": "AAAA"}, ("event", "'type'")),
        ({"setup": {"model": "m"}}, ("event", "'setup'")),
        ({"config": {"sample_rate": 16_000}}, ("event", "'config'")),
        ({"audio_data": "AAAA"}, ("event", "'audio_data'")),
        ({"\u00e4" * 300: 1}, ("event",)),
        ({}, ("event",)),
        ([], ("object",)),
        ("EOS", ('{"event":"stop"}',)),
        ("AAAB" * 400, ("payload",)),
        ("data:audio/webm;base64,AAAA", ("without data:",)),
        ("Path: speech.config", ("must be JSON",)),
        ("", ("must be JSON",)),
    ],
)
def test_first_messages_of_other_protocols_are_known(address, frame, words):
    reason = refused(address, frame)
    for word in words:
        assert word in reason


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("data:audio/wav;base64,AAAA", "leave out data:"),
        ("AA-_", "instead of - and _"),
        ("***", "RFC 4648"),
        ("AAA", "padded"),
        (7, "base64 text"),
        (None, "base64 text"),
    ],
)
def test_a_wrong_payload_says_how_to_write_it(address, payload, words):
    reason = refused(address, start(16_000), {"event": "media", "media": {"payload": payload}})
    assert words in reason


def test_media_before_start_says_what_start_is_for(address):
    assert "sampleRate" in refused(address, media(pcm(0.1)))
