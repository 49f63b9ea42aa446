"""The states of a session: any order of calls, one after another and all at once."""

import re
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.receivers import closed_port
from tests.support import TOKEN, ApiSession, Mock, parallel, refusal, running

PROCESSING_SECONDS = 2
TTL = 3600
OVER = ("completed", "partial", "failed")
EVENTS = ("started", "ended", *OVER, "expired")


class Model:
    """One session by the words of CONTRACT.md, in a few lines."""

    def __init__(self, session, now, scenario):
        self.session = session
        self.created, self.scenario = now, scenario
        self.chunks, self.ended, self.outcome = {}, None, None
        self.documents, self.saved = set(), set()

    def state(self, now):
        if self.ended is None:
            expired = now >= self.created + TTL
            return "expired" if expired else "recording" if self.chunks else "created"
        return self.outcome if now >= self.ended + PROCESSING_SECONDS else "processing"

    def events(self, now):
        state = self.state(now)
        final = [f"session.{state}"] if state in (*OVER, "expired") else []
        ended = ["session.ended"] if self.ended is not None else []
        return ["session.started", *ended, *final]

    def refuses_audio(self, now):
        state = self.state(now)
        if state == "expired":
            return 410, "session_expired"
        if state == "processing":
            return 400, "session_ended"
        if state in OVER:
            return 400, "session_completed"
        return None


class AnyOrder(RuleBasedStateMachine):
    """Calls in any order against the mock and against the model."""

    sessions = Bundle("sessions")
    mock: Mock  # set by the test

    @initialize()
    def fresh(self):
        self.mock.control("POST", "/reset")
        self.mock.control("POST", "/clock", {"freeze": True})
        self.now = 0.0
        self.models = []
        hook = {"url": closed_port(), "events": [f"session.{name}" for name in EVENTS]}
        assert self.mock.client.post("/webhooks", json=hook).status_code == 201

    @rule(target=sessions, scenario=st.sampled_from(["consultation", "partial", "failed"]))
    def create(self, scenario):
        model = Model(self.mock.create(scenario=scenario), self.now, scenario)
        self.models.append(model)
        return model

    @rule(model=sessions, number=st.integers(0, 12), extension=st.sampled_from(["webm", "mp3"]))
    def upload(self, model, number, extension):
        response = model.session.upload(f"a_{number}.{extension}", b"%d" % number)
        if refused := model.refuses_audio(self.now):
            assert refusal(response) == refused
        else:
            assert response.status_code == 200
            model.chunks[number] = f"{number}.{extension}"

    @rule(model=sessions, off=st.sampled_from([None, 0, 0, 1]))
    def end(self, model, off):
        sent = None if off is None else len(model.chunks) + off
        response = model.session.end(sent)
        if refused := model.refuses_audio(self.now):
            assert refusal(response) == refused
            return
        assert response.status_code == 202
        assert response.json()["audio_files"] == self.names(model)
        model.ended = self.now
        model.outcome = "completed" if model.scenario == "consultation" else model.scenario

    @rule(model=sessions, outcome=st.sampled_from(OVER))
    def finish(self, model, outcome):
        path = f"/_mock/sessions/{model.session.id}/finish"
        response = self.mock.client.post(f"{self.mock.url}{path}", json={"outcome": outcome})
        if model.state(self.now) == "processing":
            assert response.status_code == 200
            model.outcome, model.ended = outcome, self.now - PROCESSING_SECONDS
        else:
            assert refusal(response) == (409, "session_not_processing")

    @rule(model=sessions, field=st.sampled_from(["model", "patient_details"]))
    def patch(self, model, field):
        response = model.session.patch(**{field: "pro" if field == "model" else {"age": 1}})
        if model.state(self.now) == "expired":
            assert refusal(response) == (410, "session_expired")
        elif field == "model" and model.ended is not None:
            assert refusal(response) == (409, "session_already_committed")
        else:
            assert response.status_code == 200

    @rule(model=sessions)
    def process(self, model):
        response = model.session.process("eka_emr_template")
        state = model.state(self.now)
        if state == "expired":
            assert refusal(response) == (410, "session_expired")
        elif model.ended is None:
            assert refusal(response) == (409, "session_not_ended")
        else:
            assert response.status_code == 202
            model.documents.add(response.json()["document_id"])

    @rule(model=sessions, transcript=st.sampled_from(["", "hello"]))
    def convert(self, model, transcript):
        body = {"transcript": transcript, "template_id": "eka_emr_template"}
        response, state = model.session.convert(**body), model.state(self.now)
        if state == "expired":
            assert refusal(response) == (410, "session_expired")
        elif transcript and (refused := model.refuses_audio(self.now)):
            assert refusal(response) == refused
        elif not transcript and state not in OVER:
            assert refusal(response) == (409, "session_not_completed")
        else:
            assert response.status_code == 202
            model.documents.add(response.json()["document_id"])
            if transcript:
                model.ended = self.now
                model.outcome = "completed" if model.scenario == "consultation" else model.scenario

    @rule(model=sessions)
    def save(self, model):
        response = model.session.save_document()
        assert response.status_code == 201
        model.saved.add(response.json()["data"]["document_id"])

    @precondition(lambda self: any(model.documents | model.saved for model in self.models))
    @rule(data=st.data())
    def delete_document(self, data):
        having = [model for model in self.models if model.documents | model.saved]
        model = data.draw(st.sampled_from(having))
        gone = data.draw(st.sampled_from(sorted(model.documents | model.saved)))
        root = self.mock.url
        path = f"{root}/voice/api/v1/documents/{gone}"
        for _ in range(2):
            assert self.mock.client.delete(path).status_code == 200
        assert refusal(self.mock.client.get(path)) == (404, "document_not_found")
        model.documents.discard(gone)
        model.saved.discard(gone)

    @rule(seconds=st.sampled_from([1, 1, PROCESSING_SECONDS, TTL - 1, TTL]))
    def advance(self, seconds):
        self.mock.advance(seconds)
        self.now += seconds

    @rule(model=consumes(sessions))
    def delete(self, model):
        self.mock.control("DELETE", f"/sessions/{model.session.id}")
        self.models.remove(model)
        assert refusal(model.session.get()) == (404, "session_not_found")

    @precondition(lambda self: self.models)
    @invariant()
    def the_mock_is_as_the_model(self):
        for model in self.models:
            shown, state = model.session.get(), model.state(self.now)
            assert shown.json()["status"] == state
            expected = {"partial": 206, "expired": 410, "completed": 200, "failed": 200}
            assert shown.status_code == expected.get(state, 202)
            assert shown.json()["audio_files"] == self.names(model)
            listed = {
                document["document_id"]
                for entry in shown.json().get("templates", ())
                for document in entry.values()
            }
            assert listed >= model.documents
            assert not listed & model.saved

    def told(self, model):
        """The events that webhooks were told of a session, the oldest first."""
        path = f"/webhook-deliveries?limit=1000&session_id={model.session.id}"
        found = self.mock.control("GET", path)["deliveries"]
        return [one["event"] for one in reversed(found) if one["attempt"] == 1]

    def has_told(self, model):
        return len(self.told(model)) >= len(model.events(self.now))

    def teardown(self):
        """What happened to each session was told, each event once and in order."""
        for model in getattr(self, "models", ()):
            assert self.mock.comes_true(partial(self.has_told, model))
            assert self.told(model) == model.events(self.now)

    @staticmethod
    def names(model):
        return [model.chunks[number] for number in sorted(model.chunks)]


