"""The audio of a session as one MP3."""

import io
from itertools import pairwise

import av
import numpy as np
import pytest
from av.container import InputContainer

from tests.audio.factory import encode, vowels
from tests.support import AUDIO, refusal

KEPT = 86_400


def decoded(data):
    """16 kHz mono samples of an MP3, and its format."""
    with av.open(io.BytesIO(data), "r") as file:
        assert isinstance(file, InputContainer)
        assert file.format.name == "mp3"
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
        stream = file.streams.audio[0]
        assert (stream.rate, stream.codec_context.layout.name) == (16_000, "mono")
    return np.concatenate(frames, axis=1)[0]


def length(name):
    """How long a sample is, in seconds."""
    with av.open(str(AUDIO / name), "r") as file:
        assert isinstance(file, InputContainer)
        return sum(frame.samples / frame.rate for frame in file.decode(audio=0))


def spoken():
    """16 kHz mono samples of what `speech.wav` says."""
    with av.open(str(AUDIO / "speech.wav"), "r") as file:
        assert isinstance(file, InputContainer)
        resampler = av.AudioResampler("fltp", "mono", 16_000)
        parts = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
        return np.concatenate([part.to_ndarray() for part in parts], axis=1)[0]


def loudness(sound):
    """The root mean square of each tenth of a second of the first five seconds."""
    return np.sqrt((sound[:80_000].reshape(-1, 1600) ** 2).mean(axis=1))


def hear(session):
    return session.mock.client.get(f"{session.path}/audio")


@pytest.fixture
def processed(mock, session):
    """A session that is done, with these samples as its chunks."""

    def processed(*names, **fields):
        chunked = session(**fields)
        for number, name in enumerate(names):
            extension = name.rpartition(".")[2]
            data = (AUDIO / name).read_bytes()
            kind = "audio/webm;codecs=opus" if extension == "webm" else f"audio/{extension}"
            assert chunked.upload(f"a_{number}.{extension}", data, kind).status_code == 200
        chunked.process_to_the_end()
        return chunked

    return processed


def test_it_plays_everything_in_order_without_a_token(mock, processed):
    names = ("speech.webm", "silence.wav", "speech.mp3", "speech.m4a", "speech.ogg")
    chunked = processed(*names)
    answer = hear(chunked)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["session_id"], body["status"]) == (chunked.id, "success")
    assert body["expires_in"] == KEPT
    assert body["audio_url"].startswith(f"{mock.url}/voice/v1/sessions/")
    mp3 = mock.bare.get(body["audio_url"])
    assert (mp3.status_code, mp3.headers["content-type"]) == (200, "audio/mpeg")
    sound = decoded(mp3.content)
    lengths = [length(name) for name in names]
    assert len(sound) / 16_000 == pytest.approx(sum(lengths), abs=0.25)
    assert np.corrcoef(loudness(sound), loudness(spoken()))[0, 1] > 0.9
    begin = int((lengths[0] + 0.2) * 16_000)
    end = int((lengths[0] + lengths[1] - 0.2) * 16_000)
    assert np.abs(sound[begin:end]).max() < 0.01 < np.abs(sound[:begin]).max()
    assert np.abs(sound[end + 8000 :]).max() > 0.01


