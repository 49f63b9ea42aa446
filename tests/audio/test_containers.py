"""Files of all formats are cut into complete files without encoding them again."""

import io
import struct
from dataclasses import replace
from functools import cache

import av
import numpy as np
import pytest

from scribe_mock.audio import media_types
from scribe_mock.audio.audio_errors import DamagedAudio, TooLongAudio
from scribe_mock.audio.containers.cutting import cut
from scribe_mock.audio.containers.mp3_frames import parse_header
from scribe_mock.audio.containers.reading import open_track
from scribe_mock.audio.containers.wav import write_wav
from scribe_mock.audio.limits import Budget, Limits
from scribe_mock.audio.split import analyse, split
from tests.audio.factory import RECIPES, conversation, decode, encode, envelope, vowels, wav

SOUND = conversation(3.1, 0.5, 3.2, 0.4, 2.8)[0]


@cache
def recording(kind):
    return encode(SOUND, kind)


def counted(data, kind):
    """A track as split() has it before it cuts."""
    budget = Budget(Limits())
    track = open_track(data, kind, budget)
    analysis = analyse(track, budget)
    return replace(track, rate=analysis.rate).counted(analysis.counts)


def assert_same_sound(part, original):
    """The piece sounds, sample by sample nearly, like that stretch of the original."""
    there = decode(part.data)
    assert len(there) / 16_000 == pytest.approx(part.duration_s, abs=0.003)
    here = original[round(part.start_s * 16_000) : round(part.end_s * 16_000)]
    count = min(len(there), len(here))
    assert np.corrcoef(envelope(there[:count]), envelope(here[:count]))[0, 1] > 0.99


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_cuts_are_complete_files_with_the_sound_of_their_stretch(kind):
    data = recording(kind)
    original = decode(data)
    track = counted(data, kind)
    assert track.duration_s() == pytest.approx(10, abs=0.08)
    wanted = [(0.0, 3.3), (3.3, 6.017), (7.1, track.duration_s())]
    parts = cut(track, wanted)
    assert len(parts) == 3
    for part, (start, end) in zip(parts, wanted, strict=True):
        assert part.start_s == pytest.approx(start, abs=0.05)
        assert part.end_s == pytest.approx(end, abs=0.05)
        assert_same_sound(part, original)
    assert parts[0].end_s == parts[1].start_s


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_cuts_have_the_container_and_codec_of_the_recording(kind):
    data = recording(kind)
    part = cut(counted(data, kind), [(1.0, 4.0)])[0]
    assert open_track(part.data, kind, Budget(Limits())).media_type == kind
    with av.open(io.BytesIO(data)) as before, av.open(io.BytesIO(part.data)) as after:
        one, two = (c.streams.audio[0].codec_context for c in (before, after))
        assert before.format.name == after.format.name
        assert (one.name, one.rate, one.layout.name) == (two.name, two.rate, two.layout.name)


@pytest.mark.parametrize("kind", [k for k in media_types.MEDIA_TYPES if k != media_types.WAV])
def test_packets_are_copied_and_not_encoded_again(kind):
    track = counted(recording(kind), kind)
    part = cut(track, [(1.0, 4.0)])[0]
    again = open_track(part.data, kind, Budget(Limits()))
    originals = set(track.packets(0, len(track)))
    copied = [packet in originals for packet in again.packets(0, len(again))]
    assert sum(copied) >= len(copied) - 1  # MP3 has one silent frame more


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_a_cut_can_be_cut_again(kind):
    data = recording(kind)
    once = cut(counted(data, kind), [(2.0, 8.0)])[0]
    twice = cut(counted(once.data, kind), [(1.0, 5.0)])[0]
    original = decode(data)
    here = original[round((once.start_s + twice.start_s) * 16_000) :][
        : round(twice.duration_s * 16_000)
    ]
    there = decode(twice.data)
    count = min(len(here), len(there))
    assert np.corrcoef(envelope(here[:count]), envelope(there[:count]))[0, 1] > 0.99


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
@pytest.mark.parametrize(("bits", "fmt"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3), (64, 3)])
def test_wav_of_every_form_is_cut_at_samples(rate, bits, fmt):
    data = wav(vowels(2.0), bits, channels=2, rate=rate, fmt=fmt)
    track = counted(data, media_types.WAV)
    assert track.length() == 32_000
    first, second = cut(track, [(0.0, 1000 / rate), (1000 / rate, 32_000 / rate)])
    head = len(first.data) - 1000 * 2 * bits // 8
    assert first.data[head:] + second.data[head:] == data[44:]


def test_extensible_wav():
    data = wav(vowels(1.0))
    chunk = data[20:36]
    guid = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x008\x9bq"
    extensible = struct.pack("<H", 0xFFFE) + chunk[2:] + struct.pack("<HHI", 22, 16, 4) + guid
    track = counted(write_wav(extensible, data[44:]), media_types.WAV)
    assert (track.codec, track.length()) == ("pcm_s16le", 16_000)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF, 50_000_000, 31_999])
