"""The acoustic part of the ledger: which seconds of what was spoken arrived, and how."""

import asyncio

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from scribe_mock.audio import media_types
from scribe_mock.audio.chunk_fingerprints import MOST_BYTES, ChunkFingerprints
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.store.memory import MemoryStore
from tests.audio.dictation import dictation, seconds
from tests.audio.factory import RATE, encode, silence, vowels, wav
from tests.audio.recordings import webm_slices
from tests.support import PATIENCE, ApiSession, parallel

#: How exact borders are, in seconds.
NEAR = 0.15
END = len(dictation()) / RATE


def reference(one, sound=None):
    """Say what was spoken: the dictation, if nothing else is said."""
    content = wav(dictation() if sound is None else sound)
    path = f"{one.mock.url}/_mock/sessions/{one.id}/reference"
    assert one.mock.client.put(path, content=content).status_code == 200


def send(one, *parts, kind=media_types.WAV, numbers=None):
    """Upload parts of sound as chunks."""
    extension = media_types.MEDIA_TYPES[kind].extension
    for number, part in zip(numbers or range(len(parts)), parts, strict=True):
        name = f"audio_{number}.{extension}"
        assert one.upload(name, encode(part, kind), kind).status_code == 200


def ledger(one):
    return one.mock.control("GET", f"/sessions/{one.id}/ledger")


def passages(found, kind):
    """Begin, end and chunk of each passage, and that its problem says the same."""
    told = [problem for problem in found["problems"] if problem["code"] == kind]
    listed = found["audio"][kind]
    assert len(told) == len(listed)
    for passage, problem in zip(listed, told, strict=True):
        stretch = f"Seconds {passage['start_s']:.1f} to {passage['end_s']:.1f} of what was spoken"
        assert problem["message"].startswith(stretch)
        assert problem["sequence"] == passage["chunk"]
    return [(one["start_s"], one["end_s"], one["chunk"]) for one in listed]


def near(*wanted):
    """Passages like these, with borders that are nearly there."""
    return [
        (pytest.approx(start, abs=NEAR), pytest.approx(end, abs=NEAR), chunk)
        for start, end, chunk in wanted
    ]


def others(found, *kinds):
    """The kinds of passages that there are besides these."""
    every = ("missing", "repeated", "reordered", "distorted")
    return [kind for kind in every if kind not in kinds and found["audio"][kind]]


def assert_all_arrived(found):
    assert found["audio"]["coverage_percent"] > 99
    assert others(found) == []


# What is nothing


def test_without_a_reference_nothing_is_compared(session):
    one = session()
    send(one, seconds(0, 6))
    assert ledger(one)["audio"] is None


def test_of_a_session_without_audio_all_is_missing(session):
    one = session()
    reference(one)
    one.end(0)
    found = ledger(one)
    assert passages(found, "missing") == near((0, END, None))
    assert "they would have come before all that arrived" in found["problems"][0]["message"]
    assert (found["verdict"], found["audio"]["coverage_percent"]) == ("incomplete", 0)


# Chunks


@pytest.mark.parametrize("kind", media_types.MEDIA_TYPES)
def test_chunks_that_have_all_of_it(session, kind):
    one = session()
    reference(one)
    send(one, seconds(0, 6), seconds(6, 12), seconds(12), kind=kind)
    assert ledger(one)["verdict"] == "open"
    one.end(3)
    found = ledger(one)
    assert_all_arrived(found)
    assert (found["verdict"], found["problems"]) == ("complete", [])
    assert found["audio"]["reference"] == {
        "duration_s": pytest.approx(END, abs=0.05),
        "fixture": None,
    }
    places = [(m["chunk"], m["reference_start_s"]) for m in found["audio"]["matches"]]
    assert {chunk for chunk, _ in places} == {0, 1, 2}


