"""What is no 16-bit PCM is told from its bytes, and what is PCM is never called something else."""

from functools import cache

import numpy as np
import pytest

from scribe_mock.audio.sample_advice import SampleAdvice
from scribe_mock.audio.sample_formats import SampleFormat, SampleFormats
from tests.audio.factory import RATE, at_level, speech, vowels
from tests.support import AUDIO, noise

RANDOM = np.random.default_rng(8)


def judged(data, size=3211):
    """What a stream of these bytes is called, whatever the size of its messages."""
    formats = SampleFormats()
    for at in range(0, len(data), size):
        found = formats.push(data[at : at + size])
        if found:
            return found
    return formats.flush()


@cache
def spoken(level=-22, seconds=4):
    return at_level(vowels(seconds, 3) + RANDOM.normal(0, 1e-5, seconds * RATE), level)


def as_int(samples, kind="<i2", scale=32767):
    limits = np.iinfo(np.dtype(kind))
    return np.clip(np.round(samples * scale), limits.min, limits.max).astype(kind)


def of_24_bits(samples):
    wide = as_int(samples, "<i4", 8_388_607)
    return wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def mu_law(samples):
    """G.711 by its formula, which is what its steps follow."""
    curve = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)
    size = np.minimum(np.abs(curve) * 128, 127).astype(np.uint8)
    return (~(size | np.where(curve < 0, 0x80, 0).astype(np.uint8))).tobytes()


FORMATS = {
    "float32": (lambda x: x.astype("<f4").tobytes(), SampleFormat.FLOAT),
    "float32 of 16 bits": (
        lambda x: (as_int(x) / np.float32(32768)).astype("<f4").tobytes(),
        SampleFormat.FLOAT,
    ),
    "float32 up to 32767": (lambda x: (x * 32767).astype("<f4").tobytes(), SampleFormat.FLOAT),
    "float32, big-endian": (lambda x: x.astype(">f4").tobytes(), SampleFormat.FLOAT),
    "float64": (lambda x: x.astype("<f8").tobytes(), SampleFormat.FLOAT),
    "big-endian": (lambda x: as_int(x, ">i2").tobytes(), SampleFormat.BIG_ENDIAN),
    "32 bits": (lambda x: as_int(x, "<i4", 2**31 - 1).tobytes(), SampleFormat.BITS_32),
    "16 in 32 bits": (
        lambda x: (as_int(x).astype("<i4") * 65_536).tobytes(),
        SampleFormat.BITS_32,
    ),
    "24 bits": (of_24_bits, SampleFormat.BITS_24),
    "8 bits": (lambda x: (as_int(x, "i1", 127) ^ -128).tobytes(), SampleFormat.BITS_8),
    "8 bits, signed": (lambda x: as_int(x, "i1", 127).tobytes(), SampleFormat.BITS_8),
    "mu-law": (mu_law, SampleFormat.MU_LAW),
}


@pytest.mark.parametrize("level", [-16, -30, -40])
@pytest.mark.parametrize("name", FORMATS)
def test_other_formats_are_named(name, level):
    convert, expected = FORMATS[name]
    if expected is SampleFormat.BITS_8:
        level = -16  # they have no such quiet speech
    assert judged(convert(spoken(level))) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_a_short_stream_is_judged_at_its_end(name):
    convert, expected = FORMATS[name]
    assert judged(convert(spoken(-20)[: RATE // 2])) == expected


@pytest.mark.parametrize("kind", ["webm", "ogg", "mp3"])
def test_a_file_without_its_first_bytes_is_compressed_audio(kind):
    data = (AUDIO / f"speech.{kind}").read_bytes()
    found = judged(data[len(data) // 4 | 1 :])
    assert found == (SampleFormat.MP3 if kind == "mp3" else SampleFormat.COMPRESSED)


def test_base64_is_text():
    assert judged(b"AAABAAIA/v8+" * 2000) == SampleFormat.TEXT


def stretched(samples, rate):
    places = np.arange(int(len(samples) * rate / RATE)) * RATE / rate
    return np.interp(places, np.arange(len(samples)), samples)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("gain", [0.01, 0.1, 1, 4, 30, 300])
def test_speech_is_pcm(rate, gain):
    for voice in (spoken(), speech()):
        clean = stretched(voice, rate) * gain
        for hiss in (0, 10**-3, 10**-1.5):
            sound = as_int(clean + hiss * RANDOM.standard_normal(len(clean)))
            assert judged(sound.tobytes()) is None


def test_speech_that_had_8_bits_is_pcm():
    for gain in (0.1, 1, 30):
        coarse = as_int(spoken() * gain) // 256
        assert judged((coarse * 256).astype("<i2").tobytes()) is None
        assert judged((coarse * 257).astype("<i2").tobytes()) is None
        assert judged(np.repeat(coarse * 256, 2).astype("<i2").tobytes()) is None


@pytest.mark.parametrize("size", [32_767, 30_000, 12_000, 8_192, 1_000, 100])
def test_tones_are_pcm(size):
    time = np.arange(3 * RATE) / RATE
    for frequency in (20, 50, 61.7, 440, 1_000, 1_337.3, 3_200, 4_000, 5_333.3, 7_999):
        cycle = frequency * time + 0.3
        for wave in (
            np.sin(2 * np.pi * cycle),
            np.sign(np.sin(2 * np.pi * cycle)),
            2 * (cycle % 1) - 1,
            np.clip(1.5 * np.sin(2 * np.pi * cycle) * (np.sin(2 * time) > 0), -1, 1),
        ):
            assert judged(as_int(wave, scale=size).tobytes()) is None
            hiss = RANDOM.normal(0, 0.01, len(wave))
            assert judged(as_int(wave + hiss, scale=size).tobytes()) is None


@pytest.mark.parametrize("level", [-6, -9, -12, -20, -40, -60])
def test_noise_is_pcm(level):
    white = RANDOM.standard_normal(4 * RATE)
    for sound in (white, np.diff(white, prepend=0) / 1.4, np.cumsum(white) / 100):
        assert judged(as_int(sound * 10 ** (level / 20)).tobytes()) is None
    even = RANDOM.uniform(-1, 1, 4 * RATE) * 10 ** (level / 20)
    assert judged(as_int(even).tobytes()) is None


def test_silence_is_pcm():
    for value in (0, -1, 127, 3_000):
        assert judged(np.full(RATE, value, "<i2").tobytes()) is None
    assert judged(b"") is None


def test_a_moment_of_strange_noise_does_not_make_a_stream_something_else():
    strange = noise(26_000)
    before = as_int(spoken()).tobytes()
    assert judged(before + strange + before) is None
    assert judged(before + 3 * strange) == SampleFormat.COMPRESSED


def test_there_is_advice_for_all_that_is_named_and_it_fits_a_close():
    files = [(AUDIO / f"speech.{kind}").read_bytes()[5_001:] for kind in ("webm", "mp3")]
    streams = [*(convert(spoken(-16)) for convert, _ in FORMATS.values()), *files, b"AAAB" * 20_000]
    for data in streams:
        advice = SampleAdvice()
        found = advice.push(data) or advice.flush()
        assert found
        assert len(found.reason.encode()) <= 123
