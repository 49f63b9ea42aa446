"""Findings about one chunk."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe_mock.audio import media_types
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.split import split
from scribe_mock.sessions.diagnosis import Diagnosis
from tests.audio.factory import RATE, at_level, encode, sample, speech, vowels, wav


def healthy(kind):
    return diagnose(sample(kind, 3.0), kind, media_types.MEDIA_TYPES[kind].extension)


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_a_good_chunk_has_no_findings(kind):
    found = healthy(kind)
    assert found.findings == ()
    assert not found.serious
    assert found.container == media_types.MEDIA_TYPES[kind].container
    assert found.duration_s == pytest.approx(3.0, abs=0.1)
    assert found.rate >= 16_000
    assert found.channels == (2 if kind == media_types.OGG else 1)
    assert -40 < found.loudness_dbfs < found.peak_dbfs <= 0
    assert 0.4 < found.speech_share < 0.9


@pytest.mark.parametrize(
    ("real", "declared", "extension"),
    [
        (media_types.WAV, media_types.MP3, "mp3"),
        (media_types.WEBM, media_types.MP4, "mp4"),
        (media_types.WEBM, media_types.WEBM, "wav"),
        (media_types.OGG, media_types.OGG_OPUS, "ogg"),
    ],
)
def test_declared_type_differs(real, declared, extension):
    found = diagnose(sample(real, 3.0), declared, extension)
    assert found.codes == ("declared_type_differs",)
    assert found.serious


def test_bytes_that_are_not_audio():
    found = diagnose(b"hello there", media_types.WEBM, "webm")
    assert found.codes == ("declared_type_differs",)
    assert "plain text" in found.findings[0].message
    assert found.duration_s is None


def test_longer_than_20_s():
    sound = vowels(21)
    assert diagnose(wav(sound), media_types.WAV, "wav").codes == ("longer_than_20_s",)
    assert diagnose(wav(sound[: 16_000 * 20]), media_types.WAV, "wav").codes == ()


def test_loudness():
    sound = vowels(3)
    assert diagnose(wav(sound * 0), media_types.WAV, "wav").codes == ("silent",)
    assert diagnose(wav(sound * 0.15), media_types.WAV, "wav").codes == ("too_quiet",)
    assert diagnose(wav(np.clip(sound * 20, -1, 1)), media_types.WAV, "wav").codes == ("clipped",)
    square = np.sign(np.sin(np.arange(16_000) / 20)).astype(np.float32)
    assert diagnose(wav(square), media_types.WAV, "wav").loudness_dbfs == pytest.approx(0, abs=0.1)


def hiss(seconds, dbfs):
    return at_level(np.random.default_rng(0).standard_normal(int(seconds * RATE)), dbfs)


@pytest.mark.parametrize("at", [0, 8, 19])
@pytest.mark.parametrize("level", [-26, -38])
def test_one_word_in_a_quiet_room_is_loud_enough(at, level):
    sound = hiss(20, -65)
    sound[at * RATE : at * RATE + 8000] += at_level(speech()[4000:12_000], level)
    found = diagnose(wav(sound), media_types.WAV, "wav")
    assert found.codes == ()
    assert found.loudness_dbfs == pytest.approx(level, abs=2)


TEN_SECONDS = np.arange(RATE * 10) / RATE


@pytest.mark.parametrize(
    "sound",
    [
        np.full(RATE * 10, 0.9),
        np.full(RATE * 10, -0.4) + hiss(10, -75),
        0.5 * np.sin(2 * np.pi * 8 * TEN_SECONDS),
        0.9 * np.sin(2 * np.pi * 19 * TEN_SECONDS),
        hiss(10, -71),
    ],
    ids=["offset", "offset and hiss", "8 Hz", "19 Hz", "hiss"],
)
@pytest.mark.parametrize("bits", [16, 24])
def test_what_nobody_hears_is_silent(sound, bits):
    assert diagnose(wav(sound, bits=bits), media_types.WAV, "wav").codes == ("silent",)


def companded(samples, codec):
    out = io.BytesIO()
    with av.open(out, "w", format="wav") as file:
        stream = file.add_stream(codec, rate=8000, layout="mono")
        graph = av.AudioResampler("s16", "mono", 8000)
        frame = av.AudioFrame.from_ndarray(samples[None, :].astype(np.float32), "flt", "mono")
        frame.sample_rate = RATE
        for part in (*graph.resample(frame), *graph.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return out.getvalue()


FULL_SCALE = speech() / np.abs(speech()).max() * np.float32(0.9999)
CODINGS = {
    "16 bits": lambda sound: (wav(sound), media_types.WAV),
    "8 bits": lambda sound: (wav(sound, bits=8), media_types.WAV),
    "6 dB quieter": lambda sound: (wav(sound / 2), media_types.WAV),
    "20 dB quieter, float": lambda sound: (wav(sound / 10, bits=32, fmt=3), media_types.WAV),
    "u-law": lambda sound: (companded(sound, "pcm_mulaw"), media_types.WAV),
    "A-law": lambda sound: (companded(sound, "pcm_alaw"), media_types.WAV),
    "MP3": lambda sound: (encode(sound, media_types.MP3), media_types.MP3),
    "AAC": lambda sound: (encode(sound, media_types.MP4), media_types.MP4),
    "Opus": lambda sound: (encode(sound, media_types.WEBM, bit_rate=16_000), media_types.WEBM),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_clipping_is_seen_in_every_coding_and_loud_speech_is_not_clipped(coding):
    for gain, codes in ((1, ()), (2, ("clipped",)), (4, ("clipped",))):
        data, kind = CODINGS[coding](np.clip(FULL_SCALE * gain, -1, 1))
        found = diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
        assert found.codes == codes, gain


@pytest.mark.parametrize("volume", [0.02, 0.05, 0.2])
def test_the_few_levels_of_a_quiet_file_are_not_clipping(volume):
    assert "clipped" not in diagnose(wav(FULL_SCALE * volume, bits=8), media_types.WAV, "wav").codes
    few = np.round(hiss(5, -85) * 32768) / 32768
    assert "clipped" not in diagnose(wav(few), media_types.WAV, "wav").codes


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_speech_is_told_in_the_time_that_is_heard(kind):
    sound = np.concatenate([hiss(1, -70), speech()])
    (start, *_), *_ = diagnose(encode(sound, kind), kind, "x").speech_regions
    (same, *_), *_ = diagnose(wav(sound), media_types.WAV, "wav").speech_regions
    assert start == pytest.approx(same, abs=0.05)


def test_what_a_player_drops_is_not_measured():
    sound = np.concatenate([np.clip(FULL_SCALE * 4, -1, 1), hiss(3, -70), at_level(speech(), -30)])
    second = split(encode(sound, media_types.WEBM), media_types.WEBM)[-1]
    whole = diagnose(second.data, media_types.WEBM, "webm")
    assert whole.codes == ()
    assert whole.peak_dbfs == pytest.approx(-12, abs=3)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_many_channels_are_diagnosed_like_one(channels):
    found = diagnose(wav(speech(), channels=channels), media_types.WAV, "wav")
    alone = diagnose(wav(speech()), media_types.WAV, "wav")
    assert found.codes == ()
    assert found.channels == channels
    assert found.loudness_dbfs == pytest.approx(alone.loudness_dbfs, abs=0.2)
    assert found.peak_dbfs == alone.peak_dbfs
    assert found.speech_share == pytest.approx(alone.speech_share, abs=0.03)
    pieces = split(wav(speech(), channels=channels), media_types.WAV)
    assert all(piece.speech for piece in pieces)


@pytest.mark.parametrize("layout", ["5.1", "7.1"])
def test_surround_sound_is_diagnosed(layout):
    data = surround(speech(), layout)
    found = diagnose(data, media_types.MP4, "mp4")
    assert found.codes == ()
    assert found.speech_share == pytest.approx(0.78, abs=0.05)
    assert found.peak_dbfs == pytest.approx(-5, abs=2)


def surround(samples, layout):
    """Return an MP4 with the same sound in the front channels."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")
        with av.open(str(path), "w", format="mp4") as file:
            stream = file.add_stream("aac", rate=48_000, layout=layout)
            graph = av.AudioResampler(stream.format, layout, 48_000, frame_size=1024)
            stereo = np.repeat(samples[:, None], 2, axis=1).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(stereo, "flt", "stereo")
            frame.sample_rate, frame.pts = RATE, 0
            for source in (frame, None):
                for part in graph.resample(source):
                    file.mux(stream.encode(part))
            file.mux(stream.encode(None))
        return path.read_bytes()


