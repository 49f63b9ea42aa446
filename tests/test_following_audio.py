"""Transcripts that follow the audio: what arrived of the scenario's recording is in them."""

import re
import shutil
from functools import cache

import numpy as np
import pytest
import yaml
from websockets.sync.client import connect

from scribe_mock.audio import media_types
from scribe_mock.sessions.hearing import Loss, heard
from scribe_mock.sessions.outcomes import Outcome
from scribe_mock.sessions.sentences import Sentence
from scribe_mock.sessions.states import State
from scribe_mock.spec import shipped
from scribe_mock.web.docs.book import snippet_text
from tests.audio.factory import RATE, decode, encode, silence, vowels, wav
from tests.support import AUDIO, PATIENCE, TOKEN, ApiSession, fault, parallel, running

RECORDING = AUDIO / "consultation.ogg"
SCENARIO = yaml.safe_load((shipped("fixtures") / "scenarios/consultation.yaml").read_text())
WHOLE = "I've had this cough for three days now, and a fever since the day before yesterday."
FOLLOWS = {"follow_audio": True}


@cache
def recording():
    return decode(RECORDING.read_bytes())


def seconds(start, end=None):
    """A part of the recording."""
    return recording()[round(start * RATE) : None if end is None else round(end * RATE)]


def lines(*stretches):
    """The sentences of the scenario that lie in one of these stretches of the recording."""
    return [
        sentence["text"]
        for sentence in SCENARIO["transcript"]
        if any(a <= sentence["at"][0] and sentence["at"][1] <= b for a, b in stretches)
    ]


@pytest.fixture(scope="module")
def mock():
    """One for all: what takes long is to start the decoding processes."""
    with running(processing_seconds=0.0) as mock:
        yield mock


def create(mock, upload_type="chunked", **fields):
    body = {"upload_type": upload_type, "additional_data": {"_mock": fields}}
    answer = mock.client.post("/sessions", json=body)
    assert answer.status_code == 201, answer.text
    return ApiSession(mock, answer.json()["session_id"])


def send(one, *parts, kind=media_types.OGG_OPUS):
    extension = media_types.MEDIA_TYPES[kind].extension
    for number, part in enumerate(parts):
        answer = one.upload(f"audio_{number}.{extension}", encode(part, kind), kind)
        assert answer.status_code == 200


def result(one):
    """Status, transcript, and what the errors say, once the session is ended."""
    assert one.end().status_code == 202
    answer = one.get()
    body = answer.json()
    errors = body.get("processing_errors", [])
    assert {error["type"] for error in errors} <= {"audio_missing", "audio_distorted"}
    return answer.status_code, body["transcript"], [error["message"] for error in errors]


def without(transcript, *gone):
    """Assert that a transcript has every sentence but these."""
    left = [s["text"] for s in SCENARIO["transcript"] if s["text"] not in gone]
    said = [s["text"] for s in SCENARIO["transcript"] if s["text"] in transcript]
    assert said == left


# What arrived


@pytest.mark.parametrize("kind", [media_types.OGG_OPUS, media_types.MP3])
def test_all_that_arrived_is_all_of_it(mock, kind):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 50), seconds(50, 100), seconds(100), kind=kind)
    plain = create(mock)
    plain.store("audio_0.webm")
    assert result(one) == result(plain)


def test_a_chunk_that_is_lost_takes_its_sentences_along(mock):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 58.5), seconds(66))
    status, transcript, errors = result(one)
    assert status == 206
    lost = lines((58.5, 66))
    assert lost == ["I don't smoke.", "Good to know.", "Let me examine you."]
    without(transcript, *lost, "And penicillin gives me a rash.")
    # The next line is the same speaker's who was interrupted.
    assert "school.\nDoctor: Temperature is 38.1" in transcript
    [error] = errors
    assert re.fullmatch(r"Seconds 58\.\d to 6\d\.\d of what was said did not arrive\.", error)
    body = one.get().json()
    assert body["audio_files_processed"] == 2
    assert body["language_detected"] == "en"


@pytest.mark.parametrize(("until", "arrives"), [(8.9, True), (10.2, False)])
def test_a_sentence_arrived_if_four_fifths_of_it_did(mock, until, arrives):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 8.2), seconds(until))
    status, transcript, errors = result(one)
    assert (status, WHOLE in transcript, bool(errors)) == (
        (200, True, False) if arrives else (206, False, True)
    )


def test_noise_in_the_place_of_a_sentence_is_not_that_sentence(mock):
    one = create(mock, **FOLLOWS)
    sound = seconds(0).copy()
    begin, end = round(99.9 * RATE), round(106.3 * RATE)
    sound[begin:end] = np.random.default_rng(0).standard_normal(end - begin) * 0.05
    send(one, sound)
    status, transcript, errors = result(one)
    assert status == 206
    without(transcript, *lines((99.8, 106.4)))
    assert errors[0].startswith(("Seconds 99.", "Seconds 100."))
    assert errors[0].endswith("of what was said can't be recognised in what arrived.")


