"""WebM files with a slice missing, doubled or out of order, and with foreign bytes."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe_mock.audio.containers.webm_elements import element
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.media_types import WEBM
from scribe_mock.audio.split import split
from tests.audio.factory import encode, vowels
from tests.audio.recordings import block, cluster, packets_of, webm_head, webm_slices

SPEECH = encode(vowels(10), WEBM)


def findings(data):
    """Return the findings of the doctor and those of cutting, which are the same."""
    found = [f for f in diagnose(data, WEBM, "webm").findings if f.code != "longer_than_20_s"]
    cut = [finding for piece in split(data, WEBM) for finding in piece.findings]
    assert cut == found
    return found


def heard(data):
    return diagnose(data, WEBM, "webm").duration_s


@pytest.mark.parametrize("late", [0, 1, 40, 117])
@pytest.mark.parametrize("cluster_s", [1.0, 0.7, 3.0])
@pytest.mark.parametrize("first", [1, 4, 7])
def test_a_missing_slice(late, cluster_s, first):
    slices = webm_slices(SPEECH, late=late, cluster_s=cluster_s, jitter=(0, 9, -4))
    order = [index for index in range(len(slices.parts)) if index != first]
    (finding,) = findings(slices.joined(*order))
    assert (finding.code, finding.serious) == ("gap_inside", True)
    if "unknown" not in finding.message:
        hole = float(finding.message.split(" s at ")[0].rsplit(" ", 1)[1])
        assert hole == pytest.approx(1.0, abs=0.15)
    at = float(finding.message.rsplit(" at ", 1)[1].split(" ")[0])
    assert at == pytest.approx(first, abs=0.15)


@pytest.mark.parametrize("late", [0, 40])
@pytest.mark.parametrize("cluster_s", [1.0, 0.7, 3.0])
def test_a_doubled_slice(late, cluster_s):
    slices = webm_slices(SPEECH, late=late, cluster_s=cluster_s)
    data = slices.joined(0, 1, 2, 3, 3, *range(4, len(slices.parts)))
    assert [finding.code for finding in findings(data)] == ["repeated_inside"]
    assert "1.0 s at 4.0 s" in findings(data)[0].message


def test_slices_out_of_order():
    slices = webm_slices(SPEECH)
    (finding,) = findings(slices.joined(0, 1, 3, 2, *range(4, len(slices.parts))))
    assert finding.code == "reordered_inside"
    assert "1.0 s at 3.0 s" in finding.message


@pytest.mark.parametrize(
    "options",
    [
        {"jitter": (0, 48, -30, 10)},
        {"jitter": tuple(range(80))},
        {"offset_ms": 100_000},
        {"offset_ms": -300},
    ],
)
def test_times_that_are_not_exact_are_no_hole(options):
    slices = webm_slices(SPEECH, **options)
    data = slices.joined(*range(len(slices.parts)))
    assert findings(data) == []
    assert heard(data) == pytest.approx(10, abs=0.03)


def sparse(keep):
    """Return a recording without those packets that an encoder does not send."""
    out = bytearray(webm_head(SPEECH) + cluster(0))
    for index, (packet, at) in enumerate(packets_of(SPEECH)):
        if keep(index):
            silent = 150 <= index < 400
            out += block(packet[:1] + b"\xff\xfe" if silent else packet, round(at * 1000))
    return bytes(out)


@pytest.mark.parametrize(
    "keep",
    [
        lambda index: not 170 <= index < 350 or index % 20 == 0,  # one packet every 400 ms
        lambda index: not 155 <= index < 400,  # nothing after some empty packets
    ],
)
def test_silence_that_is_not_sent_is_no_hole(keep):
    assert findings(sparse(keep)) == []


def test_a_clock_that_jumps_or_is_set_back():
    packets = [packet for packet, _ in packets_of(SPEECH)][:150]

    def file(second):
        out = bytearray(webm_head(SPEECH) + cluster(0))
        for index, packet in enumerate(packets[:75]):
            out += block(packet, index * 20)
        out += cluster(second)
        for index, packet in enumerate(packets[75:]):
            out += block(packet, index * 20)
        return bytes(out)

    assert heard(file(101_500)) == heard(file(0)) == pytest.approx(3, abs=0.01)
    assert [finding.code for finding in findings(file(101_500))] == ["gap_inside"]
    assert "100.0 s at 1.5 s" in findings(file(101_500))[0].message
    assert findings(file(0)) == []


def test_files_in_a_row_are_one_recording():
    slices = webm_slices(SPEECH)
    for one in (SPEECH, slices.joined(*range(len(slices.parts)))):
        assert heard(one + one) == pytest.approx(2 * heard(one), abs=0.02)
        assert split(one + one, WEBM)[-1].end_s == pytest.approx(20, abs=0.1)
        assert [f.code for f in findings(one + one)] == []


def test_another_file_with_another_codec_is_not_read():
    other = encode(vowels(2), WEBM).replace(b"A_OPUS", b"A_FLAC")
    assert heard(SPEECH + other) == pytest.approx(10, abs=0.02)
    assert "A_FLAC follows" in findings(SPEECH + other)[0].message


@pytest.mark.parametrize("share", [0.3, 0.55, 0.8, 0.97])
def test_a_file_that_is_cut_short(share):
    (finding,) = findings(SPEECH[: int(len(SPEECH) * share)])
    assert (finding.code, finding.serious) == ("truncated", True)


def test_a_header_that_announces_more_than_there_is():
    at = SPEECH.index(b"\x44\x89\x88") + 3
    (finding,) = findings(SPEECH[:at] + struct.pack(">d", 7_200_000) + SPEECH[at + 8 :])
    assert finding.code == "truncated"
    assert "7200.0 s" in finding.message


@pytest.mark.parametrize(
    "size", [b"\xff", b"\x01" + b"\xff" * 7, b"\x7f\xff", b"\x0f" + b"\xff" * 4, b"\x80"]
)
def test_sizes_that_streams_write(size):
    slices = webm_slices(SPEECH)
    data = slices.joined(*range(len(slices.parts)))
    live = data.replace(b"\x01" + b"\xff" * 7, size)
    assert findings(live) == []
    assert heard(live) == pytest.approx(10, abs=0.02)


SLICES = webm_slices(SPEECH).joined(*range(10))
EDGES = [at for at in range(len(SLICES)) if SLICES.startswith(b"\xa3", at)][5:]


@given(st.binary(min_size=1, max_size=200), st.sampled_from(EDGES))
@settings(deadline=None, max_examples=60)
def test_foreign_bytes_anywhere_cost_little_sound(junk, at):
    data = SLICES[:at] + junk + SLICES[at:]
    assert heard(data) > 9.8
    codes = [finding.code for finding in findings(data)]
    assert all(code in ("junk", "gap_inside") for code in codes)


@pytest.mark.parametrize("junk", [bytes(500), b"\r\n--boundary\r\n" * 20, element(0x4ABC, b"x")])
def test_foreign_bytes_between_blocks_are_told(junk):
    at = len(webm_slices(SPEECH).joined(0, 1, 2, 3))
    found = findings(SLICES[:at] + junk + SLICES[at:] + bytes(100))
    assert [(finding.code, finding.serious) for finding in found][-1] == ("junk", False)
    assert heard(SLICES[:at] + junk + SLICES[at:]) > 9.95
