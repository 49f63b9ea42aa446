"""Recordings that are cut, and the findings about chunks, as the control API shows them."""

import asyncio
import math
from itertools import pairwise

import pytest

from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.diagnosis import Diagnosis
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.store.memory import MemoryStore
from tests.audio.factory import conversation, encode, silence, wav
from tests.support import AUDIO, noise, refusal

KINDS = {
    "speech.webm": "audio/webm;codecs=opus",
    "speech.wav": "audio/wav",
    "speech.ogg": "audio/ogg;codecs=opus",
    "speech-vorbis.ogg": "audio/ogg",
    "speech.mp4": "audio/mp4",
    "speech.m4a": "audio/m4a",
    "speech.mp3": "audio/mp3",
}


def fixture(name):
    return (AUDIO / name).read_bytes()


def codes(session):
    """Codes of findings by chunk. Each finding must say what is wrong and what to do."""
    chunks = session.inspect()["chunks"]
    assert all(f["message"] and f["advice"] for chunk in chunks for f in chunk["diagnostics"])
    return [[finding["code"] for finding in chunk["diagnostics"]] for chunk in chunks]


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_recording_is_stored_in_its_own_container(session, name, kind):
    recording = session("single")
    assert recording.upload("whatever", fixture(name), kind).status_code == 200
    (chunk,) = recording.inspect()["chunks"]
    assert chunk["name"] == f"0.{kind.split('/')[1].split(';')[0]}"
    assert chunk["content_type"] == kind
    assert chunk["original_filename"] == "whatever"
    assert chunk["speech"] is True
    assert chunk["diagnostics"] == []
    assert 0 <= chunk["start_s"] < chunk["end_s"] <= 5.7
    assert chunk["duration_s"] == pytest.approx(chunk["end_s"] - chunk["start_s"], abs=0.05)
    assert chunk["audio"]["duration_s"] == pytest.approx(chunk["duration_s"], abs=0.05)


def test_long_recordings_are_cut_at_pauses_and_their_chunks_numbered(session):
    sound, labels = conversation(6, 1, 7, 0.8, 5, 6, 4, 0.9, 8, 1, 3)
    recording = session("single")
    data = encode(sound, "audio/webm;codecs=opus")
    assert recording.upload("a.webm", data).status_code == 200
    first = recording.inspect()["chunks"]
    assert len(first) >= 3
    assert all(chunk["duration_s"] <= 20 for chunk in first)
    assert all(a["end_s"] <= b["start_s"] for a, b in pairwise(first))
    for begin, end in labels:
        assert any(c["start_s"] <= begin + 0.1 and end - 0.1 <= c["end_s"] for c in first)
    assert recording.upload("b.webm", data).status_code == 200
    names = [f"{n}.webm" for n in range(2 * len(first))]
    assert recording.names() == names
    assert recording.end(sent=2).json()["audio_files"] == names


def test_what_is_wrong_with_a_recording_is_told_at_its_chunk(session):
    recording = session("single")
    data = wav(conversation(6, 3, 2)[0], data_length=2_000_000)
    answer = recording.upload("a.wav", data, "audio/wav")
    assert answer.status_code == 200
    assert answer.headers["x-mock-diagnostics"] == "truncated"
    assert codes(recording) == [[], ["truncated"]]


def test_a_recording_that_is_sent_again_replaces_the_first(session):
    recording = session("single")
    sound = conversation(6, 1, 7, 0.8, 5, 6, 4, 0.9, 8)[0]
    long, short = encode(sound, "audio/wav"), encode(sound[: 16_000 * 4], "audio/wav")
    for name, data in (("a.wav", long), ("b.wav", short), ("a.wav", short), ("a.wav", short)):
        assert recording.upload(name, data, "audio/wav").status_code == 200
    chunks = recording.inspect()["chunks"]
    assert [chunk["original_filename"] for chunk in chunks] == ["a.wav", "b.wav"]
    # The number of the second recording stays, which is no gap of the client's.
    assert chunks[1]["sequence"] > 1
    (again,) = chunks[0]["diagnostics"]
    assert (again["code"], again["serious"]) == ("sent_again", False)
    assert "a.wav arrived 3 times" in again["message"]
    assert [finding["code"] for finding in chunks[1]["diagnostics"]] == ["duplicate"]
    assert recording.end().json()["audio_files_received"] == 2


