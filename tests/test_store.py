"""What the mock keeps, and what it forgets when its memory is full: in each store."""

import itertools
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT, TOKEN, comes_true, noise, parallel, refusal, running

FULL = (503, "service_unavailable")


@pytest.fixture(scope="module", params=["memory", "redis", "sqlite"])
def _small(request, tmp_path_factory):
    store = request.param
    if store == "redis":
        store = request.getfixturevalue("redis_address")
    if store == "sqlite":
        store = f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/mock.db"
    folder = tmp_path_factory.mktemp("fixtures")
    shutil.copytree(ROOT / "fixtures/scenarios", folder / "scenarios")
    with running(max_memory=1_000_000, fixtures=folder, store=store) as mock:
        yield mock


@pytest.fixture
def small(_small):
    """A mock of a million bytes that knows no sessions yet, and whose clock stands still."""
    _small.control("POST", "/reset")
    _small.control("POST", "/clock", {"freeze": True})
    return _small


def recorded(mock, size=300_000):
    """A session with so many bytes of audio."""
    session = mock.create()
    session.store("a_0.webm", content=noise(size))
    return session


def finished(mock):
    session = recorded(mock)
    assert session.process_to_the_end().status_code == 200
    return session


def is_there(session):
    status = session.get().status_code
    assert status in (200, 202, 206, 404, 410)
    return status != 404


def fits(mock, size):
    """Whether there is room for a recording of this size; it is gone again then."""
    session = mock.create()
    response = session.upload(content=bytes(size))
    mock.control("DELETE", session.path)
    assert response.status_code == 200 or refusal(response) == FULL
    return response.status_code == 200


def would_fit(session, size):
    """Whether an upload of this size is let in; it ends before its first byte."""
    fields = TOKEN | {"Content-Length": size, "Expect": "100-continue"}
    with session.mock.wire() as wire:
        wire.request("POST", f"/voice/v1{session.path}/audio/audio_0.webm", fields)
        status = wire.response().status_code
    assert status in (100, 503)
    return status == 100


def fits_at_last(mock, size):
    """The same, once the server has heard that clients are gone."""
    return comes_true(lambda: fits(mock, size))


# What goes, and in which order


def test_finished_sessions_go_the_oldest_first(small):
    first, second, third = (finished(small) for _ in range(3))
    live = recorded(small, 300_000)
    assert [is_there(session) for session in (first, second, third)] == [False, True, True]
    live.store("a_1.webm", content=bytes(300_000))
    assert [is_there(session) for session in (first, second, third)] == [False, False, True]


def test_finished_sessions_go_before_expired_ones(small):
    expired = recorded(small)
    small.advance(3600)
    done = finished(small)
    live = recorded(small, 600_000)
    assert (is_there(expired), is_there(done)) == (True, False)
    live.store("a_1.webm", content=bytes(300_000))
    assert not is_there(expired)


def test_expired_sessions_go_the_oldest_first(small):
    first = recorded(small)
    small.advance(10)
    second = recorded(small)
    small.advance(3600)
    recorded(small, 600_000)
    assert (is_there(first), is_there(second)) == (False, True)


def test_no_more_goes_than_has_to(small):
    done = [finished(small) for _ in range(3)]
    small.create()
    assert all(map(is_there, done))


def test_nothing_goes_for_what_is_refused_all_the_same(small):
    expired = recorded(small, 100_000)
    small.advance(3600)
    done, live = finished(small), recorded(small, 400_000)
    assert refusal(live.upload("a_1.webm", bytes(700_000))) == FULL
    assert refusal(live.patch(patient_details={"name": "x" * 700_000})) == FULL
    assert (is_there(expired), is_there(done)) == (True, True)
    live.store("a_1.webm", content=bytes(550_000))
    assert (is_there(expired), is_there(done)) == (False, False)


def test_a_forgotten_session_is_unknown(small):
    done = finished(small)
    recorded(small, 900_000)
    for answer in (done.get(), done.end(), done.upload(), done.patch(model="pro")):
        assert refusal(answer) == (404, "session_not_found")
    assert small.control("GET", "/sessions")["total"] == 1


