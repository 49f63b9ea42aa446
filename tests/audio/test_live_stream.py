"""Streams become chunks while they arrive."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe_mock.audio.chunk_plan import ChunkLengths
from scribe_mock.audio.live_stream import STREAM_LENGTHS, Pcm16Resampler, StreamChunker
from tests.audio.factory import at_level, conversation, read_pcm, silence, speech, vowels

SOUND, LABELS = conversation(7, 0.9, 6, 1, 9, 8, 12, 0.7, 5, 1, 6, 0.8, 9)
PCM = (SOUND * 32767).astype("<i2").tobytes()


def run(pcm, size, lengths=STREAM_LENGTHS):
    chunker, chunks, fullest = StreamChunker(lengths), [], 0.0
    for at in range(0, len(pcm), size):
        chunks += chunker.feed(pcm[at : at + size])
        fullest = max(fullest, chunker.buffered_s)
    return [*chunks, *chunker.flush()], fullest


def test_chunks_of_a_stream_have_all_of_its_speech():
    chunks, fullest = run(PCM, 3200)
    assert len(chunks) >= 3
    assert all(c.end_s - c.start_s <= 25 for c in chunks)
    assert all(a.end_s <= b.start_s for a, b in pairwise(chunks))
    for start, end in LABELS:
        held = sum(max(0, min(end, c.end_s) - max(start, c.start_s)) for c in chunks)
        assert held > 0.98 * (end - start)
    assert fullest < 25 + 5 + 3


def test_chunks_are_the_bytes_of_the_stream():
    for chunk in run(PCM, 3200)[0]:
        assert chunk.pcm == PCM[round(chunk.start_s * 16_000) * 2 : round(chunk.end_s * 16_000) * 2]
        assert read_pcm(chunk.wav) == chunk.pcm


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 40_000))
def test_the_size_of_the_frames_does_not_matter(size):
    expected = [(c.start_s, c.end_s) for c in run(PCM[:640_000], 1 << 30)[0]]
    assert [(c.start_s, c.end_s) for c in run(PCM[:640_000], max(size, 301))[0]] == expected


def test_a_quiet_speaker_after_a_loud_one_is_in_the_chunks():
    quiet = np.concatenate([at_level(vowels(5.3, 5), -46), np.zeros(16_000)])
    sound = np.concatenate([at_level(speech(), -22), np.zeros(12_000), quiet, silence(8), quiet])
    sound += np.random.default_rng(5).standard_normal(len(sound)) * 10 ** (-60 / 20)
    chunks, _ = run((sound * 32767).astype("<i2").tobytes(), 3200)
    first = (len(speech()) + 12_000) / 16_000
    for start in (first, first + 5.3 + 1 + 8):
        held = sum(max(0, min(start + 5.3, c.end_s) - max(start, c.start_s)) for c in chunks)
        assert held > 5


def test_speech_that_never_pauses_does_not_fill_the_buffer():
    lengths = ChunkLengths(shortest=2, target=4, longest=6, silence=1)
    voice = np.concatenate([conversation(2)[0][:20_000]] * 20)
    chunks, fullest = run((voice * 32767).astype("<i2").tobytes(), 6400, lengths)
    assert fullest < 6 + 1 + 3
    assert all(c.end_s - c.start_s <= 6 for c in chunks)


def test_the_end_of_a_stream_without_speech_is_a_chunk():
    pcm = (silence(60) * 32767).astype("<i2").tobytes()
    (chunk,), fullest = run(pcm, 6400)
    assert fullest < 26
    assert not chunk.speech
    assert chunk.end_s == pytest.approx(60, abs=0.001)
    assert 20 < chunk.end_s - chunk.start_s <= 25


def test_the_last_odd_byte_is_dropped():
    chunks, _ = run(PCM[:100_001], 999)
    assert sum(len(c.pcm) for c in chunks) % 2 == 0


def test_an_empty_stream_has_no_chunks():
    chunker = StreamChunker()
    assert chunker.flush() == []
    assert chunker.feed(b"") == []
    assert chunker.flush() == []


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_resampling_from_the_declared_rate(rate):
    count = rate * 3
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(count) / rate)).astype("<i2").tobytes()
    resampler = Pcm16Resampler(rate)
    out = b"".join(resampler.push(tone[i : i + 777]) for i in range(0, len(tone), 777))
    samples = np.frombuffer(out + resampler.flush(), "<i2")
    assert len(samples) == pytest.approx(48_000, abs=40)
    spectrum = np.abs(np.fft.rfft(samples[:48_000]))
    assert spectrum.argmax() / 3 == pytest.approx(440, abs=1)
    assert np.abs(samples).max() == pytest.approx(8000, rel=0.05)


@pytest.mark.parametrize("rate", [0, -1, 100, 10_000_000])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ValueError, match="Hz"):
        Pcm16Resampler(rate)