def test_silence_that_is_lost_is_no_sentence(mock):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 63.8), seconds(66.6))
    assert result(one)[0] == 200


def test_other_sound_is_nothing_of_it(mock):
    one = create(mock, **FOLLOWS)
    send(one, vowels(20))
    status, transcript, errors = result(one)
    assert (status, transcript) == (206, "")
    assert errors
    assert one.get().json()["language_detected"] is None


def test_what_can_not_be_decoded_is_nothing_of_it(mock):
    one = create(mock, **FOLLOWS)
    one.store("audio_0.webm", "audio_1.webm")
    status, transcript, errors = result(one)
    assert (status, transcript, len(errors)) == (206, "", 1)


def test_a_session_without_audio_has_nothing_of_it(mock):
    status, transcript, errors = result(create(mock, **FOLLOWS))
    assert (status, transcript) == (206, "")
    assert errors == ["Seconds 0.0 to 139.2 of what was said did not arrive."]


def test_a_single_recording_is_followed_too(mock):
    one = create(mock, "single", **FOLLOWS)
    cut = np.concatenate([seconds(0, 40.8), seconds(61)])
    kind = media_types.OGG_OPUS
    assert one.upload("visit.ogg", encode(cut, kind), kind).status_code == 200
    status, transcript, _ = result(one)
    assert status == 206
    without(transcript, *lines((40.8, 61)))


def test_a_stream_is_followed_too(mock):
    one = create(mock, "stream", **FOLLOWS)
    path = one.get().json()["upload_url"]
    with connect(path, additional_headers=TOKEN, open_timeout=PATIENCE) as socket:
        sound = (np.concatenate([seconds(0, 30.6), seconds(62.2)]) * 32767).astype("<i2").tobytes()
        for begin in range(0, len(sound), 64_000):
            socket.send(sound[begin : begin + 64_000])
    status, transcript, _ = result(one)
    assert status == 206
    without(transcript, *lines((30.6, 62.2)))


# Who asks for it


def test_without_asking_the_transcript_is_whole(mock):
    one = create(mock)
    send(one, seconds(0, 30))
    status, transcript, _ = result(one)
    assert status == 200
    without(transcript)


def test_a_mock_may_be_told_to_follow_the_audio_of_all_sessions(serve):
    mock = serve(processing_seconds=0.0, follow_audio=True)
    every, but, untimed = create(mock), create(mock, follow_audio=False), None
    untimed = create(mock, scenario="silence")
    for one in (every, but, untimed):
        send(one, vowels(5))
    assert result(every)[:2] == (206, "")
    assert result(but)[0] == 200
    assert result(untimed)[0] == 200


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"follow_audio": "yes"}, "$.additional_data._mock.follow_audio"),
        ({"follow_audio": None}, "$.additional_data._mock.follow_audio"),
        ({"follow_audio": True, "scenario": "silence"}, "$.additional_data._mock.follow_audio"),
    ],
)
def test_what_can_not_be_followed_is_refused(mock, fields, path):
    body = {"upload_type": "chunked", "additional_data": {"_mock": fields}}
    assert fault(mock.client.post("/sessions", json=body)) == path
    one = create(mock)
    changed = mock.client.patch(one.path, json={"additional_data": {"_mock": fields}})
    assert fault(changed) == path


def test_a_session_may_ask_for_it_later(mock):
    one = create(mock)
    send(one, vowels(5))
    changed = mock.client.patch(one.path, json={"additional_data": {"_mock": FOLLOWS}})
    assert changed.status_code == 200
    assert result(one)[:2] == (206, "")


# Beside everything else


def test_processing_takes_its_time_by_the_clock(serve):
    mock = serve(processing_seconds=60.0)
    one = create(mock, **FOLLOWS)
    send(one, vowels(5))
    mock.control("POST", "/clock", {"freeze": True})
    one.end()
    assert one.get().status_code == 202
    mock.advance(60)
    assert one.get().status_code == 206


def test_a_fault_decides_about_the_outcome(mock):
    for outcome, status in (("failed", 200), ("completed", 200), ("partial", 206)):
        one = create(mock, **FOLLOWS)
        scope, action = {"session_id": one.id}, {"processing": {"outcome": outcome}}
        mock.control("POST", "/faults", {"scope": scope, "action": action})
        send(one, vowels(5))
        one.end()
        answer = one.get()
        assert (answer.status_code, answer.json()["status"]) == (status, outcome)
        assert answer.json()["transcript"] == ""


def test_an_upload_while_it_is_compared_counts(mock):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 60))
    kind = media_types.OGG_OPUS
    late = encode(seconds(60), kind)
    ended, uploaded = parallel([one.end, lambda: one.upload("audio_1.ogg", late, kind)])
    assert ended.status_code == 202
    body = one.get().json()
    assert ("Get well soon" in body["transcript"]) == (uploaded.status_code == 200)
    assert body["audio_files_received"] == 1 + (uploaded.status_code == 200)