@pytest.fixture(scope="module")
def two_second_mock():
    with running(processing_seconds=PROCESSING_SECONDS, session_ttl=TTL) as mock:
        yield mock


def test_calls_in_any_order_keep_to_the_states(two_second_mock):
    class Machine(AnyOrder):
        mock = two_second_mock

    Machine.TestCase.settings = settings(max_examples=20, stateful_step_count=20)
    Machine.TestCase("runTest").runTest()


# All at once


def test_of_many_ends_exactly_one_is_accepted(session):
    chunked = session()
    chunked.store("a_0.webm")
    responses = parallel([chunked.end] * 20)
    accepted = [response for response in responses if response.status_code == 202]
    refused = [response for response in responses if response.status_code != 202]
    assert len(accepted) == 1
    assert {refusal(response) for response in refused} == {(400, "session_ended")}


def test_of_many_creations_with_one_id_exactly_one_succeeds(mock):
    body = {"upload_type": "chunked", "session_id": "one-id-for-all-of-them"}
    responses = parallel([lambda: mock.client.post("/sessions", json=body)] * 20)
    assert sorted(response.status_code for response in responses) == [201] + [409] * 19


def test_what_was_acknowledged_before_the_end_is_in_its_list(session):
    chunked = session()

    def upload(number):
        return lambda: chunked.upload(f"a_{number}.webm", b"%d" % number)

    calls = [upload(number) for number in range(100)]
    calls.insert(50, chunked.end)
    responses = parallel(calls)
    ended = responses.pop(50)
    assert ended.status_code == 202
    listed = ended.json()["audio_files"]
    stored = [f"{n}.webm" for n, response in enumerate(responses) if response.status_code == 200]
    assert listed == stored
    assert chunked.names() == stored
    refused = [response for response in responses if response.status_code != 200]
    assert {refusal(response) for response in refused} <= {(400, "session_ended")}


def test_an_upload_under_way_when_the_session_ends_is_refused(session):
    chunked = session()
    with chunked.begin_upload() as wire:
        assert chunked.end().json()["audio_files"] == []
        wire.send(b"audio")
        assert refusal(wire.response()) == (400, "session_ended")
    assert chunked.names() == []