def test_a_recording_without_speech_is_stored_whole_and_marked(session):
    recording = session("single")
    data = encode(silence(45), "audio/wav")
    assert recording.upload("a.wav", data, "audio/wav").status_code == 200
    chunks = recording.inspect()["chunks"]
    assert [chunk["speech"] for chunk in chunks] == [False, False, False]
    assert sum(chunk["duration_s"] for chunk in chunks) == pytest.approx(45, abs=0.05)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"x", "audio/wav"),
        (noise(5000), "audio/mp3"),
        (b"{}", "audio/webm;codecs=opus"),
        (fixture("speech.mp3"), "audio/wav"),
        (fixture("speech-vorbis.ogg"), "audio/ogg;codecs=opus"),
        (fixture("speech.webm")[200:], "audio/webm;codecs=opus"),
        (fixture("speech.mp4")[:100], "audio/mp4"),
    ],
)
def test_bytes_of_another_type_are_refused_and_nothing_is_stored(session, data, kind):
    recording = session("single")
    response = recording.upload("a", data, kind)
    assert refusal(response) == (400, "invalid_audio_format")
    error = response.json()["error"]
    assert error["details"]["provided_format"] == kind
    assert error["message"].startswith("Expected ")
    assert ", found " in error["message"]
    assert recording.get().json()["status"] == "created"


def test_the_longest_recording_is_a_setting(serve):
    mock = serve(max_audio_seconds=3)
    assert mock.create("single").upload("a.webm", fixture("speech.webm")).status_code == 400
    short = encode(silence(2), "audio/wav")
    assert mock.create("single").upload("a.wav", short, "audio/wav").status_code == 200


def test_a_good_chunk_has_no_findings_and_is_measured(session):
    chunked = session()
    chunked.store("audio_0.webm", content=fixture("speech.webm"))
    assert codes(chunked) == [[]]
    (chunk,) = chunked.inspect()["chunks"]
    assert (chunk["audio"]["container"], chunk["audio"]["codec"]) == ("webm", "opus")
    regions = chunk["audio"]["speech_regions"]
    assert len(regions) >= 2
    assert all(0 <= start < end <= 5.6 for start, end in regions)
    assert chunk["duration_s"] == pytest.approx(5.57, abs=0.05)
    assert chunk["start_s"] is None


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("audio_0.webm", fixture("speech.webm")[400:], "headerless"),
        ("audio_0.webm", fixture("speech.mp3"), "declared_type_differs"),
        ("audio_0.wav", fixture("silence.wav"), "silent"),
        ("audio_0.wav", encode(conversation(25)[0], "audio/wav"), "longer_than_20_s"),
        ("audio_0.wav", fixture("speech.wav")[:90_000], "truncated"),
    ],
)
def test_findings_about_one_chunk(session, name, data, code):
    chunked = session()
    chunked.store(name, content=data)
    (found,) = codes(chunked)
    assert code in found
    assert code in chunked.get().headers["x-mock-diagnostics"]


def test_findings_about_chunks_of_one_session(session):
    chunked = session()
    chunked.store("audio_0.webm", "audio_2.webm", content=fixture("speech.webm"))
    assert chunked.upload("audio_3.mp3", fixture("speech.mp3"), "audio/mp3").status_code == 200
    assert codes(chunked) == [[], ["gap", "duplicate"], ["format_changed"]]


def test_chunks_of_a_muted_microphone_are_no_duplicates(session):
    chunked = session()
    for name in ("audio_0.wav", "audio_1.wav"):
        assert chunked.upload(name, fixture("silence.wav"), "audio/wav").status_code == 200
    assert codes(chunked) == [["silent"], ["silent"]]


def test_a_replaced_chunk_is_examined_again(session):
    chunked = session()
    chunked.store("audio_0.webm", content=b"no audio")
    assert codes(chunked) == [["declared_type_differs"]]
    chunked.store("audio_0.webm", content=fixture("speech.webm"))
    assert codes(chunked) == [[]]


