"""Recordings that cannot be used are refused with a message that says why."""

import struct

import pytest

from scribe_mock.audio import media_types
from scribe_mock.audio.audio_errors import (
    AudioError,
    DamagedAudio,
    EncryptedAudio,
    HeaderOnlyAudio,
    NoAudioStream,
    NotAudio,
    TooLongAudio,
    TooMuchWork,
    TruncatedAudio,
    WrongKind,
)
from scribe_mock.audio.containers.ogg_pages import checksum
from scribe_mock.audio.containers.webm_elements import element
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.split import split
from tests.audio.factory import encode, sample, vowels, wav


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"\0", "zeros"),
        (b"\0" * 5000, "zeros"),
        (b"hello, I am no audio", "plain text"),
        (b'{"audio": null}', "JSON"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (
            b'------WebKitFormBoundaryA\r\nContent-Disposition: form-data; name="file"\r\n\r\n',
            "a multipart form",
        ),
        (bytes(7 * i * i % 251 for i in range(900)), "no known audio format"),
    ],
)
def test_not_audio(kind, data, found):
    with pytest.raises(NotAudio, match=found) as caught:
        split(data, kind)
    assert media_types.MEDIA_TYPES[kind].description in str(caught.value)


@pytest.mark.parametrize("declared", media_types.MEDIA_TYPES)
@pytest.mark.parametrize("real", media_types.MEDIA_TYPES)
def test_another_kind_than_declared(declared, real):
    one, two = media_types.MEDIA_TYPES[declared], media_types.MEDIA_TYPES[real]
    if one.container == two.container and (
        two.codecs <= one.codecs or real == media_types.OGG_OPUS
    ):
        assert split(sample(real), declared)
        return
    with pytest.raises(WrongKind) as caught:
        split(sample(real), declared)
    assert one.description in caught.value.expected


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"fLaC", "FLAC"),
        (b"\xff\xf1\x50\x80\x0d\x7f\xfc", "AAC"),
        (b"#!AMR\n", "AMR"),
        (b"caff\0\1", "CAF"),
    ],
)
def test_audio_that_is_not_supported(head, found):
    with pytest.raises(WrongKind, match=found):
        split(head + bytes(100), media_types.MP3)


# Files of these types that are cut short are taken as far as they go.
_CUT_SHORT = (
    media_types.WAV,
    media_types.WEBM,
    media_types.MP3,
    media_types.OGG,
    media_types.OGG_OPUS,
)


@pytest.mark.parametrize("kind", [k for k in media_types.MEDIA_TYPES if k not in _CUT_SHORT])
@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_truncated(kind, share):
    data = encode(vowels(4), kind)
    with pytest.raises(TruncatedAudio, match="found"):
        split(data[: int(len(data) * share)], kind)


@pytest.mark.parametrize(
    "kind",
    [media_types.WAV, media_types.MP4, media_types.M4A],
)
def test_several_files_in_a_row_are_refused(kind):
    data = sample(kind)
    with pytest.raises(DamagedAudio, match="in a row"):
        split(data + data, kind)


def test_mp4_whose_index_at_the_end_is_missing():
    data = encode(vowels(2), media_types.MP4)
    with pytest.raises(TruncatedAudio, match="index"):
        split(data[: data.index(b"moov") - 4], media_types.MP4)


def test_wav_that_ends_in_its_header():
    with pytest.raises(TruncatedAudio, match="header"):
        split(wav(vowels(1))[:30], media_types.WAV)


def test_no_sound_in_the_container():
    with pytest.raises(HeaderOnlyAudio):
        split(wav(vowels(1))[:44], media_types.WAV)
    ebml = sample(media_types.WEBM)
    with pytest.raises(NoAudioStream, match="without an audio stream"):
        split(ebml[: ebml.index(b"\x18\x53\x80\x67")] + element(0x18538067, b""), media_types.WEBM)