@pytest.mark.parametrize(
    ("meanwhile", "refused"),
    [
        (lambda mock, s: mock.advance(3600), (410, "session_expired")),
        (lambda mock, s: mock.control("POST", "/reset"), (404, "session_not_found")),
        (lambda mock, s: mock.control("DELETE", s.path), (404, "session_not_found")),
        (
            lambda mock, s: mock.control("PUT", s.path, {"state": "failed"}),
            (400, "session_completed"),
        ),
    ],
)
def test_an_upload_is_held_to_the_state_that_its_last_byte_meets(mock, session, meanwhile, refused):
    chunked = session()
    with chunked.begin_upload() as wire:
        meanwhile(mock, chunked)
        wire.send(b"audio")
        assert refusal(wire.response()) == refused


@pytest.mark.parametrize(
    "meanwhile",
    [
        [("POST", "/reset", None)],
        [("PUT", "/sessions/demo_session_created", {"state": "created"})],
        [("PUT", "/sessions/demo_session_created", {"state": "recording"})],
        [
            ("DELETE", "/sessions/demo_session_created", None),
            ("PUT", "/sessions/demo_session_created", {"state": "created"}),
        ],
    ],
    ids=["reset", "put", "put recording", "made again"],
)
def test_an_upload_does_not_reach_a_later_session_of_the_same_id(mock, meanwhile):
    planted = ApiSession(mock, "demo_session_created")
    with planted.begin_upload() as wire:
        for call in meanwhile:
            mock.control(*call)
        wire.send(b"audio")
        assert refusal(wire.response()) == (404, "session_not_found")
    assert planted.names() == []
    planted.store("a_0.webm")


def test_an_upload_reaches_a_session_that_was_changed_meanwhile(session):
    chunked = session()
    with chunked.begin_upload() as wire:
        assert chunked.patch(model="pro").status_code == 200
        chunked.store("audio_1.webm")
        wire.send(b"audio")
        assert wire.response().status_code == 200
    assert chunked.names() == ["0.webm", "1.webm"]


@pytest.mark.parametrize(
    ("method", "suffix", "body", "meanwhile", "refused"),
    [
        ("POST", "/end", b"{}", {"state": "expired"}, (410, "session_expired")),
        ("POST", "/end", b"{}", {"state": "processing"}, (400, "session_ended")),
        ("PATCH", "", b'{"model": "pro"}', {"state": "expired"}, (410, "session_expired")),
        ("PATCH", "", b'{"model": "pro"}', {"state": "failed"}, (409, "session_already_committed")),
    ],
)
def test_a_change_is_held_to_the_state_that_its_last_byte_meets(
    mock, session, method, suffix, body, meanwhile, refused
):
    chunked = session()
    with mock.wire() as wire:
        fields = TOKEN | {"Content-Length": len(body), "Expect": "100-continue"}
        wire.request(method, f"/voice/v1{chunked.path}{suffix}", fields)
        assert wire.response().status_code == 100
        mock.control("PUT", chunked.path, meanwhile)
        wire.send(body)
        assert refusal(wire.response()) == refused


def test_many_uploads_at_once_lose_and_mix_nothing(session):
    sessions = [session() for _ in range(4)]
    bodies = {
        (which, number): bytes([which * 16 + number]) * (50_000 + 1_000 * number)
        for which in range(4)
        for number in range(16)
    }

    def upload(which, number):
        body = bodies[which, number]
        parts = (body[at : at + 7_000] for at in range(0, len(body), 7_000))
        return lambda: sessions[which].upload(f"a_{number}.webm", parts)

    responses = parallel([upload(*key) for key in bodies], workers=64)
    assert {response.status_code for response in responses} == {200}
    for (which, number), body in bodies.items():
        assert sessions[which].chunk(f"{number}.webm").content == body


def test_one_sequence_number_at_once_keeps_one_whole_chunk(session):
    chunked = session()
    bodies = [bytes([number]) * 100_000 for number in range(16)]
    parallel([lambda body=body: chunked.upload("a_0.webm", body) for body in bodies])
    assert chunked.names() == ["0.webm"]
    assert chunked.chunk("0.webm").content in bodies


def test_recordings_that_arrive_at_once_share_no_number(session):
    single = session("single")
    names = iter(f"{number}.wav" for number in range(10))
    parallel([lambda: single.upload(next(names), wav(), "audio/wav")] * 10)
    names = single.names()
    assert len(names) >= 10
    assert names == [f"{number}.wav" for number in range(len(names))]


def wav():
    """A short recording: 0.1 s of a square wave."""
    samples = (b"\x00\x20" * 20 + b"\x00\xe0" * 20) * 20
    sizes = [(36 + len(samples)).to_bytes(4, "little"), len(samples).to_bytes(4, "little")]
    form = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data"
    return b"RIFF" + sizes[0] + form + sizes[1] + samples


def test_ids_made_at_once_differ(session):
    ids = {created.id for created in parallel([session] * 50)}
    assert len(ids) == 50
    assert all(re.fullmatch(r"ses_[0-9a-f]{20}", session_id) for session_id in ids)
