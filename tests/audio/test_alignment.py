"""What arrived, compared with what was spoken. `python -m tests.audio.planted 400` tries more."""

import numpy as np
import pytest

from scribe_mock.audio.alignment.comparison import Piece, compare
from scribe_mock.audio.alignment.fingerprint import Fingerprint, fingerprint
from scribe_mock.audio.limits import Limits
from tests.audio.factory import RATE, conversation, vowels, wav
from tests.audio.planted import KINDS, case, judged


def printed(sound):
    return fingerprint(wav(sound), Limits())


def passages(found):
    return [(round(one.start_s, 1), round(one.end_s, 1)) for one in found]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_fault_is_found_and_nothing_else(kind, seed):
    shortest = 0.5 if kind == "distorted" else 0.3
    wrong, errors = judged(case(1000 + seed, kind, shortest))
    assert wrong == []
    assert max(errors, default=0) < 0.25


def test_what_is_spoken_twice_is_not_confused_with_itself():
    phrase, pause = vowels(3, 5), np.zeros(RATE // 2, np.float32)
    spoken = np.concatenate([phrase, pause] * 6)
    whole = printed(spoken)
    found = compare(
        whole, [Piece(0, printed(spoken[: 8 * RATE])), Piece(1, printed(spoken[8 * RATE :]))]
    )
    assert found.missing == found.repeated == found.reordered == found.distorted == ()
    assert found.coverage_percent == 100


def test_a_late_start_is_missing_once():
    spoken, _ = conversation(10, 2, 10)
    found = compare(printed(spoken), [Piece(0, printed(spoken[round(4.2 * RATE) :]))])
    assert passages(found.missing) == [(0.0, 4.2)]
    assert found.missing[0].chunk is None
    assert found.repeated == found.reordered == found.distorted == ()


def test_silence_is_judged_by_time():
    spoken, _ = conversation(6, 8, 6)
    cut = np.concatenate([spoken[: 8 * RATE], spoken[11 * RATE :]])
    found = compare(printed(spoken), [Piece(0, printed(cut))])
    assert [round(one.end_s - one.start_s, 1) for one in found.missing] == [3.0]
    assert 6 <= found.missing[0].start_s <= 11
    assert found.coverage_percent == 100


def test_silence_that_the_server_left_out_is_not_missing():
    spoken, _ = conversation(6, 8, 6)
    whole = printed(spoken)
    first, last = printed(spoken[: 7 * RATE]), printed(spoken[13 * RATE :])
    found = compare(whole, [Piece(0, first, 0.0), Piece(1, last, 13.0)])
    assert found.missing == found.repeated == found.reordered == found.distorted == ()
    late = compare(whole, [Piece(0, first), Piece(1, last)])
    assert [round(one.end_s - one.start_s, 1) for one in late.missing] == [6.0]


def test_a_microphone_that_was_muted_is_missing_in_the_middle_of_a_chunk():
    spoken, _ = conversation(12, 1)
    muted = spoken.copy()
    muted[4 * RATE : 6 * RATE] = 0
    found = compare(printed(spoken), [Piece(0, printed(muted))])
    assert len(found.missing) == 1
    assert abs(found.missing[0].start_s - 4) < 0.2
    assert abs(found.missing[0].end_s - 6) < 0.2


@pytest.mark.parametrize("heard", [vowels(8, 77), np.zeros(8 * RATE, np.float32)])
def test_what_was_never_spoken_covers_nothing(heard):
    spoken = printed(vowels(8, 3))
    found = compare(spoken, [Piece(0, printed(heard))])
    lost = sum(one.end_s - one.start_s for one in (*found.missing, *found.distorted))
    assert lost > 7
    assert found.coverage_percent < 10


def test_nothing_arrived():
    spoken = printed(vowels(4, 3))
    for pieces in ([], [Piece(0, Fingerprint(np.zeros((0, 24), np.uint8)))]):
        found = compare(spoken, pieces)
        assert passages(found.missing) == [(0.0, 4.0)]
        assert found.coverage_percent == 0
        assert found.matches == ()


def test_an_empty_reference_has_nothing_to_miss():
    found = compare(Fingerprint(np.zeros((0, 24), np.uint8)), [Piece(0, printed(vowels(2)))])
    assert (found.missing, found.repeated, found.coverage_percent) == ((), (), 100)


def test_matches_tell_where_each_part_of_each_chunk_was_spoken():
    spoken, _ = conversation(10, 1, 10)
    pieces = [Piece(7, printed(spoken[: 9 * RATE])), Piece(8, printed(spoken[14 * RATE :]))]
    matches = compare(printed(spoken), pieces).matches
    assert [(one.chunk, one.start_s) for one in matches] == [(7, 0.0), (8, 0.0)]
    places = [(one.reference_start_s, one.reference_end_s) for one in matches]
    assert np.round(np.array(places, float)).tolist() == [[0, 9], [14, 21]]