def test_a_chunk_that_is_lost(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), seconds(12), numbers=(0, 2))
    one.end()
    found = ledger(one)
    assert passages(found, "missing") == near((6, 12, 0))
    assert others(found, "missing") == []
    assert found["verdict"] == "incomplete"
    [gap, problem] = found["problems"]
    assert gap["code"] == "gap"
    assert problem["message"].endswith("are missing: they would have come in chunk 0, or after it.")


def test_what_is_lost_between_two_chunks_and_at_both_ends(session):
    one = session()
    reference(one)
    send(one, seconds(1.5, 6), seconds(7, 12), seconds(12, 15))
    found = ledger(one)
    assert passages(found, "missing") == near((0, 1.5, None), (6, 7, 0), (15, END, 2))
    assert others(found, "missing") == []


def test_a_chunk_that_is_there_twice(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), seconds(6, 12), seconds(6, 12), seconds(12))
    found = ledger(one)
    assert passages(found, "repeated") == near((6, 12, 2))
    assert others(found, "repeated") == []
    problem = next(one for one in found["problems"] if one["code"] == "repeated")
    assert problem["message"].endswith("arrived again, in chunk 2.")


def test_chunks_that_changed_places(session):
    one = session()
    reference(one)
    send(one, seconds(6, 12), seconds(0, 6), seconds(12))
    found = ledger(one)
    assert passages(found, "reordered") == near((0, 6, 1))
    assert others(found, "reordered") == []
    assert found["problems"][0]["message"].endswith("in another order: they are in chunk 1.")


def test_a_chunk_that_has_something_else(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), vowels(6), seconds(12))
    found = ledger(one)
    assert passages(found, "distorted") == near((6, 12, 1))
    assert others(found, "distorted") == []
    assert found["problems"][0]["message"].endswith("can't be recognised in chunk 1.")


def test_a_chunk_that_is_no_audio_is_missing(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), seconds(12), numbers=(0, 2))
    one.store("audio_1.wav", content=b"no audio at all")
    assert passages(ledger(one), "missing") == near((6, 12, 0))


def test_slices_of_one_file_are_decoded_behind_their_header(session):
    one = session()
    reference(one)
    slices = webm_slices(encode(dictation(), media_types.WEBM), seconds=5)
    for number, part in enumerate(slices.parts):
        one.store(f"audio_{number}.webm", content=part)
    assert_all_arrived(ledger(one))
    # Without its header, no slice can be decoded.
    another = session()
    reference(another)
    another.store("audio_1.webm", content=slices.parts[1])
    assert passages(ledger(another), "missing") == near((0, END, None))


def test_a_chunk_that_is_replaced_is_decoded_anew(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), silence(6), seconds(12))
    assert ledger(one)["audio"]["coverage_percent"] < 80
    send(one, seconds(6, 12), numbers=[1])
    assert_all_arrived(ledger(one))


def test_another_reference_is_compared_anew(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6))
    assert ledger(one)["audio"]["missing"]
    reference(one, seconds(0, 6))
    assert_all_arrived(ledger(one))


def test_many_ask_at_once(session):
    one = session()
    reference(one)
    send(one, seconds(0, 6), seconds(6, 12), seconds(12))
    found = parallel([lambda: ledger(one)] * 6)
    assert_all_arrived(found[0])
    assert found == [found[0]] * 6


# Recordings and streams


@pytest.mark.parametrize("kind", [media_types.WAV, media_types.MP3, media_types.WEBM])
def test_a_whole_recording(session, kind):
    one = session("single")
    reference(one)
    name = f"talk.{media_types.MEDIA_TYPES[kind].extension}"
    assert one.upload(name, encode(dictation(), kind), kind).status_code == 200
    one.end(1)
    found = ledger(one)
    assert_all_arrived(found)
    assert found["verdict"] == "complete"


#: The dictation with long silences, which the server leaves out where it cuts.
PAUSES = np.concatenate(
    [silence(6), seconds(0, 6), silence(9), seconds(6, 12), silence(1), seconds(12), silence(8)]
)