def test_a_session_that_was_asked_for_more_documents_goes_by_when_it_was_done(small):
    first, second = finished(small), finished(small)
    for _ in range(20):
        assert first.process("eka_emr_template").status_code == 202
    recorded(small, 500_000)
    assert (is_there(first), is_there(second)) == (False, True)


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["done", "expired", "live"]), max_size=8), st.integers(0, 900))
def test_what_stays_is_what_comes_last_in_the_order(small, kinds, kilobytes):
    small.control("POST", "/reset")
    small.control("POST", "/clock", {"freeze": True})
    kept: dict[str, list] = {"done": [], "expired": [], "live": []}
    for kind in kinds:
        if kind == "expired":
            kept[kind].append(recorded(small, 100_000))
            small.advance(1)
    small.advance(3600)
    for kind in kinds:
        if kind == "done":
            kept[kind].append(recorded(small, 100_000))
            kept[kind][-1].process_to_the_end()
    kept["live"] = [recorded(small, 100_000) for kind in kinds if kind == "live"]
    taken = small.create().upload(content=bytes(kilobytes * 1000)).status_code == 200
    there = [is_there(session) for session in kept["done"] + kept["expired"]]
    assert there == sorted(there)
    assert all(map(is_there, kept["live"]))
    left = 100_000 * (sum(there) + len(kept["live"])) + kilobytes * 1000 * taken
    assert left <= 1_000_000
    if kilobytes and not taken:
        assert 100_000 * len(kept["live"]) + kilobytes * 1000 > 950_000


# When only live sessions are left


@pytest.mark.parametrize("state", ["recording", "processing"])
def test_nothing_acknowledged_is_lost_for_a_refused_upload(small, state):
    live = [recorded(small) for _ in range(3)]
    for session in live:
        if state == "processing":
            session.patch(additional_data={"_mock": {"scenario": "slow"}})
            session.end()
    refused = small.create().upload(content=bytes(300_000))
    assert refusal(refused) == FULL
    assert int(refused.headers["retry-after"]) > 0
    for session in live:
        assert session.get().json()["status"] == state
        assert session.chunk("0.webm").content == noise(300_000)


def test_a_refused_upload_says_so_before_the_body_is_sent(small):
    live = recorded(small, 900_000)
    with small.wire() as wire:
        fields = {"Authorization": "Bearer x", "Content-Length": 200_000, "Expect": "100-continue"}
        wire.request("POST", f"/voice/v1{live.path}/audio/a_1.webm", fields)
        assert refusal(wire.response()) == FULL


def test_the_request_is_judged_before_the_room_there_is(small):
    live = recorded(small, 900_000)
    assert refusal(live.upload("nonsense", bytes(200_000))) == (400, "invalid_request")
    assert refusal(live.upload(content=bytes(10_485_761))) == (413, "chunk_too_large")


def test_there_is_room_again_when_a_session_is_done(small):
    live = recorded(small, 900_000)
    other = small.create()
    assert refusal(other.upload(content=bytes(300_000))) == FULL
    live.process_to_the_end()
    other.store("a_0.webm", content=bytes(300_000))


def test_a_chunk_that_does_not_fit_leaves_the_one_it_was_to_replace(small):
    live = recorded(small, 700_000)
    assert refusal(live.upload("b_0.mp3", bytes(900_000))) == FULL
    assert live.names() == ["0.webm"]
    assert live.chunk("0.webm").content == noise(700_000)


def test_a_session_that_cannot_be_changed_for_want_of_room_stays_as_it_was(small):
    live, other = recorded(small, 450_000), recorded(small, 450_000)
    big = {"name": "x" * 500_000}
    assert refusal(live.patch(patient_details=big)) == FULL
    path = f"{small.url}/_mock/sessions/{other.id}"
    body = {"state": "processing", "patient_details": big}
    assert refusal(small.client.put(path, json=body)) == FULL
    for session in (live, other):
        assert session.get().json()["status"] == "recording"
        assert session.get().json()["patient_details"] is None
        assert session.chunk("0.webm").content == noise(450_000)


def test_many_uploads_at_once_keep_within_the_memory(small):
    sessions = [small.create() for _ in range(10)]
    upload = [lambda s=s: s.upload(content=bytes(250_000)) for s in sessions]
    responses = parallel(upload)
    taken = [s for s, response in zip(sessions, responses, strict=True) if response.is_success]
    assert 1 <= len(taken) <= 3
    assert {r.status_code for r in responses} == {200, 503}
    assert [s.names() for s in taken] == [["0.webm"]] * len(taken)
    assert small.control("GET", "/health")["stored_bytes"] == 250_000 * len(taken)


