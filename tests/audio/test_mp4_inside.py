"""MP4 files with fragments missing, doubled or cut, and with foreign bytes."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.media_types import M4A, MP4
from scribe_mock.audio.split import split
from tests.audio.factory import encode, vowels

_PLACES = {"movflags": "empty_moov", "frag_duration": "1000000"}
_RELATIVE = {**_PLACES, "movflags": "empty_moov+default_base_moof"}
WHOLE = {
    "AAC": encode(vowels(10), MP4, options=_RELATIVE),
    "AAC with places in the file": encode(vowels(10), MP4, options=_PLACES),
    "Opus": encode(vowels(10), MP4, codec="libopus", rate=48_000, options=_RELATIVE),
}
FILES = pytest.mark.parametrize("name", WHOLE)


def findings(data, kind=MP4):
    """Return the findings of the doctor and those of cutting, which are the same."""
    found = [f for f in diagnose(data, kind, "mp4").findings if f.code != "longer_than_20_s"]
    assert [finding for piece in split(data, kind) for finding in piece.findings] == found
    return found


def heard(data):
    return diagnose(data, MP4, "mp4").duration_s


def fragments(data):
    """Return the header, and the fragments: each a moof box and its sound."""
    at, parts = 0, [b""]
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if name in (b"moof", b"mfra"):
            parts.append(b"")
        parts[-1] += data[at : at + size]
        at += size
    return parts


@FILES
def test_good_files(name):
    assert findings(WHOLE[name]) == []
    assert len(fragments(WHOLE[name])) > 10


@FILES
def test_missing_fragments(name):
    parts = fragments(WHOLE[name])
    (finding,) = findings(b"".join(parts[:4] + parts[6:]))
    assert (finding.code, finding.serious) == ("gap_inside", True)
    hole, at = (float(word) for word in finding.message.split() if word[0].isdigit())
    assert hole == pytest.approx(2, abs=0.11)
    assert at == pytest.approx(3, abs=0.11)


@FILES
def test_a_part_is_missing_that_begins_inside_a_fragment(name):
    parts = fragments(WHOLE[name])
    for last in (7, 6):
        rest = parts[last][len(parts[last]) // 3 :]
        data = b"".join([*parts[:4], parts[4][: len(parts[4]) // 2], rest, *parts[last + 1 :]])
        assert "gap_inside" in [finding.code for finding in findings(data)]
        assert heard(data) > 5.5


@FILES
def test_doubled_fragments_and_fragments_out_of_order(name):
    parts = fragments(WHOLE[name])
    doubled = findings(b"".join(parts[:6] + parts[5:]))
    assert [finding.code for finding in doubled] == ["repeated_inside"]
    swapped = findings(b"".join(parts[:4] + parts[5:6] + parts[4:5] + parts[6:]))
    assert [finding.code for finding in swapped] == ["reordered_inside"]


@FILES
def test_a_recording_that_does_not_begin_at_0(name):
    parts = fragments(WHOLE[name])
    data = b"".join([parts[0], *parts[5:]])
    assert findings(data) == []
    assert heard(data) == pytest.approx(6, abs=0.11)


@FILES
@given(st.binary(min_size=1, max_size=300), st.integers(1, 9))
@settings(deadline=None, max_examples=12)
def test_foreign_bytes_between_fragments_cost_no_sound(name, junk, index):
    parts = fragments(WHOLE[name])
    data = b"".join([*parts[:index], junk, *parts[index:]])
    seconds = heard(data)
    assert seconds == heard(WHOLE[name])
    assert [(f.code, f.serious) for f in findings(data)] == [("junk", False)]


@pytest.mark.parametrize("flags", ["faststart", "empty_moov"])
def test_foreign_bytes_before_and_after(flags):
    whole = encode(vowels(5), MP4, options={"movflags": flags})
    for data in (bytes(300) + whole, whole + b"\xff" * 300, bytes(299) + whole + b"\x01" * 9):
        assert {finding.code for finding in findings(data)} == {"junk"}
        assert heard(data) == heard(whole)


@FILES
@pytest.mark.parametrize("share", [0.4, 0.77, 0.95])
def test_a_file_that_is_cut_short(name, share):
    data = WHOLE[name][: int(len(WHOLE[name]) * share)]
    (finding,) = findings(data)
    assert (finding.code, finding.serious) == ("truncated", True)
    assert heard(data) == pytest.approx(10 * share, abs=1.2)


def test_a_file_with_its_index_first_that_is_cut_short():
    whole = encode(vowels(10), M4A, options={"movflags": "faststart"})
    (finding,) = findings(whole[: len(whole) // 2], M4A)
    assert finding.code == "truncated"


def test_sound_to_the_end_of_the_file():
    whole = encode(vowels(5), MP4, options={"movflags": "faststart"})
    at = whole.index(b"mdat") - 4
    assert findings(whole[:at] + bytes(4) + whole[at + 4 :]) == []
