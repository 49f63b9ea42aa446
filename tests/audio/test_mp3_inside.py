"""MP3 files with other bytes before, between and after their frames, and without some frames."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scribe_mock.audio.containers.mp3_frames import frame_ends
from scribe_mock.audio.containers.reading import read_container
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.media_types import MP3
from scribe_mock.audio.split import split
from tests.audio.factory import encode, vowels

#: Without and with the header that announces the number of frames.
PLAIN = encode(vowels(10), MP3, options={"write_xing": "0", "id3v2_version": "0"})
COUNTED = encode(vowels(10), MP3)


def findings(data):
    """Return the codes of the doctor and of cutting, which are the same."""
    found = [f for f in diagnose(data, MP3, "mp3").findings if f.code != "longer_than_20_s"]
    assert [finding for piece in split(data, MP3) for finding in piece.findings] == found
    return found


def heard(data):
    return diagnose(data, MP3, "mp3").duration_s


def frame_starts(data):
    at, starts = 0, []
    while at < len(data):
        starts.append(at)
        at = frame_ends(data, at)
    return starts


STARTS = frame_starts(PLAIN)


@given(st.binary(min_size=4, max_size=300), st.sampled_from(STARTS[1:]))
@example(b"\xff" * 300, STARTS[100])
@example(bytes(300), STARTS[100])
@settings(deadline=None, max_examples=40)
def test_other_bytes_between_frames_cost_no_sound(junk, at):
    data = PLAIN[:at] + junk + PLAIN[at:]
    assert heard(data) == pytest.approx(heard(PLAIN), abs=0.06)
    assert {finding.code for finding in findings(data)} <= {"junk", "truncated"}


@given(st.integers(1, len(PLAIN) // 2))
@settings(deadline=None, max_examples=20)
def test_a_recording_from_anywhere_on(begin):
    whole, rest = len(PLAIN), len(PLAIN) - begin
    track = read_container(PLAIN[begin:], "mp3")
    assert len(track) * 1152 / 44_100 == pytest.approx(10 * rest / whole, abs=0.15)
    assert {flaw.code for flaw in track.flaws} <= {"junk"}


@given(st.integers(2000, len(PLAIN) - 1))
@settings(deadline=None, max_examples=20)
def test_a_recording_up_to_anywhere(end):
    data = PLAIN[:end]
    assert heard(data) == pytest.approx(10 * end / len(PLAIN), abs=0.15)
    assert [finding.code for finding in findings(data)] == ([] if end in STARTS else ["truncated"])


def test_zeros_after_the_sound_and_tags_between():
    tag = b"ID3\x03\0\0\0\0\x0f\x00" + bytes(1920)
    at = STARTS[200]
    assert findings(PLAIN[:at] + tag + PLAIN[at:]) == []
    assert findings(tag + PLAIN + b"TAG" + bytes(125)) == []
    assert [f.code for f in findings(PLAIN + bytes(5000))] == ["junk"]
    cut_tag = b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + bytes(100)
    assert heard(cut_tag + PLAIN) == pytest.approx(heard(PLAIN), abs=0.03)


def test_fewer_frames_than_announced():
    at = COUNTED.index(b"Info") - 36 if b"Info" in COUNTED else COUNTED.index(b"Xing") - 36
    first = COUNTED.index(b"\xff\xfb", at - 10)
    starts = [first + start for start in frame_starts(COUNTED[first:])]
    hole = COUNTED[: starts[100]] + COUNTED[starts[180] :]
    (finding,) = findings(hole)
    assert (finding.code, finding.serious) == ("gap_inside", True)
    assert "2.1 s are missing" in finding.message


def test_files_in_a_row_are_one_recording():
    assert findings(COUNTED + COUNTED) == []
    assert heard(COUNTED + COUNTED) == pytest.approx(20, abs=0.2)
