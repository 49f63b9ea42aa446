"""Tones and noises are not speech, and speech remains speech beside them."""

import numpy as np
import pytest

from scribe_mock.audio import media_types
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.live_stream import StreamChunker
from scribe_mock.audio.split import split
from tests.audio.factory import RATE, at_level, encode, speech, vowels, wav

TIME = np.arange(RATE * 6) / RATE


def tones(*frequencies):
    return sum(np.sin(2 * np.pi * frequency * TIME) for frequency in frequencies)


def gated(sound, on, off):
    return sound * (TIME % (on + off) < on)


def noise(slope=0.0):
    """Return noise whose power falls with a power of the frequency, from 20 Hz on."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(len(TIME)))
    steps = np.maximum(np.arange(len(spectrum)), 20 * 6)
    return np.fft.irfft(spectrum * steps ** (-slope / 2), len(TIME))


def dialled():
    """Return a telephone number as its keys sound."""
    keys = np.random.default_rng(3).integers(0, 12, 24)
    sounds = [tones((697, 770, 852, 941)[key // 3], (1209, 1336, 1477)[key % 3]) for key in keys]
    return gated(np.choose((TIME / 0.25).astype(int), sounds), 0.12, 0.13)


HARMONICS = range(1, 10)
SOUNDS = {
    "dial tone": tones(350, 440),
    "hum": tones(300),
    "mains hum": sum(np.sin(2 * np.pi * 50 * n * TIME) / n for n in HARMONICS),
    "white noise": noise(),
    "pink noise": noise(1),
    "brown noise": noise(2),
    "swelling noise": noise(1) * (0.1 + np.sin(np.pi * TIME / 4) ** 2),
    "busy": gated(tones(425), 0.5, 0.5),
    "busy in America": gated(tones(480, 620), 0.25, 0.25),
    "ringing": gated(tones(425), 1, 4),
    "ringing in Britain": gated(tones(400, 450), 0.4, 0.2),
    "dialled": dialled(),
    "slow sweep": np.sin(2 * np.pi * np.cumsum(600 + 300 * np.sin(2 * np.pi * TIME / 4)) / RATE),
}


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("level", [-33, -10])
def test_a_recording_of_tones_or_noise_has_no_speech(name, level):
    data = wav(np.clip(at_level(SOUNDS[name], level), -1, 1))
    found = diagnose(data, media_types.WAV, "wav")
    assert "no_speech" in found.codes
    assert found.speech_regions == ()
    assert not found.serious
    assert not any(piece.speech for piece in split(data, media_types.WAV))


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
@pytest.mark.parametrize("name", ["busy", "dialled", "mains hum", "pink noise"])
def test_so_has_one_of_any_type(kind, name):
    found = diagnose(encode(at_level(SOUNDS[name], -18), kind), kind, "x")
    assert "no_speech" in found.codes


@pytest.mark.parametrize("name", ["busy", "dialled", "white noise"])
def test_a_stream_of_tones_has_no_speech(name):
    chunker = StreamChunker()
    pcm = (at_level(SOUNDS[name], -18) * 32767).astype("<i2").tobytes()
    chunks = [chunk for _ in range(6) for chunk in chunker.feed(pcm)] + chunker.flush()
    assert not any(chunk.speech for chunk in chunks)


@pytest.mark.parametrize("name", SOUNDS)
def test_speech_over_tones_and_noise_is_speech(name):
    under = at_level(SOUNDS[name], -36)[: len(speech())]
    found = diagnose(wav(at_level(speech(), -24) + under), media_types.WAV, "wav")
    assert found.codes == ()
    assert found.speech_share == pytest.approx(0.8, abs=0.2)


def test_short_and_silent_chunks_are_not_said_to_have_no_speech():
    short = at_level(SOUNDS["hum"], -20)[: int(RATE * 1.9)]
    assert diagnose(wav(short), media_types.WAV, "wav").codes == ()
    silent = at_level(SOUNDS["white noise"], -75)
    assert diagnose(wav(silent), media_types.WAV, "wav").codes == ("silent",)


@pytest.mark.parametrize("seconds", [0.3, 0.5, 1.0, 2.0])
def test_a_word_is_speech(seconds):
    sound = np.zeros(RATE * 6, np.float32)
    sound[RATE : RATE + int(RATE * seconds)] = vowels(seconds)
    assert diagnose(wav(sound), media_types.WAV, "wav").codes == ()