# What counts


def test_bytes_of_an_upload_under_way_count(small):
    session, other = small.create(), small.create()
    with session.begin_upload(size=600_000) as wire:
        assert would_fit(other, 600_000)
        wire.send(bytes(599_999))
        assert comes_true(lambda: not would_fit(other, 600_000))
        wire.send(b"x")
        assert wire.response().status_code == 200
    assert not would_fit(other, 600_000)


@pytest.mark.parametrize("told_by", [{"Content-Length": 600_000}, {"Transfer-Encoding": "chunked"}])
def test_bytes_of_a_client_that_left_are_given_back(small, told_by):
    session = small.create()
    for _ in range(10):
        with session.begin_upload(**told_by) as wire:
            wire.send(b"60000\r\n" + bytes(300_000))
        assert fits_at_last(small, 900_000)


def test_bytes_of_a_refused_upload_are_given_back(small):
    for _ in range(5):
        session = small.create()
        with session.begin_upload(size=600_000) as wire:
            session.end()
            wire.send(bytes(600_000))
            assert refusal(wire.response()) == (400, "session_ended")
    assert fits(small, 900_000)


def test_bytes_of_an_upload_that_outgrows_the_memory_are_given_back(small):
    session = small.create()
    for _ in range(5):
        parts = (bytes(100_000) for _ in range(12))
        assert refusal(session.upload(content=parts)) == FULL
    assert fits(small, 900_000)
    assert session.get().json()["status"] == "created"


def test_bytes_of_a_replaced_chunk_are_given_back(small):
    session = small.create()
    for number in range(10):
        session.store("a_0.webm", content=bytes(400_000 + number))
    assert small.control("GET", "/health")["stored_bytes"] == 400_009
    assert fits(small, 500_000)


def test_bytes_of_deleted_and_reset_sessions_are_given_back(small):
    small.control("DELETE", recorded(small, 900_000).path)
    assert small.control("GET", "/health")["stored_bytes"] == 0
    recorded(small, 900_000)
    small.control("POST", "/reset")
    kind = small.control("GET", "/health")["store"]["kind"]
    assert kind in ("memory", "redis", "sqlite")
    health = small.control("GET", "/health")
    assert health.pop("memory")["resident_bytes"] > 10_000_000
    assert health | {"uptime_seconds": 0, "version": ""} == {
        "status": "ok",
        "version": "",
        "uptime_seconds": 0,
        "sessions": 0,
        "stored_bytes": 0,
        "store": {"kind": kind, "reachable": True},
        "load_problems": [],
    }
    assert fits(small, 900_000)


def test_an_upload_that_a_reset_overtook_gives_its_bytes_back(small):
    with small.create().begin_upload(size=600_000) as wire:
        wire.send(bytes(300_000))
        small.control("POST", "/reset")
        wire.send(bytes(300_000))
        assert refusal(wire.response()) == (404, "session_not_found")
    assert fits(small, 900_000)


@pytest.mark.parametrize("field", ["additional_data", "patient_details"])
def test_what_clients_say_of_a_session_counts(small, field):
    body = {"upload_type": "chunked", field: {"x": "y" * 100_000}}
    answers = (small.client.post("/sessions", json=body) for _ in itertools.count())
    created = sum(1 for _ in itertools.takewhile(lambda answer: answer.status_code == 201, answers))
    assert 5 <= created <= 10


def test_documents_count_with_the_names_of_their_templates(small):
    done = finished(small)
    name = "🎤" * 120
    answers = (done.save_document(document_name=name) for _ in range(1000))
    made = sum(1 for _ in itertools.takewhile(lambda answer: answer.status_code == 201, answers))
    assert 300 <= made <= 700_000 / (640 + 4 * len(name))


def test_sessions_and_chunks_count_without_any_bytes(small):
    answers = (small.client.post("/sessions", json={"upload_type": "chunked"}) for _ in range(2000))
    created = sum(1 for _ in itertools.takewhile(lambda answer: answer.status_code == 201, answers))
    assert 100 <= created < 1000


def test_health_says_how_much_is_stored(mock, session):
    before = mock.control("GET", "/health")
    session().store("a_0.webm", "a_1.webm", content=bytes(1000))
    after = mock.control("GET", "/health")
    assert after["sessions"] == before["sessions"] + 1
    assert after["stored_bytes"] == before["stored_bytes"] + 2000
