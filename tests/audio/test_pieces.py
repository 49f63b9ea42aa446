"""Pieces of a recording, headers without sound, and forms with a recording in them."""

import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe_mock.audio import media_types
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.doctor import diagnose
from scribe_mock.audio.split import split
from tests.audio.factory import encode, vowels, wav

SOUND = vowels(6)
LIVE = {"live": "1", "cluster_time_limit": "1000"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}
WEBM = encode(SOUND, media_types.WEBM, options=LIVE)
MP4 = encode(SOUND, media_types.MP4, options=FRAGMENTED)
OGG = encode(SOUND, media_types.OGG_OPUS)
VORBIS = encode(SOUND, media_types.OGG)
WAV = wav(SOUND)


def at(data, mark, number=0):
    """The offset of a mark's occurrence."""
    place = -1
    for _ in range(number + 1):
        place = data.index(mark, place + 1)
    return place


CLUSTER = b"\x1f\x43\xb6\x75"
#: What is sent, its type, and the file that it is a piece of.
PIECES = {
    "a WebM cluster": (WEBM[at(WEBM, CLUSTER, 2) :], media_types.WEBM, "WebM"),
    "a WebM block": (WEBM[at(WEBM, b"\xa3", 40) :], media_types.WEBM, "WebM"),
    "a WebM cut anywhere": (WEBM[len(WEBM) // 2 :], media_types.WEBM, "WebM"),
    "a WebM cut before what looks like MPEG": (
        b"\xff\xfb\x90\x64" + WEBM[len(WEBM) // 2 :],
        media_types.WEBM,
        "WebM",
    ),
    "an MP4 fragment": (MP4[at(MP4, b"moof", 2) - 4 :], media_types.MP4, "MP4"),
    "an MP4 cut anywhere": (MP4[at(MP4, b"moof", 2) + 700 :], media_types.M4A, "MP4"),
    "Ogg pages": (OGG[at(OGG, b"OggS", 3) :], media_types.OGG_OPUS, "Ogg"),
    "an Ogg cut anywhere": (OGG[at(OGG, b"OggS", 3) + 99 :], media_types.OGG, "Ogg"),
    "Vorbis pages": (VORBIS[at(VORBIS, b"OggS", 2) :], media_types.OGG, "Ogg"),
    "16-bit PCM": (WAV[44:], media_types.WAV, "WAV"),
    "16-bit PCM cut within a sample": (WAV[30_001:], media_types.WAV, "WAV"),
    "8-bit PCM": (wav(SOUND, bits=8)[44:], media_types.WAV, "WAV"),
    "24-bit stereo PCM": (wav(SOUND, bits=24, channels=2)[44:], media_types.WAV, "WAV"),
    "quiet PCM": (wav(SOUND * 0.02)[44:], media_types.WAV, "WAV"),
}


@pytest.mark.parametrize("what", PIECES)
def test_a_piece_without_its_header_is_named(what):
    data, kind, container = PIECES[what]
    found = diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
    assert found.codes == ("headerless",)
    assert found.serious
    assert container in found.findings[0].message
    assert "Stop and start the recorder" in found.findings[0].advice
    with pytest.raises(AudioError, match=f"found a piece of an? {container} file"):
        split(data, kind)


#: Headers without sound.
HEADERS = {
    "WebM": (WEBM[: at(WEBM, CLUSTER)], media_types.WEBM),
    "WebM with an empty cluster": (WEBM[: at(WEBM, CLUSTER) + 15], media_types.WEBM),
    "MP4": (MP4[: at(MP4, b"moof") - 4], media_types.MP4),
    "Ogg with Opus": (OGG[: at(OGG, b"OggS", 2)], media_types.OGG_OPUS),
    "Ogg with Vorbis": (VORBIS[: at(VORBIS, b"OggS", 2)], media_types.OGG),
    "WAV": (wav(SOUND[:0]), media_types.WAV),
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_without_sound_is_named(what):
    data, kind = HEADERS[what]
    found = diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
    assert found.codes == ("header_only",)
    assert found.serious
    with pytest.raises(AudioError, match="a header and no sound"):
        split(data, kind)


@pytest.mark.parametrize("what", [*PIECES, *HEADERS])
def test_the_answer_to_the_upload_says_it(session, what):
    data, kind, *_ = PIECES.get(what) or HEADERS[what]
    chunked = session()
    name = f"a_0.{media_types.MEDIA_TYPES[kind].extension}"
    code = "headerless" if what in PIECES else "header_only"
    # The header first: what is known of other chunks with the same first bytes does not count.
    assert chunked.upload(name, data, kind).headers["x-mock-diagnostics"] == code
    container = media_types.MEDIA_TYPES[kind].container
    whole = {"webm": WEBM, "mp4": MP4, "wav": WAV, "ogg": OGG}[container]
    assert "x-mock-diagnostics" not in chunked.upload(name, whole, kind).headers


FORM = (
    b'------WebKitFormBoundaryABC\r\nContent-Disposition: form-data; name="file"; filename="blob"'
    b"\r\nContent-Type: audio/webm\r\n\r\n%s\r\n------WebKitFormBoundaryABC--\r\n"
)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n", b"This is a form.\r\n\r\n"])
@pytest.mark.parametrize("form", [FORM, FORM.replace(b"\r\n", b"\n"), FORM.replace(b"-", b"", 4)])
@pytest.mark.parametrize("audio", [WEBM, MP4, OGG, WAV, b"\xff\xfb"])
@pytest.mark.parametrize("kind", [media_types.WEBM, media_types.MP3])
def test_a_form_is_said_to_be_one(before, form, audio, kind):
    data = before + form % audio
    found = diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
    assert found.codes == ("multipart_form",)
    assert "FormData" in found.findings[0].advice
    with pytest.raises(AudioError, match="a multipart form"):
        split(data, kind)


@given(st.binary(max_size=4_000))
def test_bytes_that_begin_like_a_form_are_not_taken_for_one(data):
    assert "multipart_form" not in diagnose(b"--" + data, media_types.WAV, "wav").codes or (
        b"\n" in data and b":" in data
    )


def noise(seed, size=20_000):
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8).tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_other_bytes_are_no_pieces(seed):
    for data in (noise(seed), b"\xff\xfb" + noise(seed), MP4[at(MP4, b"mdat") + 100 :][:400]):
        for kind in media_types.MEDIA_TYPES:
            found = diagnose(data, kind, media_types.MEDIA_TYPES[kind].extension)
            assert found.codes == ("declared_type_differs",)


def test_a_text_declared_as_wav_is_no_pcm():
    text = b"The patient has had a dry cough and fever for three days. " * 200
    assert diagnose(text, media_types.WAV, "wav").codes == ("declared_type_differs",)


@pytest.mark.parametrize(
    ("entry", "named"),
    [(b"lpcm", "PCM"), (b"sowt", "PCM"), (b"samr", "AMR"), (b"fLaC", "FLAC"), (b"wxyz", "wxyz")],
)
def test_codecs_in_mp4_are_named(entry, named):
    found = diagnose(MP4.replace(b"mp4a", entry), media_types.MP4, "mp4")
    assert found.codes == ("wrong_kind",)
    assert named in found.findings[0].message


@pytest.mark.parametrize(("tag", "named"), [(2, "ADPCM"), (0x31, "GSM"), (0x55, "MP3")])
def test_codecs_in_wav_are_named(tag, named):
    data = WAV[:20] + struct.pack("<H", tag) + WAV[22:]
    found = diagnose(data, media_types.WAV, "wav")
    assert found.codes == ("wrong_kind",)
    assert named in found.findings[0].message


def test_mp3_in_free_format_is_named():
    frame = b"\xff\xfb\x00\xc0" + bytes(range(1, 200))
    found = diagnose(frame * 20, media_types.MP3, "mp3")
    assert "free format" in found.findings[0].message


@pytest.mark.parametrize(
    "unit",
    [
        b"\xff",
        b"\xff\xfb\x90\x00",
        b"\xa3",
        b"\xa3\x85\x81\x00\x00\x80\x01\x02",
        b"OggS\0",
        b"moof",
    ],
)
def test_bytes_that_look_like_thousands_of_starts_take_no_time(unit):
    # The server looks at them while other clients wait: 70 ms were too long.
    data = b"\x01" + unit * (40_000 // len(unit))
    began = time.thread_time()
    for kind in (media_types.MP3, media_types.WEBM, media_types.WAV):
        diagnose(data[:32_768], kind, "x")
    assert time.thread_time() - began < 0.25
