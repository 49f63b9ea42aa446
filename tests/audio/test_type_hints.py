"""A refused type is answered with what to send instead."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock.audio.media_types import SUPPORTED_TYPES, audio_type
from scribe_mock.audio.type_hints import hint_for_extension, hint_for_type
from scribe_mock.errors import InvalidAudioFormat
from tests.support import refusal

#: What clients send by default, and a part of the answer's hint.
HINTS = {
    "audio/mpeg": "spells it audio/mp3. Send that, or leave Content-Type out",
    "audio/x-mp3": "audio/mp3",
    "video/webm": "spells it audio/webm;codecs=opus",
    "video/mp4": "spells it audio/mp4",
    "audio/x-m4a": "spells it audio/m4a",
    "audio/x-wav": "spells it audio/wav",
    "audio/vnd.wave": "spells it audio/wav",
    "application/ogg": "spells it audio/ogg.",
    "audio/x-opus+ogg": "spells it audio/ogg;codecs=opus",
    "audio/mp4;codecs=opus": "A recorder's own type names the codec. This type has no parameters",
    "audio/mp4; codecs=mp4a.40.2": "send audio/mp4",
    "audio/wav; charset=utf-8": "send audio/wav",
    "audio/webm": "WebM needs its codec in the type: send audio/webm;codecs=opus",
    "audio/webm;codecs=OPUS": "compared with its case: send audio/webm;codecs=opus",
    "audio/webm;codecs=pcm": "WebM is accepted with Opus alone",
    'video/webm;codecs="vp8,opus"': "on a stream without video",
    "video/webm;codecs=vp9,opus": "on a stream without video",
    "audio/ogg;codecs=vorbis": "Send audio/ogg",
    "multipart/form-data; boundary=x": "no FormData, and no curl -F",
    "application/json": "no curl --json",
    "text/plain;charset=UTF-8": "as fetch does of a string",
    "audio/aac": "ffmpeg -i FILE -c:a copy audio.m4a",
    "audio/flac": "FLAC is not accepted. Convert it",
    "image/png": "This is no audio",
    "audio": "A type has the form audio/wav",
    "audio/unheard-of": "Send one of the supported types",
    "audio/wav, audio/wav": "several types",
}
EXTENSIONS = {
    "x.weba": "Name the file .webm, or send audio/webm;codecs=opus",
    "x.opus": "Name the file .ogg, or send audio/ogg",
    "x.mpga": "Name the file .mp3",
    "x.aac": "audio.m4a",
    "x.flac": "FLAC is not accepted",
    "x.caf": "CAF is not accepted",
    "x.txt": "Send the type of the audio as Content-Type",
    "x": "give the name an extension",
}


@pytest.mark.parametrize("content_type", HINTS)
def test_a_refused_type_has_a_hint(session, content_type):
    answer = session().upload(kind=content_type)
    assert refusal(answer) == (400, "invalid_audio_format")
    error = answer.json()["error"]
    assert HINTS[content_type] in error["details"]["hint"]
    assert error["details"]["hint"] in error["message"]
    assert error["details"]["supported_formats"] == list(SUPPORTED_TYPES)


@pytest.mark.parametrize("name", EXTENSIONS)
def test_a_refused_extension_has_a_hint(session, name):
    error = session("single").upload(name, b"audio", None).json()["error"]
    assert EXTENSIONS[name] in error["details"]["hint"]


@pytest.mark.parametrize("hint", [hint_for_type(one) for one in HINTS])
def test_what_a_hint_recommends_is_supported(hint):
    for spelled in re.findall(r"(?:spells it|: send|or send|Send) (audio/\S+?)[.,]?(?: |$)", hint):
        assert spelled in SUPPORTED_TYPES


@given(st.text(max_size=300), st.text(max_size=20))
def test_every_refusal_has_one(content_type, extension):
    try:
        audio_type(content_type, "x." + extension)
        hints = []
    except InvalidAudioFormat as error:
        hints = [error.details["hint"]]
    for hint in (*hints, hint_for_extension(extension)):
        assert 20 < len(hint) < 400
        assert hint.isprintable()
