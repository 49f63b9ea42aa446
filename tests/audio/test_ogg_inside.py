"""Ogg files with pages missing, doubled or damaged, with foreign bytes, and several in a row."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.media_types import OGG, OGG_OPUS
from scribe_mock.audio.split import split
from tests.audio.factory import encode, vowels
from tests.audio.recordings import ogg_pages, with_checksum

SPEECH = {kind: encode(vowels(10), kind) for kind in (OGG, OGG_OPUS)}
KINDS = pytest.mark.parametrize("kind", SPEECH)


def findings(data, kind):
    """Return the findings of the doctor and those of cutting, which are the same."""
    found = [f for f in diagnose(data, kind, "ogg").findings if f.code != "longer_than_20_s"]
    assert [finding for piece in split(data, kind) for finding in piece.findings] == found
    return found


def heard(data, kind):
    return diagnose(data, kind, "ogg").duration_s


def page_with(page, granule):
    return with_checksum(page[:6] + struct.pack("<q", granule) + page[14:])


@KINDS
def test_missing_pages(kind):
    pages = ogg_pages(SPEECH[kind])
    (finding,) = findings(b"".join(pages[:5] + pages[7:]), kind)
    lost = 10 - heard(b"".join(pages[:5] + pages[7:]), kind)
    assert (finding.code, finding.serious) == ("gap_inside", True)
    hole, at = (float(word) for word in finding.message.split() if word[0].isdigit())
    assert hole == pytest.approx(lost, abs=0.15)
    assert at == pytest.approx(3.0, abs=0.2)


@KINDS
@pytest.mark.parametrize("late", [10, 500, 1500])
def test_a_part_is_missing_that_begins_inside_a_page(kind, late):
    pages = ogg_pages(SPEECH[kind])
    first, last = len(b"".join(pages[:5])) + late, len(b"".join(pages[:7])) + late // 2
    data = SPEECH[kind][:first] + SPEECH[kind][last:]
    assert [finding.code for finding in findings(data, kind)] == ["gap_inside"]


@KINDS
def test_doubled_pages_and_pages_out_of_order(kind):
    pages = ogg_pages(SPEECH[kind])
    assert len(pages) > 9
    doubled = findings(b"".join(pages[:7] + pages[5:]), kind)
    assert [finding.code for finding in doubled] == ["repeated_inside"]
    swapped = findings(b"".join(pages[:4] + pages[5:6] + pages[4:5] + pages[6:]), kind)
    assert [finding.code for finding in swapped] == ["reordered_inside"]


@KINDS
def test_a_page_with_a_wrong_checksum_is_skipped(kind):
    data = bytearray(SPEECH[kind])
    at = len(b"".join(ogg_pages(SPEECH[kind])[:5])) + 300
    data[at] ^= 1
    assert [finding.code for finding in findings(bytes(data), kind)] == ["gap_inside"]


@KINDS
@given(st.binary(min_size=4, max_size=300), st.integers(2, 9))
@example(b"OggS" * 20, 4)
@example(bytes(300), 5)
@settings(deadline=None, max_examples=15)
def test_other_bytes_between_pages_cost_no_sound(kind, junk, index):
    pages = ogg_pages(SPEECH[kind])
    data = b"".join([*pages[:index], junk, *pages[index:]])
    seconds = heard(data, kind)
    assert seconds == heard(SPEECH[kind], kind)
    assert [(f.code, f.serious) for f in findings(data, kind)] == [("junk", False)]
    assert [f.code for f in findings(SPEECH[kind] + junk, kind)][:1] in (["junk"], ["truncated"])


@KINDS
@pytest.mark.parametrize("share", [0.4, 0.77, 0.95])
def test_a_file_that_is_cut_short(kind, share):
    (finding,) = findings(SPEECH[kind][: int(len(SPEECH[kind]) * share)], kind)
    assert (finding.code, finding.serious) == ("truncated", True)
    assert heard(SPEECH[kind][: int(len(SPEECH[kind]) * share)], kind) > 10 * share - 1.5


@KINDS
def test_chained_files_are_one_recording(kind):
    one, other = SPEECH[kind], encode(vowels(3, 7), kind)
    for data, seconds in ((one + one, 20), (one + other, 13), (other + one + other, 16)):
        assert findings(data, kind) == []
        assert heard(data, kind) == pytest.approx(seconds, abs=0.12)
        assert split(data, kind)[-1].end_s == pytest.approx(seconds, abs=0.2)


def test_a_chained_file_with_another_codec_is_not_read():
    data = SPEECH[OGG_OPUS] + encode(vowels(3), OGG)
    assert heard(data, OGG_OPUS) == pytest.approx(10, abs=0.03)
    assert "Only the first of several files" in findings(data, OGG_OPUS)[0].message


@pytest.mark.parametrize("granule", [lambda old: old + 10**9, lambda old: 0, lambda old: -1])
def test_positions_that_streams_write(granule):
    pages = ogg_pages(SPEECH[OGG_OPUS])
    sound = [page_with(p, granule(struct.unpack_from("<q", p, 6)[0])) for p in pages[2:]]
    data = b"".join([*pages[:2], *sound])
    assert heard(data, OGG_OPUS) == pytest.approx(10, abs=0.03)
    assert findings(data, OGG_OPUS) == []