def test_a_video_without_sound():
    video = element(0xAE, element(0xD7, 1) + element(0x83, 1) + element(0x86, b"V_VP9"))
    data = element(0x1A45DFA3, b"") + element(0x18538067, element(0x1654AE6B, video))
    with pytest.raises(NoAudioStream):
        split(data, media_types.WEBM)


def test_encrypted_webm():
    encryption = element(0x6D80, element(0x6240, element(0x5035, b"")))
    entry = element(0xD7, 1) + element(0x83, 2) + element(0x86, b"A_OPUS") + encryption
    tracks = element(0x1654AE6B, element(0xAE, entry))
    with pytest.raises(EncryptedAudio):
        split(element(0x1A45DFA3, b"") + element(0x18538067, tracks), media_types.WEBM)


def test_webm_with_elements_that_end_after_their_parent():
    # One entry reads the rest of the file; thousands would take minutes.
    rest = element(0xEC, bytes(1000))
    codec = b"\x86" + (0x4000 | len(rest)).to_bytes(2, "big")
    tracks = element(0x1654AE6B, element(0xAE, codec) + rest)
    with pytest.raises(DamagedAudio, match="ends after its parent"):
        split(element(0x1A45DFA3, b"") + element(0x18538067, tracks), media_types.WEBM)


def test_encrypted_mp4():
    data = encode(vowels(1), media_types.MP4)
    at = data.index(b"mp4a")
    with pytest.raises(EncryptedAudio):
        split(data[:at] + b"enca" + data[at + 4 :], media_types.MP4)


def test_other_codecs_in_a_container():
    data = sample(media_types.WEBM).replace(b"A_OPUS", b"A_FLAC")
    with pytest.raises(WrongKind, match="A_FLAC"):
        split(data, media_types.WEBM)
    adpcm = wav(vowels(1)).replace(b"\x01\x00\x01\x00", b"\x11\x00\x01\x00", 1)
    with pytest.raises(WrongKind, match="IMA ADPCM"):
        split(adpcm, media_types.WAV)
    page = b"OggS\0\2" + bytes(16) + bytes(4) + b"\1\5\x7fFLAC"
    page = page[:22] + struct.pack("<I", checksum(page)) + page[26:]
    with pytest.raises(WrongKind, match="FLAC"):
        split(page, media_types.OGG)


def webm_with_duration(milliseconds):
    data = sample(media_types.WEBM)
    at = data.index(b"\x44\x89\x88") + 3
    return data[:at] + struct.pack(">d", milliseconds) + data[at + 8 :]


def test_webm_that_claims_hours():
    with pytest.raises(TooLongAudio, match=r"100\.0 h"):
        split(webm_with_duration(360_000_000.0), media_types.WEBM)


@pytest.mark.parametrize("box", [b"stsz", b"stts", b"stsc"])
def test_mp4_tables_that_claim_billions(box):
    data = bytearray(sample(media_types.MP4))
    at = data.index(box) + (12 if box == b"stsz" else 8)
    data[at : at + 4] = b"\x7f\xff\xff\xff"
    with pytest.raises(DamagedAudio, match="claims"):
        split(bytes(data), media_types.MP4)


def test_too_much_work():
    with pytest.raises(TooMuchWork):
        split(sample(media_types.WEBM), media_types.WEBM, Limits(max_work_seconds=0.0))


def test_damaged_packets_are_refused_or_left_out():
    data = bytearray(sample(media_types.MP4, 4.0))
    at = data.index(b"mdat") + 4
    data[at + 200 :] = bytes(b ^ 0x5A for b in data[at + 200 :]) if at > 1000 else data[at + 200 :]
    try:
        pieces = split(bytes(data), media_types.MP4)
    except AudioError:
        return
    assert pieces


def test_every_message_says_what_was_found_and_what_was_expected():
    error = NotAudio("a hat", "a rabbit")
    assert str(error) == "Expected a rabbit, found a hat."
    assert (error.code, error.found, error.expected) == ("not_audio", "a hat", "a rabbit")
