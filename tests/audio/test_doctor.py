"""Findings about one chunk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe_mock.audio import media_types
from scribe_mock.audio.doctor import diagnose
from scribe_mock.sessions.diagnosis import Diagnosis
from tests.audio.factory import sample, vowels, wav


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