def test_a_microphone_on_one_of_two_channels_is_as_loud_as_on_both():
    pcm = np.round(at_level(speech(), -40) * 32767).astype("<i2")
    both = wav(at_level(speech(), -40), channels=2)
    one = both[:44] + np.stack([pcm, pcm * 0], axis=1).tobytes()
    assert diagnose(one, media_types.WAV, "wav").codes == ()
    louder = diagnose(both, media_types.WAV, "wav").loudness_dbfs
    assert diagnose(one, media_types.WAV, "wav").loudness_dbfs == pytest.approx(louder, abs=0.5)


def test_more_than_eight_channels_are_refused():
    data = wav(speech()[:8000], channels=9)
    found = diagnose(data, media_types.WAV, "wav")
    assert "9 channels" in found.findings[0].message
    assert "at most 8" in found.findings[0].advice
    with pytest.raises(AudioError, match="9 channels"):
        split(data, media_types.WAV)


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_truncated(kind):
    data = sample(kind, 3.0)
    found = diagnose(data[: int(len(data) * 0.8)], kind, media_types.MEDIA_TYPES[kind].extension)
    assert "truncated" in found.codes
    assert found.serious


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(media_types.MEDIA_TYPES)))
def test_no_bytes_raise_an_exception(data, kind):
    assert isinstance(diagnose(data, kind, "webm"), Diagnosis)
    head = sample(kind, 0.6)[:200]
    assert isinstance(diagnose(head + data, kind, "nonsense"), Diagnosis)
