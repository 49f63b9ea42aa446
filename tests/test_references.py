"""What was spoken during a session: put, got back and forgotten through the control API."""

import hashlib
import shutil

import pytest

from tests.audio.factory import silence, wav
from tests.support import AUDIO, MIB, TOKEN, fault, parallel, refusal

SPOKEN = (AUDIO / "speech.webm").read_bytes()
WAV = (AUDIO / "speech.wav").read_bytes()


def path(mock, session_id):
    return f"{mock.url}/_mock/sessions/{session_id}/reference"


def put(one, content, kind=None):
    headers = {} if kind is None else {"Content-Type": kind}
    return one.mock.client.put(path(one.mock, one.id), content=content, headers=headers)


def put_fixture(one, name):
    return one.mock.client.put(path(one.mock, one.id), json={"fixture": name})


def get(one, **headers):
    return one.mock.client.get(path(one.mock, one.id), headers=headers)


def stored(mock):
    return mock.control("GET", "/health")["stored_bytes"]


def test_a_recording_is_given_back_as_it_was_sent(session):
    one = session()
    answer = put(one, SPOKEN, "audio/webm")
    assert answer.status_code == 200
    assert answer.json() == {
        "session_id": one.id,
        "duration_s": pytest.approx(5.57, abs=0.05),
        "media_type": "audio/webm;codecs=opus",
        "sha256": hashlib.sha256(SPOKEN).hexdigest(),
        "fixture": None,
    }
    assert (get(one).content, get(one).headers["content-type"]) == (
        SPOKEN,
        "audio/webm;codecs=opus",
    )


def test_a_part_of_it_is_given_back(session):
    one = session()
    put(one, SPOKEN)
    part = get(one, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, SPOKEN[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(SPOKEN)}"
    assert refusal(get(one, Range="bytes=999999-")) == (416, "range_not_satisfiable")


@pytest.mark.parametrize("kind", [None, "audio/ogg", "application/octet-stream", "text/plain"])
def test_the_bytes_say_what_it_is(session, kind):
    assert put(session(), WAV, kind).json()["media_type"] == "audio/wav"


def test_its_length_need_not_be_announced(session):
    one = session()
    parts = (WAV[at : at + 10_000] for at in range(0, len(WAV), 10_000))
    assert put(one, parts).json()["sha256"] == hashlib.sha256(WAV).hexdigest()
    assert get(one).content == WAV


def test_an_upload_that_breaks_off_leaves_what_there_was(mock, session):
    one, before = session(), stored(mock)
    target = f"/_mock/sessions/{one.id}/reference"
    with mock.wire() as wire:
        wire.request("PUT", target, TOKEN | {"Content-Length": len(WAV)})
        wire.send(WAV[:50_000])
    assert refusal(get(one)) == (404, "reference_not_found")
    assert stored(mock) == before


@pytest.mark.parametrize(
    "name", ["speech.wav", "speech.mp3", "speech.mp4", "speech.m4a", "speech.ogg", "speech.webm"]
)
def test_a_fixture_is_named(session, name):
    one = session()
    answer = put_fixture(one, name).json()
    assert (answer["fixture"], answer["duration_s"]) == (name, pytest.approx(5.57, abs=0.1))
    assert get(one).content == (AUDIO / name).read_bytes()


def test_an_unknown_fixture_lists_those_there_are(session):
    answer = put_fixture(session(), "../speech.wav")
    assert fault(answer) == "$.fixture"
    message = answer.json()["error"]["message"]
    assert "speech.wav" in message
    assert "tiny.webm" in message
    assert "README" not in message


def test_a_folder_of_ones_own_has_fixtures_too(serve, tmp_path):
    shutil.copytree(AUDIO.parent / "scenarios", tmp_path / "scenarios")
    (tmp_path / "audio").mkdir()
    shutil.copy(AUDIO / "speech-2.webm", tmp_path / "audio" / "speech.webm")
    shutil.copy(AUDIO / "speech-3.webm", tmp_path / "audio" / "own.webm")
    one = serve(fixtures=tmp_path).create()
    for name, file in (
        ("own.webm", "speech-3.webm"),
        ("speech.webm", "speech-2.webm"),
        ("speech.wav", "speech.wav"),
    ):
        assert put_fixture(one, name).status_code == 200
        assert get(one).content == (AUDIO / file).read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello there, this is no audio", "found plain text"),
        (WAV[:44], "found a file without sound"),
        (SPOKEN[3000:], "found a piece of a WebM file without its header"),
        (b'{"fixture": "speech.wav"}', "found JSON"),
    ],
)
def test_what_cannot_be_decoded_is_refused(session, content, said):
    one = session()
    put(one, WAV)
    answer = put(one, content)
    assert refusal(answer) == (400, "invalid_audio_format")
    assert said in answer.json()["error"]["message"]
    assert get(one).content == WAV  # what was there before stays