def test_slices_without_a_header_are_heard_after_the_first(mock, session):
    whole = (AUDIO / "speech.ogg").read_bytes()
    pages = [at for at in range(len(whole)) if whole.startswith(b"OggS", at)]
    middle = pages[len(pages) // 2]
    chunked = session()
    for number, part in enumerate((whole[:middle], whole[middle:])):
        assert chunked.upload(f"a_{number}.ogg", part, "audio/ogg").status_code == 200
    chunked.process_to_the_end()
    sound = decoded(mock.bare.get(hear(chunked).json()["audio_url"]).content)
    assert len(sound) / 16_000 == pytest.approx(length("speech.ogg"), abs=0.15)


def clusters_of_webm():
    """The slices of a recording as a browser makes them: only the first has a header."""
    with io.BytesIO() as file:
        options = {"live": "1", "cluster_time_limit": "1000"}
        with av.open(file, "w", "webm", options=options) as output:
            stream = output.add_stream("libopus", 48_000, layout="mono")
            resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
            with av.open(str(AUDIO / "speech.wav"), "r") as speech:
                for frame in (*speech.decode(audio=0), None):
                    for part in resampler.resample(frame):
                        output.mux(stream.encode(part))
            output.mux(stream.encode(None))
        data = file.getvalue()
    starts = [at for at in range(len(data)) if data.startswith(b"\x1f\x43\xb6\x75", at)]
    return [data[a:b] for a, b in pairwise([0, *starts[1:], len(data)])]


def test_slices_of_mp4_are_heard_in_order(mock, session):
    sound = vowels(5)
    fragmented = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    whole = encode(sound, "audio/mp4", options={**fragmented, "frag_duration": "1000000"})
    starts = [at - 4 for at in range(len(whole)) if whole.startswith(b"moof", at)]
    chunked = session()
    for number, (begin, end) in enumerate(pairwise([0, *starts, len(whole)])):
        part = whole[begin:end]
        assert chunked.upload(f"a_{number}.mp4", part, "audio/mp4").status_code == 200
    chunked.process_to_the_end()
    heard = decoded(mock.bare.get(hear(chunked).json()["audio_url"]).content)
    assert len(starts) > 3
    assert len(heard) / 16_000 == pytest.approx(5, abs=0.3)


def test_slices_of_webm_are_heard_in_order(mock, session):
    slices = clusters_of_webm()
    assert len(slices) > 4
    chunked = session()
    for number in reversed(range(len(slices))):
        assert chunked.upload(f"a_{number}.webm", slices[number]).status_code == 200
    chunked.process_to_the_end()
    sound = decoded(mock.bare.get(hear(chunked).json()["audio_url"]).content)
    assert len(sound) / 16_000 == pytest.approx(length("speech.wav"), abs=0.2)
    assert np.corrcoef(loudness(sound), loudness(spoken()))[0, 1] > 0.9


def test_what_cannot_be_decoded_is_left_out(mock, session):
    chunked = session()
    chunked.store("a_0.webm", content=b"no audio at all")
    data = (AUDIO / "speech.wav").read_bytes()
    assert chunked.upload("a_1.wav", data, "audio/wav").status_code == 200
    chunked.process_to_the_end()
    sound = decoded(mock.bare.get(hear(chunked).json()["audio_url"]).content)
    assert len(sound) / 16_000 == pytest.approx(length("speech.wav"), abs=0.1)
    nothing = session()
    nothing.store("a_0.webm", content=b"no audio at all")
    nothing.process_to_the_end()
    assert refusal(hear(nothing)) == (404, "audio_not_available")


def test_it_is_there_from_the_end_of_processing_for_a_day(mock, session):
    chunked = session()
    data = (AUDIO / "tiny.webm").read_bytes()
    chunked.upload("a_0.webm", data)
    assert refusal(hear(chunked)) == (404, "audio_not_available")
    chunked.end()
    assert refusal(hear(chunked)) == (404, "audio_not_available")
    mock.advance(2)
    url = hear(chunked).json()["audio_url"]
    mock.advance(KEPT - 3)
    assert hear(chunked).status_code == 200
    assert mock.bare.get(url).status_code == 200
    mock.advance(1)
    assert refusal(hear(chunked)) == (404, "audio_not_available")


def test_without_audio_there_is_none(session):
    silent = session()
    silent.process_to_the_end()
    assert refusal(hear(silent)) == (404, "audio_not_available")


def test_an_expired_session_says_so(mock):
    assert refusal(hear(mock.put("expired"))) == (410, "session_expired")


def test_a_scenario_may_not_let_it_be_heard(serve, tmp_path):
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    text = "title: a\noutcome: completed\ntranscript: hello\ntemplates: {}\naudio_enabled: false\n"
    (scenarios / "consultation.yaml").write_text(text)
    mock = serve(fixtures=tmp_path)
    chunked = mock.create()
    chunked.store("a_0.webm")
    chunked.process_to_the_end()
    assert refusal(hear(chunked)) == (403, "audio_not_enabled")


def test_a_player_can_seek(mock, processed):
    url = hear(processed("speech.webm")).json()["audio_url"]
    whole = mock.bare.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    # Pages of every origin may play it, as they may use the rest of the API.
    assert whole.headers["cross-origin-resource-policy"] == "cross-origin"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = mock.bare.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = mock.bare.get(url, headers={"Range": "bytes=99999999-"})
    assert refusal(beyond) == (416, "range_not_satisfiable")
    head = mock.bare.head(url)
    assert head.headers["content-length"] == str(len(whole.content))


def test_only_the_address_that_was_given_works(mock, processed):
    first, second = processed("tiny.webm"), processed("tiny.webm")
    url = hear(first).json()["audio_url"]
    for wrong in (url.partition("?")[0], url[:-1], url.replace(first.id, second.id)):
        assert refusal(mock.bare.get(wrong)) == (403, "forbidden")
