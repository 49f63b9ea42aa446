"""The type of an upload: spellings of Content-Type, and when the extension decides."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import AUDIO, TOKEN, refusal

SUPPORTED = {
    ("audio/webm", (("codecs", "opus"),)),
    ("audio/wav", ()),
    ("audio/ogg", ()),
    ("audio/ogg", (("codecs", "opus"),)),
    ("audio/mp4", ()),
    ("audio/m4a", ()),
    ("audio/mp3", ()),
}
TYPE_OF_EXTENSION = {
    "webm": "audio/webm;codecs=opus",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "mp4": "audio/mp4",
    "m4a": "audio/m4a",
    "mp3": "audio/mp3",
}

SPACE = st.text(" \t", max_size=2)
TOKENS = st.text("abopusx1!#-+.", min_size=1, max_size=5)


@st.composite
def in_any_case(draw, text):
    upper = draw(st.integers(0, 2 ** len(text) - 1))
    return "".join(c.upper() if upper >> at & 1 else c for at, c in enumerate(text))


def as_value(value):
    """A parameter's value as it is, quoted, or quoted with a needless backslash."""
    return st.sampled_from([value, f'"{value}"', f'"\\{value}"'])


@st.composite
def spelled(draw, essence, parameters):
    """A media type in one of the spellings that mean the same (RFC 9110, section 8.3.1)."""
    text = draw(in_any_case(essence))
    for name, value in parameters:
        before, after = draw(SPACE), draw(SPACE)
        text += f"{before};{after}{draw(in_any_case(name))}={draw(as_value(value))}"
    return text + draw(st.sampled_from(["", ";", " ;"]))


media_types = st.tuples(
    st.sampled_from([essence for essence, _ in SUPPORTED])
    | st.sampled_from(["audio/mpeg", "audio/flac", "audio/x-wav", "video/webm", "text/plain"])
    | st.builds("{}/{}".format, TOKENS, TOKENS),
    st.lists(
        st.just(("codecs", "opus")) | st.tuples(st.just("codecs") | TOKENS, TOKENS), max_size=2
    ).map(tuple),
)


@given(st.data(), st.sampled_from(sorted(SUPPORTED)))
def test_a_supported_type_is_accepted_in_any_spelling(session, data, media_type):
    content_type = data.draw(spelled(*media_type))
    assert session().upload(kind=content_type).status_code == 200


@given(st.data(), media_types)
def test_only_the_seven_types_are_accepted(session, data, media_type):
    content_type = data.draw(spelled(*media_type))
    response = session().upload(kind=content_type)
    if media_type in SUPPORTED:
        assert response.status_code == 200
    else:
        assert refusal(response) == (400, "invalid_audio_format")
        provided = response.json()["error"]["details"]["provided_format"]
        assert provided.strip() == content_type.strip()


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=24))
@example("audio/webm")
@example("audio/webm;codecs=vp8")
@example("audio/webm;codecs=OPUS")
@example("audio/webm;codecs=")
@example('audio/webm;codecs=""')
@example('audio/webm;codecs="opus')
@example("audio/webm;codecs='opus'")
@example("audio/webm;codecs =opus")
@example("audio/webm;codecs= opus")
@example("audio/webm;codec=opus")
@example("audio/webm codecs=opus")
@example("audio/webm,codecs=opus")
@example("audio/webm;codecs=opus;codecs=opus")
@example("audio/webm;codecs=opus;rate=48000")
@example("audio/webm;codecs=opus,audio/wav")
@example('audio/webm;codecs="opus,vorbis"')
@example("audio/wav;charset=x")
@example("audio/wav;codecs=opus")
@example("audio/wav;codecs")
@example("audio/wav, audio/ogg")
@example("audio/ogg;codecs=vorbis")
@example("audio/mp4;codecs=mp4a.40.2")
@example("audio /wav")
@example("audio/ wav")
@example("audio/")
@example("/wav")
@example("wav")
@example("*/*")
@example("audio/*")
@example("multipart/form-data; boundary=x")
@example("application/json")
@example("\N{LATIN SMALL LETTER E WITH ACUTE}")
def test_similar_types_are_refused(session, content_type):
    response = session().upload(kind=content_type.encode("latin-1"))
    assert refusal(response) == (400, "invalid_audio_format")
    assert response.json()["error"]["details"]["provided_format"] == content_type


def test_two_content_types_are_refused(mock, session):
    chunked = session()
    headers = [("Content-Type", "audio/wav"), ("Content-Type", "audio/wav")]
    response = mock.client.post(f"{chunked.path}/audio/a_0.wav", content=b"x", headers=headers)
    assert refusal(response) == (400, "invalid_audio_format")


#: Values of Content-Type with which the extension decides; None sends no header.
UNDECIDED = [
    None,
    "",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "Application/Octet-Stream",
]


@pytest.mark.parametrize("content_type", UNDECIDED)
@pytest.mark.parametrize("extension", TYPE_OF_EXTENSION)
def test_the_extension_decides_if_the_type_does_not(session, content_type, extension):
    chunked = session()
    for number, spelling in enumerate([extension, extension.upper()]):
        assert chunked.upload(f"a_{number}.{spelling}", kind=content_type).status_code == 200
    kinds = {chunk["content_type"] for chunk in chunked.inspect()["chunks"]}
    assert kinds == {TYPE_OF_EXTENSION[extension]}


@pytest.mark.parametrize("content_type", UNDECIDED)
@pytest.mark.parametrize("extension", ["flac", "mpeg", "weba", "webmx", "json", "opus"])
def test_another_extension_is_not_supported(session, content_type, extension):
    for upload_type in ("chunked", "single"):
        response = session(upload_type).upload(f"a_0.{extension}", kind=content_type)
        assert refusal(response) == (400, "invalid_audio_format")
        provided = response.json()["error"]["details"]["provided_format"]
        assert provided in (extension, content_type or extension)


@pytest.mark.parametrize("name", ["recording", "webm", "recording.", "a.webm.", "webm.x"])
def test_without_type_and_extension_an_upload_is_refused(session, name):
    response = session("single").upload(name, kind=None)
    assert refusal(response) == (400, "invalid_audio_format")
    assert "provided_format" in response.json()["error"]["details"]


def test_the_type_overrides_the_extension(session):
    chunked = session()
    assert chunked.upload("a_0.mp3", kind="audio/wav").status_code == 200
    assert chunked.inspect()["chunks"][0]["content_type"] == "audio/wav"
    assert refusal(chunked.upload("a_0.wav", kind="audio/flac"))[1] == "invalid_audio_format"


def test_the_extension_is_what_follows_the_last_dot(session):
    recording = (AUDIO / "speech.mp3").read_bytes()
    assert session("single").upload("a.flac.mp3", recording, None).status_code == 200
    assert refusal(session("single").upload("a.mp3.flac", recording, None))[0] == 400


def test_an_upload_as_curl_sends_it_is_accepted(mock, session):
    chunked = session()
    fields = TOKEN | {
        "User-Agent": "curl/8.5.0",
        "Accept": "*/*",
        "Content-Length": 5,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with mock.wire() as wire:
        wire.request("POST", f"/voice/v1{chunked.path}/audio/a_0.webm", fields, b"audio")
        assert wire.response().status_code == 200
