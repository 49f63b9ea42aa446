"""Where recordings are cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock.audio.chunk_plan import ChunkLengths, equal_chunks, plan, plan_speech
from scribe_mock.audio.vad import HOP, Profile

LENGTHS = [ChunkLengths(), ChunkLengths(shortest=10, target=15, longest=25, silence=5)]


def profile(seconds):
    count = int(seconds / HOP) + 1
    return Profile(*np.zeros((3, count), np.float32))


@st.composite
def recordings(draw):
    """Stretches of speech and pauses by turns, and the length of the recording."""
    at = draw(st.floats(0, 30))
    speech = []
    for length, pause in draw(
        st.lists(st.tuples(st.floats(0.1, 70), st.floats(0.16, 15)), min_size=1, max_size=25)
    ):
        speech.append((at, at + length))
        at += length + pause
    return speech, speech[-1][1] + draw(st.floats(0, 30))


@given(recordings(), st.sampled_from(LENGTHS))
def test_chunks_are_in_order_without_overlap_and_short_enough(recording, lengths):
    speech, duration = recording
    chunks = plan_speech(speech, profile(duration), duration, lengths)
    assert all(0 <= c.start_s < c.end_s <= duration + 1e-9 for c in chunks)
    assert all(c.end_s - c.start_s <= lengths.longest + 1e-9 for c in chunks)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(chunks))
    assert all(c.speech for c in chunks)


@given(recordings(), st.sampled_from(LENGTHS))
def test_each_stretch_of_speech_is_in_one_chunk(recording, lengths):
    speech, duration = recording
    chunks = plan_speech(speech, profile(duration), duration, lengths)
    for start, end in speech:
        touching = [c for c in chunks if c.start_s < end - 1e-6 and c.end_s > start + 1e-6]
        if end - start <= lengths.longest:
            assert len(touching) == 1
        assert touching[0].start_s <= start + 1e-6
        assert touching[-1].end_s >= end - 1e-6
        # Speech longer than a chunk continues in the next one without a gap.
        assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(touching))


@given(recordings(), st.sampled_from(LENGTHS))
def test_cuts_are_in_the_middle_of_pauses_and_long_pauses_are_left_out(recording, lengths):
    speech, duration = recording
    chunks = plan_speech(speech, profile(duration), duration, lengths)
    short_enough = all(
        end - start <= lengths.longest - 2 * lengths.silence for start, end in speech
    )
    for before, after in pairwise(chunks):
        pause = next(
            ((a[1], b[0]) for a, b in pairwise(speech)
             if a[1] - 1e-6 <= before.end_s and after.start_s <= b[0] + 1e-6), None,
        )  # fmt: skip
        if pause is None:
            assert before.end_s == after.start_s  # within speech that is too long
        elif pause[1] - pause[0] > lengths.silence and short_enough:
            assert before.end_s - pause[0] <= lengths.margin + 1e-6
            assert pause[1] - after.start_s <= lengths.margin + 1e-6
        elif short_enough and before.end_s == after.start_s:
            assert before.end_s == pytest.approx(sum(pause) / 2)
    for chunk in chunks:
        inner = [(a[1], b[0]) for a, b in pairwise(speech)
                 if chunk.start_s < a[1] and b[0] < chunk.end_s]  # fmt: skip
        assert all(end - start <= lengths.silence + 1e-9 for start, end in inner)


def test_chunks_have_about_the_target_length():
    speech = [(i * 3.0, i * 3.0 + 2.2) for i in range(100)]
    chunks = plan_speech(speech, profile(300), 300, ChunkLengths())
    assert {round(c.end_s - c.start_s) for c in chunks[1:-1]} <= {9, 12}


def test_the_longer_pause_is_cut():
    speech = [(0, 4), (4.2, 8), (8.2, 9.5), (10.4, 14), (14.2, 18), (18.2, 19)]
    chunks = plan_speech(speech, profile(19), 19, ChunkLengths())
    assert [round(c.end_s, 2) for c in chunks] == [9.95, 19.0]


def test_speech_without_a_pause_is_cut_where_it_is_quietest():
    levels = np.full(int(30 / HOP), -10.0, np.float32)
    levels[int(13.1 / HOP) : int(13.3 / HOP)] = -40
    scores = np.full(len(levels), 0.9, np.float32)
    scores[:2] = scores[-2:] = 0
    levels[::2] -= 6
    timbres = np.where(np.arange(len(levels)) // 20 % 2, -10, -16).astype(np.float32)
    chunks = plan(Profile(scores, levels, timbres), 30, ChunkLengths())
    assert len(chunks) in (2, 3)
    assert any(13.05 < c.end_s < 13.35 for c in chunks)


def test_a_margin_of_silence_stays_around_speech():
    (chunk,) = plan_speech([(10, 14)], profile(60), 60, ChunkLengths())
    assert (chunk.start_s, chunk.end_s) == (9.75, 14.25)


@given(st.floats(0.01, 5000))
def test_a_recording_without_speech_is_covered_whole(duration):
    chunks = plan(profile(duration), duration, ChunkLengths())
    assert not any(c.speech for c in chunks)
    assert chunks[0].start_s == 0
    assert chunks[-1].end_s == duration
    assert all(c.end_s - c.start_s <= 20 + 1e-9 for c in chunks)
    assert all(a.end_s == b.start_s for a, b in pairwise(chunks))


def test_chunks_without_speech_are_equal():
    edges = [c.start_s for c in equal_chunks(0, 50, 20)]
    assert edges == pytest.approx([0, 50 / 3, 100 / 3])