def test_the_length_in_a_wav_header_may_be_wrong(length):
    data = wav(vowels(1.0), data_length=length)
    assert counted(data, media_types.WAV).duration_s() == pytest.approx(1.0, abs=0.001)


def test_wav_with_other_chunks_around_its_data():
    data = wav(vowels(1.0))
    extra = b"LIST" + struct.pack("<I", 5) + b"INFO!\0"
    with_extra = data[:36] + extra + data[36:] + b"id3 " + struct.pack("<I", 4) + b"abcd"
    assert counted(with_extra, media_types.WAV).length() == 16_000


def test_mp3_tags_do_not_count_as_sound():
    plain = encode(SOUND, media_types.MP3)
    bare = plain[plain.index(b"\xff\xfb") :]
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 7, 104]) + bytes(1000)
    id3v1 = b"TAG" + b"title".ljust(125, b"\0")
    one, two = counted(bare, media_types.MP3), counted(tag + bare + id3v1, media_types.MP3)
    assert one.duration_s() == two.duration_s() == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(
    ("rate", "bit_rate"), [(44_100, 320_000), (22_050, 32_000), (8_000, 8_000)]
)
def test_cuts_of_every_mp3_version_have_the_bit_reservoir(rate, bit_rate):
    data = encode(SOUND, media_types.MP3, rate=rate, bit_rate=bit_rate)
    original = decode(data)
    for part in cut(counted(data, media_types.MP3), [(0.0, 3.0), (3.0, 6.5), (6.5, 9.9)]):
        assert_same_sound(part, original)


def test_mp3_of_variable_rate():
    data = encode(
        SOUND, media_types.MP3, options={"write_xing": "1"}, codec="libmp3lame", bit_rate=1
    )
    assert counted(data, media_types.MP3).duration_s() == pytest.approx(10, abs=0.05)


def test_a_cut_of_mp3_without_a_header_has_the_first_samples():
    data = encode(SOUND, media_types.MP3, options={"write_xing": "0", "id3v2_version": "0"})
    assert parse_header(data[:4])
    part = cut(counted(data, media_types.MP3), [(0.0, 3.0)])[0]
    assert_same_sound(part, decode(data))


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov", "frag_keyframe+dash"])
@pytest.mark.parametrize("kind", [media_types.MP4, media_types.M4A])
def test_mp4_with_its_index_anywhere(kind, flags):
    data = encode(SOUND, kind, options={"movflags": flags})
    original = decode(data)
    track = counted(data, kind)
    assert track.duration_s() == pytest.approx(10, abs=0.1)
    assert_same_sound(cut(track, [(3.0, 6.0)])[0], original)


def test_mp4_with_opus_as_browsers_without_aac_write_it():
    data = encode(SOUND, media_types.MP4, codec="libopus", rate=48_000)
    assert_same_sound(cut(counted(data, media_types.MP4), [(3.0, 6.0)])[0], decode(data))


def test_webm_without_duration_and_index():
    data = encode(SOUND, media_types.WEBM, options={"live": "1"})
    assert b"\x1c\x53\xbb\x6b" not in data  # no Cues
    assert_same_sound(cut(counted(data, media_types.WEBM), [(3.0, 6.0)])[0], decode(data))


def test_stereo_stays_stereo():
    data = encode(SOUND, media_types.WEBM, channels=2)
    track = counted(data, media_types.WEBM)
    part = cut(track, [(3.0, 6.0)])[0]
    assert track.channels == open_track(part.data, media_types.WEBM, Budget(Limits())).channels == 2


@pytest.mark.parametrize("kind", RECIPES)
def test_a_recording_may_be_too_long(kind):
    with pytest.raises(TooLongAudio, match="at most 5 s"):
        split(recording(kind), kind, Limits(max_seconds=5))


@pytest.mark.parametrize("end", [b"", b"TAG" + bytes(125)])
def test_mp3_files_that_were_joined_are_one_recording(end):
    one = recording(media_types.MP3) + end
    assert one.startswith(b"ID3")
    pieces = split(one + one, media_types.MP3)
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(20, abs=1)
    assert pieces[-1].end_s == pytest.approx(20, abs=0.3)


def with_comment(data, size):
    """The same Ogg file with a comment of so many bytes."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(out, "w", format="ogg") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        stream.metadata["comment"] = "x" * size
        for packet in source.demux():
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def test_cuts_have_no_comments():
    data = with_comment(recording(media_types.OGG), 1_000_000)
    assert len(data) > 1_000_000
    pieces = split(data, media_types.OGG)
    assert pieces
    for piece in pieces:
        assert len(piece.data) < 200_000
        assert_same_sound(piece, decode(data))


@pytest.mark.parametrize("kind", [media_types.WEBM, media_types.OGG_OPUS])
def test_a_header_that_would_multiply_the_size_is_refused(kind):
    track = counted(recording(kind), kind)
    padded = replace(track, header=track.header + bytes(100_000))
    (whole,) = cut(padded, [(0.0, track.duration_s())])
    with pytest.raises(DamagedAudio, match="header"):
        split(whole.data, kind)