def test_the_scenarios_recording_is_the_sessions_reference(mock):
    one, other = create(mock, **FOLLOWS), create(mock)
    send(one, seconds(0, 60), seconds(80))
    found = mock.control("GET", f"/sessions/{one.id}/ledger")["audio"]
    assert found["reference"] == {"duration_s": 139.18, "fixture": "consultation.ogg"}
    [gap] = found["missing"]
    assert (gap["start_s"], gap["end_s"]) == (
        pytest.approx(60, abs=0.2),
        pytest.approx(80, abs=0.2),
    )
    address = f"{mock.url}/_mock/sessions/{{}}/reference"
    assert mock.client.get(address.format(one.id)).content == RECORDING.read_bytes()
    assert mock.client.get(address.format(other.id)).status_code == 404
    assert mock.control("GET", f"/sessions/{other.id}/ledger")["audio"] is None


def test_levels_draw_the_recording_and_the_chunks(mock):
    one, other = create(mock, **FOLLOWS), create(mock)
    send(one, seconds(0, 60), seconds(80))
    found = mock.control("GET", f"/sessions/{one.id}/ledger/levels")
    assert found["step_s"] == 0.1
    assert len(found["reference"]) == 1392
    assert [chunk["sequence"] for chunk in found["chunks"]] == [0, 1]
    assert len(found["chunks"][0]["levels"]) == 600
    # The doctor begins after half a second, and sits in silence while the patient breathes.
    assert max(found["reference"][:4]) == 0
    assert max(found["reference"][6:20]) > 60
    assert max(found["reference"][812:830]) == 0
    empty = mock.control("GET", f"/sessions/{other.id}/ledger/levels")
    assert empty == {"step_s": 0.1, "reference": None, "chunks": []}


def test_a_long_recording_has_fewer_levels(mock):
    one = create(mock)
    address = f"{mock.url}/_mock/sessions/{one.id}/reference"
    assert mock.client.put(address, content=wav(silence(700))).status_code == 200
    found = mock.control("GET", f"/sessions/{one.id}/ledger/levels")
    assert (found["step_s"], found["reference"]) == (0.2, [0] * 3500)


def test_a_reference_of_ones_own_changes_the_ledger_alone(mock):
    one = create(mock, **FOLLOWS)
    send(one, seconds(0, 78.75))
    address = f"/sessions/{one.id}/reference"
    mock.control("PUT", address, {"fixture": "speech.wav"})
    status, transcript, _ = result(one)
    assert status == 206
    without(transcript, *lines((78.75, 140)))
    found = mock.control("GET", f"/sessions/{one.id}/ledger")["audio"]
    assert found["reference"]["fixture"] == "speech.wav"


def test_another_recording_counts_once_it_is_saved(serve, tmp_path):
    folder = shutil.copytree(shipped("fixtures"), tmp_path / "fixtures")
    mock = serve(fixtures=folder, processing_seconds=0.0, follow_audio=True)
    sound = seconds(0, 20)
    one = create(mock)
    send(one, sound)
    assert result(one)[0] == 206
    # Then all that was said ends after 16 seconds, so all of it arrives.
    short = SCENARIO | {"transcript": SCENARIO["transcript"][:5]}
    (folder / "audio/consultation.ogg").write_bytes(encode(sound, media_types.OGG_OPUS))
    (folder / "scenarios/consultation.yaml").write_text(yaml.safe_dump(short))
    with_new = serve(fixtures=folder, processing_seconds=0.0, follow_audio=True)
    other = create(with_new)
    send(other, sound)
    assert result(other)[0] == 200


def test_the_guides_scenario_is_followed(serve, tmp_path):
    for folder in ("scenarios", "audio"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scenarios/short.yaml").write_text(snippet_text("scenario.yaml"))
    (tmp_path / "audio/visit.wav").write_bytes(wav(seconds(2, 8)))
    mock = serve(fixtures=tmp_path, scenario="short", processing_seconds=0.0)
    one = create(mock, **FOLLOWS)
    send(one, seconds(2, 4.5))
    status, transcript, _ = result(one)
    assert (status, transcript) == (206, "Doctor: What brings you in?\n")


def test_thousands_of_gaps_are_told_in_a_hundred_sentences():
    sentences = [Sentence("Yes.", at=(float(n), n + 0.9)) for n in range(3000)]
    losses = [Loss(n + 0.1, n + 0.8) for n in range(3000)]
    outcome = heard(Outcome(State.COMPLETED, "all"), sentences, losses)
    assert (outcome.state, outcome.transcript, len(outcome.errors)) == (State.PARTIAL, "", 101)
    assert outcome.errors[0].message == "Seconds 0.1 to 0.8 of what was said did not arrive."
    assert outcome.errors[100].message.startswith("2900 more stretches")