def test_a_chunk_that_is_replaced_during_its_examination_is_examined_again(session, mock):
    chunked = session()
    long = wav(silence(30))
    assert chunked.upload("audio_0.wav", long, "audio/wav").status_code == 200
    with mock.wire() as wire:
        wire.ask_first("GET", f"/_mock{chunked.path}")
        chunked.store("audio_0.webm", content=fixture("speech.webm"))
        assert wire.response().status_code == 200
    assert codes(chunked) == [[]]


def test_findings_in_the_first_bytes_come_with_the_answer(session):
    chunked = session()
    good = chunked.upload("audio_0.webm", fixture("speech.webm"), None)
    assert "x-mock-diagnostics" not in good.headers
    bad = chunked.upload("audio_1.webm", fixture("speech.mp3"), None)
    assert bad.headers["x-mock-diagnostics"] == "declared_type_differs"


@pytest.fixture
def examiner():
    return Examiner(MemoryStore(Clocks(), 1 << 30), Limits(), strict=False)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_first_look_joins_small_parts(examiner, name, kind):
    data = fixture(name)
    for first in (1, 3, 100):
        diagnosis = examiner.first_look([data[:first], data[first:]], kind, name.split(".")[1])
        assert diagnosis.codes == ()


class Watched(Examiner):
    """Records which chunks it examines, and adds an upload during each examination."""

    def __init__(self, store):
        super().__init__(store, Limits(), strict=False)
        self.store, self.examined = store, []

    async def upload(self, sequence):
        session = await self.store.get("a")
        chunk = Chunk(sequence, "wav", "a", "audio/wav", 1, 0.0)
        with await self.store.intake(1) as intake:
            await self.store.add_upload(session, intake, lambda _: [(chunk, [b"%d" % sequence])])

    async def examine(self, parts, kind, extension, *, sheds=False):
        assert len(self.examined) < 5
        self.examined += parts
        await asyncio.sleep(0)
        await self.upload(1 + len(self.examined))
        return Diagnosis()


@pytest.fixture
def watched():
    return Watched(MemoryStore(Clocks(), 1 << 30))


def new_session():
    return Session(
        session_id="a",
        upload_type=UploadType.CHUNKED,
        created_at=0.0,
        expires_at=math.inf,
        scenario="",
    )


def test_chunks_that_arrive_during_an_examination_are_not_waited_for(watched):
    async def examine():
        await watched.store.create(new_session())
        await watched.upload(0)
        await watched.upload(1)
        await watched.examine_new_chunks("a")

    asyncio.run(examine())
    assert watched.examined == [b"0", b"1"]


def test_parallel_requests_examine_a_chunk_once(watched):
    async def examine():
        await watched.store.create(new_session())
        await watched.upload(0)
        await asyncio.gather(*(watched.examine_new_chunks("a") for _ in range(3)))

    asyncio.run(examine())
    assert len(watched.examined) == len(set(watched.examined))


def test_the_queue_is_bounded(watched):
    async def note_many():
        for number in range(20_000):
            watched.enqueue(str(number))
        await watched.close()

    asyncio.run(note_many())
    assert len(watched._queue) <= 10_000
    assert "19999" in watched._queue


def test_chunks_are_examined_without_a_request(session, mock):
    chunked = session()
    chunked.store("audio_0.webm", content=fixture("speech.webm"))

    def is_examined():
        listed = mock.control("GET", "/sessions?limit=1000")["sessions"]
        chunk = next(s for s in listed if s["session_id"] == chunked.id)["chunks"][0]
        return chunk["audio"] is not None

    assert mock.comes_true(is_examined)


def test_strict_audio_refuses_serious_findings(serve):
    mock = serve(strict_audio=True)
    chunked = mock.create()
    refused = chunked.upload("audio_0.wav", fixture("silence.wav"), "audio/wav")
    assert refusal(refused) == (400, "invalid_audio_format")
    assert refused.json()["error"]["details"]["finding"] == "silent"
    assert chunked.upload("audio_0.webm", fixture("speech.webm")).status_code == 200
    assert chunked.names() == ["0.webm"]
