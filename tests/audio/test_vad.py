"""Where the speech is."""

import numpy as np
import pytest

from scribe_mock.audio.vad import FRAME, HOP, Profile, Profiler, speech_of
from tests.audio.factory import RATE, conversation, silence


def profile_of(samples, block=7000):
    profiler = Profiler()
    parts = [profiler.push(samples[i : i + block]) for i in range(0, len(samples), block)]
    return Profile.join([*parts, profiler.flush()])


def profile(scores, levels=None):
    scores = np.array(scores, np.float32)
    changing = np.where(np.arange(len(scores)) % 2, -20, -30)
    levels = np.array(changing if levels is None else levels, np.float32)
    timbres = np.where(np.arange(len(scores)) // 20 % 2, -10, -16).astype(np.float32)
    return Profile(scores, levels, timbres)


def test_blocks_of_any_size_give_the_same_profile():
    samples, _ = conversation(2, 1, 2)
    one, two = profile_of(samples, 1 << 20), profile_of(samples, 333)
    assert len(one) == -(-len(samples) // FRAME)
    assert np.array_equal(one.scores, two.scores)
    assert np.allclose(one.levels, two.levels, atol=0.01)


def test_speech_is_found_where_it_is():
    samples, labels = conversation(3, 2, 4, 3, 2)
    found = speech_of(profile_of(samples))
    for start, end in labels:
        held = sum(max(0, min(end, b) - max(start, a)) for a, b in found)
        assert held > 0.8 * (end - start)
    for a, b in found:
        assert any(start - 0.3 < a < b < end + 0.3 for start, end in labels)


time = np.arange(RATE * 8) / RATE


@pytest.mark.parametrize(
    "samples",
    [
        silence(8),
        np.zeros(RATE * 8, np.float32),
        np.random.default_rng(0).standard_normal(RATE * 8).astype(np.float32) * 0.05,
        (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32),
        np.sum([0.1 * np.sin(2 * np.pi * f * time) for f in (261, 329, 392)], 0).astype(np.float32),
        (0.1 * np.sin(2 * np.pi * 50 * time)).astype(np.float32),
    ],
    ids=["hiss", "nothing", "white noise", "tone", "chord", "hum"],
)
def test_hiss_noise_and_music_are_not_speech(samples):
    assert speech_of(profile_of(samples)) == []


def test_short_pauses_belong_to_speech_and_clicks_do_not():
    scores = [0.0] * 20 + [0.9] * 30 + [0.0] * 5 + [0.9] * 30 + [0.0] * 40 + [0.9] * 3 + [0.0] * 20
    assert speech_of(profile(scores)) == [(20 * HOP, 85 * HOP)]


def test_speech_includes_the_lower_scores_around_it():
    scores = [0.0] * 10 + [0.45] * 10 + [0.9] * 20 + [0.45] * 10 + [0.0] * 10 + [0.45] * 20
    assert speech_of(profile(scores)) == [(10 * HOP, 50 * HOP)]


def test_a_profile_is_fitted_to_a_length():
    fitted = profile([0.5] * 4).fitted(6)
    assert fitted.scores.tolist() == [0.5] * 4 + [0.0, 0.0]
    assert len(profile([0.5] * 4).fitted(2)) == 2