def test_silence_that_the_server_left_out_is_not_lost(session):
    one = session("single")
    reference(one, PAUSES)
    assert one.upload("talk.wav", wav(PAUSES), "audio/wav").status_code == 200
    found = ledger(one)
    assert_all_arrived(found)
    # Matches end where chunks do.
    lengths = {chunk["sequence"]: chunk["duration_s"] for chunk in one.inspect()["chunks"]}
    for match in found["audio"]["matches"]:
        assert match["end_s"] <= lengths[match["chunk"]] + 0.05


def test_silence_that_the_client_cut_off_is_lost(session):
    one = session("single")
    reference(one, PAUSES)
    assert one.upload("talk.wav", wav(PAUSES[: -5 * RATE]), "audio/wav").status_code == 200
    [(start, end, _)] = passages(ledger(one), "missing")
    length = len(PAUSES) / RATE
    assert (start, end) == near((length - 5, length, 0))[0][:2]


def test_two_recordings_of_one_session(session):
    one = session("single")
    reference(one, PAUSES)
    for number, part in enumerate(np.split(PAUSES, [16 * RATE])):
        assert one.upload(f"{number}.wav", wav(part), "audio/wav").status_code == 200
    assert_all_arrived(ledger(one))


def test_a_recording_that_was_cut_off(session):
    one = session("single")
    reference(one)
    assert one.upload("talk.wav", wav(seconds(0, 10)), "audio/wav").status_code == 200
    [(start, end, _)] = passages(ledger(one), "missing")
    assert (start, end) == near((10, END, 0))[0][:2]


def stream(mock, *parts):
    """A session that got each of these parts of sound over a socket of its own."""
    created = mock.client.post("/sessions", json={"upload_type": "stream"}).json()
    for part in parts:
        with connect(created["upload_url"]) as line:
            line.send((part * 32767).astype("<i2").tobytes())
            line.send('{"event": "stop"}')
            with pytest.raises(ConnectionClosed):
                line.recv(timeout=PATIENCE)
    return ApiSession(mock, created["session_id"])


def test_a_stream_over_several_sockets(mock):
    one = stream(mock, seconds(0, 9), seconds(9))
    reference(one)
    assert_all_arrived(mock.comes_true(lambda: ledger(one)))


def test_silence_of_a_stream_is_not_lost(mock):
    one = stream(mock, *np.split(PAUSES, [16 * RATE, 32 * RATE]))
    reference(one, PAUSES)
    assert_all_arrived(ledger(one))


def test_what_a_stream_lost_between_two_sockets(mock):
    one = stream(mock, seconds(0, 9), seconds(11))
    reference(one)
    [(start, end, _)] = passages(ledger(one), "missing")
    assert (start, end) == near((9, 11, 0))[0][:2]


# What is kept


async def made(*sounds, most_bytes=MOST_BYTES):
    """Which of these sounds need not be decoded again."""
    store = MemoryStore(Clocks(), 1 << 30)
    examiner = Examiner(store, Limits(), strict=False)
    kept = ChunkFingerprints(examiner, most_bytes)
    found = [await kept.of(str(number), [sound]) for number, sound in enumerate(sounds)]
    # The last one first: what can't be decoded is kept too.
    numbers = reversed(range(len(sounds)))
    again = [await kept.of(str(number), [b"no audio"]) for number in numbers][::-1]
    await examiner.close()
    return [one is not None and one == other for one, other in zip(again, found, strict=True)]


def test_the_same_bytes_are_decoded_once():
    assert asyncio.run(made(wav(seconds(0, 2)), wav(seconds(2, 4)))) == [True, True]


def test_fingerprints_are_kept_within_bounds():
    sounds = [wav(seconds(at, at + 2)) for at in range(4)]
    assert asyncio.run(made(*sounds, most_bytes=8_000)) == [False, False, True, True]
