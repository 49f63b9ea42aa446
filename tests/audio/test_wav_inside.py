"""WAV files whose header was written before the end was known, and with foreign bytes."""

import struct

import pytest

from scribe_mock.audio.audio_errors import DamagedAudio
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.media_types import WAV
from scribe_mock.audio.split import split
from tests.audio.factory import vowels, wav

SPEECH = wav(vowels(3))
PCM = SPEECH[44:]


def findings(data):
    """Return the findings of the doctor and those of cutting, which are the same."""
    found = list(diagnose(data, WAV, "wav").findings)
    assert [finding for piece in split(data, WAV) for finding in piece.findings] == found
    return found


def heard(data):
    return diagnose(data, WAV, "wav").duration_s


def with_sizes(riff, data):
    return b"RIFF" + struct.pack("<I", riff) + SPEECH[8:40] + struct.pack("<I", data) + PCM


def rf64(magic, riff, data, long_riff, long_data):
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, long_riff, long_data, 48_000, 0)
    head = magic + struct.pack("<I", riff) + b"WAVE" + ds64 + SPEECH[12:40]
    return head + struct.pack("<I", data) + PCM


@pytest.mark.parametrize(
    "size",
    [0, 0x7FFFF000, 0x7FFFFFFF, 0x7FFFFFFF - 36, 0x7FFFFFFF - 44, 0x7FFFFF00, 0x80000000,
     0x80000000 - 36, 0x80000024, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF - 36, 0xFFFFFFFF - 44,
     0xFFFFFFD8, 0xFFFFFF00, 0xFFFFF000, 0x7FFFEFDC],
)  # fmt: skip
@pytest.mark.parametrize("riff", [0, 0x7FFFF024, 0xFFFFFFFF, 36])
def test_a_length_that_is_not_known(riff, size):
    assert findings(with_sizes(riff, size)) == []
    assert heard(with_sizes(riff, size)) == 3.0


@pytest.mark.parametrize("magic", [b"RF64", b"BW64", b"RIFF"])
@pytest.mark.parametrize("long", [0, len(PCM), 0xFFFFFFFF, (1 << 64) - 1, (1 << 63) - 1, 1 << 32])
def test_long_files(magic, long):
    data = rf64(magic, 0xFFFFFFFF, 0xFFFFFFFF, 0, long)
    assert findings(data) == []
    assert heard(data) == 3.0


@pytest.mark.parametrize("more", [1, 2, 8, 36, 44])
def test_a_length_that_is_rounded_or_counts_the_header(more):
    assert findings(with_sizes(36 + len(PCM), len(PCM) + more)) == []


@pytest.mark.parametrize("more", [100, 2000, 96_000, 50_000_000])
def test_a_file_that_is_cut_short(more):
    (finding,) = findings(with_sizes(36 + len(PCM) + more, len(PCM) + more))
    assert (finding.code, finding.serious) == ("truncated", True)
    (finding,) = findings(rf64(b"RF64", 0xFFFFFFFF, 0xFFFFFFFF, 0, len(PCM) + more))
    assert finding.code == "truncated"


@pytest.mark.parametrize("junk", [bytes(999), b"\x81" * 77, b"\r\n\r\n\0\0\0\0"])
def test_foreign_bytes_cost_no_sound(junk):
    places = {"after": SPEECH + junk, "between": SPEECH[:36] + junk + SPEECH[36:]}
    for data in places.values():
        assert [(f.code, f.serious) for f in findings(data)] == [("junk", False)]
        assert heard(data) == 3.0


def test_other_chunks_are_no_foreign_bytes():
    listed = b"LIST" + struct.pack("<I", 5) + b"INFO!\0"
    assert findings(SPEECH + listed) == []
    assert findings(SPEECH[:36] + listed + SPEECH[36:] + listed) == []
    assert findings(SPEECH[:40] + struct.pack("<I", len(PCM) - 1) + PCM[:-1] + b"\0" + listed) == []


def test_several_files_in_a_row_are_refused_since_players_play_the_first():
    with pytest.raises(DamagedAudio, match="in a row"):
        split(SPEECH + SPEECH, WAV)