def test_an_empty_body_is_no_recording(session):
    answer = put(session(), b"")
    assert refusal(answer) == (400, "invalid_request")
    assert "body is empty" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [[], {}, {"fixture": 1}, {"fixture": "speech.wav", "x": 1}])
def test_json_that_breaks_its_schema(session, body):
    one = session()
    answer = one.mock.client.put(path(one.mock, one.id), json=body)
    assert refusal(answer) == (422, "invalid_request")


def test_as_many_bytes_as_an_hour_of_wav_has_are_not_too_much(session, mock):
    size = 3600 * 32_000
    rate, per_second = (96_000).to_bytes(4, "little"), (192_000).to_bytes(4, "little")
    # At 96 kHz: sound that lasts longer takes longer to decode.
    head = WAV[:24] + rate + per_second + WAV[32:40] + size.to_bytes(4, "little")
    answer = put(session(), head + bytes(size))
    assert answer.json()["duration_s"] == 600


def test_more_is_refused_before_it_is_sent(mock, session):
    target = f"/_mock/sessions/{session().id}/reference"
    with mock.wire() as wire:
        wire.request("PUT", target, TOKEN | {"Content-Length": 128 * MIB + 1})
        answer = wire.response()
    assert refusal(answer) == (413, "request_too_large")
    assert "128 MiB" in answer.json()["error"]["message"]


def test_a_session_has_none_at_first_and_forgets_it(session):
    one = session()
    assert refusal(get(one)) == (404, "reference_not_found")
    put(one, SPOKEN)
    for _ in range(2):
        assert one.mock.client.delete(path(one.mock, one.id)).status_code == 204
    assert refusal(get(one)) == (404, "reference_not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_session(mock, method):
    answer = mock.client.request(method, path(mock, "unknown"), content=SPOKEN)
    assert refusal(answer) == (404, "session_not_found")


# Where it goes


def test_it_counts_as_stored_audio_until_it_goes(mock, session):
    one, before = session(), stored(mock)
    put(one, SPOKEN)
    assert stored(mock) > before + len(SPOKEN)
    put(one, WAV)
    put(one, SPOKEN)
    one.mock.client.delete(path(mock, one.id))
    assert stored(mock) == before


def test_it_goes_with_its_session(mock):
    fields = {"session_id": "the-same-id-as-before"}
    put(mock.create(**fields), SPOKEN)
    mock.control("DELETE", "/sessions/the-same-id-as-before")
    assert refusal(get(mock.create(**fields))) == (404, "reference_not_found")


def test_it_goes_with_a_reset(mock):
    put(mock.create(session_id="one-of-many-sessions"), SPOKEN)
    mock.control("POST", "/reset")
    again = mock.create(session_id="one-of-many-sessions")
    assert refusal(get(again)) == (404, "reference_not_found")


def test_it_stays_when_the_session_is_put_into_a_state(mock):
    one = mock.put("recording")
    put(one, SPOKEN)
    mock.control("PUT", f"/sessions/{one.id}", {"state": "completed"})
    assert get(one).content == SPOKEN


def test_a_full_memory_refuses_it_or_evicts_what_is_finished(serve, tmp_path):
    shutil.copytree(AUDIO.parent / "scenarios", tmp_path / "scenarios")
    sound = wav(silence(30))
    mock = serve(max_memory=4 * len(sound), fixtures=tmp_path, processing_seconds=0)
    sessions = [mock.create() for _ in range(3)]
    assert [put(one, sound).status_code for one in sessions] == [200] * 3
    late = mock.create()
    assert refusal(put(late, sound)) == (503, "service_unavailable")
    # A finished session makes room, with its reference.
    sessions[0].end()
    assert put(late, sound).status_code == 200
    assert refusal(sessions[0].get()) == (404, "session_not_found")


def test_many_at_once(mock, session):
    sessions = [session() for _ in range(6)]
    answers = parallel([lambda one=one: put(one, SPOKEN) for one in sessions])
    assert [answer.status_code for answer in answers] == [200] * 6
