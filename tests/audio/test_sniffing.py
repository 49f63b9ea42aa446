"""Recognising files by their first bytes. test_audio_errors.py has what is not audio."""

from scribe_mock.audio.media_types import MEDIA_TYPES
from scribe_mock.audio.sniffing import describe, sniff
from tests.audio.factory import sample

#: The first bytes of a file → its format.
FIRST_BYTES = {
    b"\x1a\x45\xdf\xa3": "webm",
    b"\x1f\x43\xb6\x75": "webm-fragment",
    b"RIFF....WAVE": "wav",
    b"RIFF....AVI ": "avi",
    b"....ftyp": "mp4",
    b"....moov": "mp4",
    b"....moof": "mp4-fragment",
    b"....styp": "mp4-fragment",
    b"OggS\0\x02": "ogg",
    b"OggS\0\x00": "ogg-fragment",
    b"riff\x2e\x91\xcf\x11": "wave64",
    b"....mdat": "mp4",
    b"ID3": "mp3",
    b"\xff\xfb\x90\x00": "mp3",
    b"\xff\xe3\x90\x00": "mp3",
    b"\xff\xf1\x50\x80\x0d\x7f\xfc": "adts",
    b"fLaC": "flac",
    b"#!AMR": "amr",
    b"caff": "caf",
    b"FORM....AIFF": "aiff",
    b"\xff\xe0\x00\x00": None,
    b"\xff\xfb": None,
    b"": None,
}


def test_formats_by_their_first_bytes():
    assert {data: sniff(data) for data in FIRST_BYTES} == FIRST_BYTES
    rest = bytes(100)
    whole = {data + rest: name for data, name in FIRST_BYTES.items() if len(data) > 2}
    assert {data: sniff(data) for data in whole} == whole


def test_the_supported_types_are_recognised():
    expected = {name: one.container for name, one in MEDIA_TYPES.items()}
    assert {name: sniff(sample(name)) for name in MEDIA_TYPES} == expected


def test_every_format_has_a_phrase_for_messages():
    phrases = {describe(data) for data, name in FIRST_BYTES.items() if name}
    assert len(phrases) == len(set(FIRST_BYTES.values())) - 1
    assert [phrase for phrase in phrases if not phrase.startswith(("a ", "an ", "raw "))] == []
