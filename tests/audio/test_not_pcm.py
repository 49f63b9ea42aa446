"""Files are known by the first bytes of a stream, and of a message in it."""

import random
import struct

import numpy as np
import pytest

from scribe_mock.audio.not_pcm import StreamHead
from scribe_mock.audio.sample_advice import SampleAdvice
from scribe_mock.audio.sample_formats import BLOCK
from tests.audio.factory import RATE, vowels, wav
from tests.support import AUDIO, noise

PCM = (vowels(3) * 20_000).astype("<i2").tobytes()


def looked_at(data, size=640, before=()):
    """What is found in a stream of these messages, or None."""
    head = StreamHead()
    for message in before:
        assert head.look(message, RATE) is None
    for at in range(0, len(data), size):
        found = head.look(data[at : at + size], RATE)
        if found:
            return found
    return None


@pytest.mark.parametrize("size", [1, 7, 160, 640, 65_536])
@pytest.mark.parametrize("kind", ["webm", "ogg", "mp4", "m4a", "mp3", "wav"])
def test_files_are_known_whatever_the_size_of_messages(kind, size):
    data = (AUDIO / f"speech.{kind}").read_bytes()
    if size < 7:
        data = data[:4_000]
    found = looked_at(data, size)
    assert found
    assert {"m4a": "MP4", "wav": "WAV", "webm": "WebM", "ogg": "Ogg"}.get(kind, kind.upper()) in (
        found.what
    )


@pytest.mark.parametrize("kind", ["webm", "ogg", "wav"])
def test_files_that_begin_in_mid_stream_are_known(kind):
    data = (AUDIO / f"speech.{kind}").read_bytes()
    assert looked_at(data, 16_000, before=[PCM])


@pytest.mark.parametrize(
    "data",
    [
        b"fLaC\0\0\0\x22",
        b"#!AMR\n<",
        b"caff\0\1\0\0",
        b"FORM\0\0\0\0AIFF",
        b".snd\0\0\0\x18",
        b"riff\x2e\x91\xcf\x11\xa5\xd6",
        b"\x1f\x43\xb6\x75\x01\xff",
        b"\0\0\0\x68moof\0\0\0\x10mfhd",
        b"data:audio/webm;base64,GkXf",
        b"AAABAAIA" * 30,
        b'{"event":"stop"}',
    ],
)
def test_what_else_is_known_by_its_beginning(data):
    found = looked_at(data + (b"" if data[:1] in b"{dA" else PCM[:100]), 10_000)
    assert found
    assert found.remedy


def test_pcm_is_none_of_these():
    assert looked_at(PCM) is None
    assert looked_at(PCM[1:], 63) is None
    assert looked_at(bytes(10_000)) is None
    for seed in range(40):
        assert looked_at(noise(20_000, seed), 320) is None
    sound = np.random.default_rng(2).normal(0, 9_000, 200_000).astype("<i2").tobytes()
    assert looked_at(sound, 2) is None


def test_the_header_of_a_wav_is_read():
    right = looked_at(wav(np.zeros(400)), 16_000)
    assert right
    assert not right.lasting
    assert "first 44 bytes" in right.remedy
    wrong = looked_at(wav(np.zeros(400), channels=2, rate=44_100), 16_000)
    assert wrong
    assert wrong.lasting
    assert "16-bit PCM, 44100 Hz, 2 ch" in wrong.what
    bare = looked_at(b"RIFF\0\0\0\0WAVE", 16_000)
    assert bare
    assert not bare.lasting


def test_the_reason_fits_a_close_whatever_a_header_says():
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 65_535, 65_535, 2**32 - 1, 0, 0, 65_535)
    head = StreamHead()
    found = head.look(b"RIFF\xff\xff\xff\xffWAVE" + form + b"data", 192_000)
    assert found
    assert len(found.reason.encode()) <= 123


def test_no_bytes_make_it_fail():
    chance = random.Random(4)
    for _ in range(60):
        kind = chance.choice(["webm", "ogg", "mp4", "mp3", "wav"])
        data = bytearray((AUDIO / f"tiny.{kind}").read_bytes())
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
        looked_at(bytes(data[chance.choice([0, 0, 3, 12]) :]), chance.choice([1, 50, 5_000]))
    for pattern in (b"\0", b"\xff", b"\x7f\xff", b"\0\0\xc0\x7f", b"\xff\xfb\x90\0", b"\x80\0\0"):
        advice = SampleAdvice()
        for block in (pattern * 20_000, noise(BLOCK) + pattern * 999):
            advice.push(block)
        advice.flush()
