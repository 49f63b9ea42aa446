"""Whole recordings become chunks."""

from functools import cache

import numpy as np
import pytest

from scribe_mock.audio import media_types
from scribe_mock.audio.containers.reading import open_track
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.split import analyse, assemble, split
from tests.audio.factory import (
    at_level,
    conversation,
    decode,
    encode,
    far_away,
    silence,
    speech,
    vowels,
)

SOUND, LABELS = conversation(6, 1, 7, 0.8, 5, 6, 4, 0.9, 8, 1, 3)


@cache
def recording(kind):
    return encode(SOUND, kind)


def held(labels, pieces):
    total = sum(end - start for start, end in labels)
    return sum(
        max(0.0, min(end, p.end_s) - max(start, p.start_s)) for start, end in labels for p in pieces
    ) / total  # fmt: skip


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_a_recording_is_cut_into_its_speech(kind):
    pieces = split(recording(kind), kind)
    assert len(pieces) >= 3
    assert all(piece.speech for piece in pieces)
    assert all(piece.duration_s <= 20 for piece in pieces)
    assert held(LABELS, pieces) > 0.99
    assert sum(piece.duration_s for piece in pieces) < len(SOUND) / 16_000 - 4  # the long silence
    for piece in pieces:
        assert piece.duration_s == piece.end_s - piece.start_s
        assert len(decode(piece.data)) / 16_000 == pytest.approx(piece.duration_s, abs=0.01)


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_a_recording_without_speech_is_stored_whole_and_marked(kind):
    pieces = split(encode(silence(45), kind), kind)
    assert len(pieces) == 3
    assert not any(piece.speech for piece in pieces)
    assert pieces[0].start_s == 0
    assert pieces[-1].end_s == pytest.approx(45, abs=0.1)
    assert all(piece.duration_s <= 20 for piece in pieces)


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
@pytest.mark.parametrize("parts", [2, 3])
def test_parts_that_are_analysed_separately_give_the_same_chunks(kind, parts):
    data, budget = recording(kind), Budget(Limits())
    track = open_track(data, kind, budget)
    whole = assemble(track, [analyse(track, budget)])
    joined = assemble(track, [analyse(track, budget, part, parts) for part in range(parts)])
    assert len(whole) == len(joined)
    for one, two in zip(whole, joined, strict=True):
        assert one.start_s == pytest.approx(two.start_s, abs=0.1)
        assert one.end_s == pytest.approx(two.end_s, abs=0.1)


def test_very_short_recordings_are_one_chunk():
    for kind in media_types.MEDIA_TYPES:
        (piece,) = split(encode(SOUND[:800], kind), kind)
        assert piece.start_s == 0
        assert 0.04 < piece.duration_s < 0.2


def doctor_and_patient(patient, order=1):
    """Return a voice at -22 dBFS and one at -46 over noise at -60, and where the second is."""
    parts = [at_level(speech(), -22), at_level(patient, -46)][::order]
    sound = np.concatenate([np.zeros(8000), parts[0], np.zeros(12_000), parts[1], np.zeros(8000)])
    noise = np.random.default_rng(5).standard_normal(len(sound)) * 10 ** (-60 / 20)
    start = (20_000 + len(parts[0]) if order == 1 else 8000) / 16_000
    return (sound + noise).astype(np.float32), (start, start + len(patient) / 16_000)


@pytest.mark.parametrize("kind", [media_types.WAV, media_types.WEBM])
def test_sound_that_is_in_no_chunk_is_told_with_its_level(kind):
    hum = at_level(np.sin(2 * np.pi * 300 * np.arange(16_000 * 5) / 16_000), -40)
    parts = [silence(1), speech(), silence(3), hum, silence(3), speech(), silence(6)]
    pieces = split(encode(np.concatenate(parts), kind), kind)
    start = 4 + len(speech()) / 16_000
    found = [(piece, finding) for piece in pieces for finding in piece.findings]
    ((piece, finding),) = found
    assert finding.code == "sound_left_out"
    assert f"{start:.1f} to " in finding.message
    assert "-40 dBFS" in finding.message
    assert piece.start_s > start
    assert not finding.serious


def test_a_noise_floor_and_short_sounds_are_not_told():
    sound, _ = conversation(3, 6, 4, 6, 3)
    sound[16_000 * 5 : 16_000 * 5 + 4000] += vowels(0.25) * 0.02
    for level in (-75, -55, -40):
        noise = at_level(np.random.default_rng(0).standard_normal(len(sound)), level)
        for kind in (media_types.WAV, media_types.MP4):
            assert not any(piece.findings for piece in split(encode(sound + noise, kind), kind))


@pytest.mark.parametrize("order", [1, -1], ids=["quiet after loud", "loud after quiet"])
@pytest.mark.parametrize("patient", [vowels(5.3), vowels(5.3, 5), far_away(speech())[4000:-4000]])
def test_a_quiet_speaker_is_stored_before_and_after_a_loud_one(patient, order):
    sound, there = doctor_and_patient(patient, order)
    for kind in (media_types.WAV, media_types.WEBM):
        pieces = split(encode(sound, kind), kind)
        assert held([there], [piece for piece in pieces if piece.speech]) > 1 - 0.3 / 5.3
