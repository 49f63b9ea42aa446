"""The control API: look at sessions, put them into any state, end processing, start again."""

import hashlib
import os
from datetime import datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import AUDIO, ROOT, fault, noise, parallel, refusal

STATES = ["created", "recording", "processing", "completed", "partial", "failed", "expired"]
STATUS = {"completed": 200, "failed": 200, "partial": 206, "expired": 410}


def put(mock, session_id, body):
    return mock.client.put(f"{mock.url}/_mock/sessions/{session_id}", json=body)


def ask(mock, method, path, **options):
    return mock.client.request(method, f"{mock.url}/_mock{path}", **options)


# Health and reset


def test_health_says_what_runs_and_how_full_it_is(mock):
    health = mock.control("GET", "/health")
    assert health["status"] == "ok"
    assert health["version"].count(".") == 2
    assert health["uptime_seconds"] > 0
    assert health["sessions"] == 8
    # Five demo sessions have chunks: two each, and one three.
    first, second, third = (
        AUDIO / name for name in ("speech.webm", "speech-2.webm", "speech-3.webm")
    )
    sizes = 5 * (first.stat().st_size + second.stat().st_size) + third.stat().st_size
    assert health["stored_bytes"] == sizes


def test_uptime_is_not_the_clocks_matter(mock):
    mock.advance(10**6)
    assert mock.control("GET", "/health")["uptime_seconds"] < 10**5


def test_reset_is_back_to_a_fresh_server(mock, session):
    before = mock.control("GET", "/sessions")["sessions"]
    gone = session()
    mock.control("DELETE", "/sessions/demo_session_completed")
    mock.control("PUT", "/sessions/demo_session_created", {"state": "failed"})
    mock.advance(10**6)
    assert ask(mock, "POST", "/reset").status_code == 204
    assert mock.control("GET", "/clock")["frozen"] is False
    assert refusal(gone.get()) == (404, "session_not_found")
    after = mock.control("GET", "/sessions")["sessions"]
    for name in ("session_id", "status", "audio_files", "upload_type", "scenario"):
        assert [shown[name] for shown in after] == [shown[name] for shown in before]


# The fixtures' sessions


@pytest.mark.parametrize("state", STATES)
def test_a_fresh_server_has_a_session_in_each_state(mock, state):
    shown = mock.client.get(f"/sessions/demo_session_{state}")
    assert shown.status_code == STATUS.get(state, 202)
    assert shown.json()["status"] == state


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("processing", 400, "session_ended"),
        ("completed", 400, "session_completed"),
        ("partial", 400, "session_completed"),
        ("failed", 400, "session_completed"),
        ("expired", 410, "session_expired"),
        ("stream", 400, "invalid_request"),
        ("unheard_of", 404, "session_not_found"),
    ],
)
def test_each_documented_error_of_a_session_is_one_call_away(mock, name, status, code):
    response = mock.client.post(f"/sessions/demo_session_{name}/audio/audio_9.webm", content=b"x")
    assert refusal(response) == (status, code)


def test_the_fixtures_sessions_process_for_ever_and_take_audio(mock):
    mock.advance(1000)
    assert mock.client.get("/sessions/demo_session_processing").json()["status"] == "processing"
    for name in ("created", "recording"):
        path = f"/sessions/demo_session_{name}/audio/audio_2.webm"
        assert mock.client.post(path, content=b"x").status_code == 200


def test_the_fixtures_audio_is_the_files(mock):
    path = f"{mock.url}/_mock/sessions/demo_session_recording/chunks/1.webm"
    assert mock.client.get(path).content == (AUDIO / "speech-2.webm").read_bytes()


def test_the_partial_session_has_its_findings(mock):
    shown = mock.client.get("/sessions/demo_session_partial").json()
    assert shown["audio_files_processed"] == 1
    assert shown["processing_errors"][0]["file"] == "1.webm"
    statuses = [document["status"] for entry in shown["templates"] for document in entry.values()]
    assert statuses == ["success", "failed"]


# Sessions


def listed(mock, query=""):
    page = mock.control("GET", f"/sessions{query}")
    return [shown["session_id"] for shown in page["sessions"]], page["total"]


def test_sessions_are_listed_in_order_of_creation(mock, session):
    created = [session().id for _ in range(3)]
    ids, total = listed(mock)
    assert ids[-3:] == created
    assert total == len(ids) == 11


@pytest.mark.parametrize("state", STATES)
def test_sessions_are_listed_by_state(mock, state):
    another = mock.put(state).id
    ids, total = listed(mock, f"?state={state}")
    assert {another, f"demo_session_{state}"} <= set(ids)
    assert total == len(ids) == (3 if state == "created" else 2)


def test_sessions_are_listed_by_the_page(mock):
    ids, total = listed(mock)
    assert listed(mock, "?limit=3") == (ids[:3], total)
    assert listed(mock, "?limit=3&offset=5") == (ids[5:8], total)
    assert listed(mock, "?offset=100") == ([], total)
    assert listed(mock, f"?offset={10**30}") == ([], total)


@pytest.mark.parametrize(
    "query",
    [
        "state=gone",
        "state=",
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=1.5",
        "limit=",
        f"limit={'9' * 5000}",
        "offset=-1",
        "offset=%ff",
    ],
)
def test_another_query_is_refused(mock, query):
    assert refusal(ask(mock, "GET", f"/sessions?{query}")) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=gone", 'state: "gone" is not one of ["created", '),
        ("limit=x", 'limit: "x" is not of type "integer".'),
        ("limit=0", "limit: 0 is less than the minimum of 1."),
    ],
)
def test_another_query_is_told_in_one_line_what_is_wrong(mock, query, said):
    message = ask(mock, "GET", f"/sessions?{query}").json()["error"]["message"]
    assert message.startswith(said)
    assert "\n" not in message


def test_a_session_shows_its_public_fields_and_what_only_the_mock_knows(session):
    chunked = session(scenario="partial", patient_details={"age": 1})
    chunked.store("a_0.webm")
    inner, public = chunked.inspect(), chunked.get().json()
    assert {name: inner[name] for name in public} == public
    own = {"now", "frozen", "upload_type", "scenario", "changes_at"}
    assert set(inner) - set(public) == own | {"bytes", "chunks_total", "chunks"}
    assert (inner["upload_type"], inner["scenario"]) == ("chunked", "partial")


def test_a_session_that_is_deleted_is_unknown(mock, session):
    chunked = session()
    assert ask(mock, "DELETE", chunked.path).status_code == 204
    assert refusal(chunked.get()) == (404, "session_not_found")
    assert refusal(ask(mock, "GET", chunked.path)) == (404, "session_not_found")
    assert refusal(ask(mock, "DELETE", chunked.path)) == (404, "session_not_found")


def test_a_list_is_answered_while_its_sessions_go(mock, session):
    for _ in range(5):
        going = [session() for _ in range(3)]
        for chunked in going:
            chunked.store("a_0.webm", "a_1.webm", content=bytes(5_000_000))
        calls = [partial(ask, mock, "GET", "/sessions")] * 2
        calls += [partial(ask, mock, "DELETE", gone.path) for gone in reversed(going)]
        responses = parallel(calls)
        assert [response.status_code for response in responses] == [200, 200, 204, 204, 204]


@pytest.mark.parametrize("change", ["upload", "put", "delete"])
@pytest.mark.parametrize(
    "asked",
    [("GET", "/voice/v1"), ("PUT", "/_mock", b'{"state": "recording"}')],
    ids=["get", "put"],
)
def test_a_session_is_told_as_it_was_when_it_changes_meanwhile(mock, session, asked, change):
    if os.environ.get("TEST_REDIS") and (asked[0], change) == ("PUT", "delete"):
        pytest.skip("either may come first where a store awaits")
    chunked = session()
    chunked.store("a_0.webm", "a_1.webm", "a_2.webm", content=bytes(10_000_000))
    method, base, *body = asked
    with mock.wire() as wire:
        wire.ask_first(method, base + chunked.path, *body)
        if change == "put":
            assert put(mock, chunked.id, {"state": "created"}).is_success
        elif change == "upload":
            chunked.store("a_9.webm")
        else:
            assert ask(mock, "DELETE", chunked.path).is_success
        response = wire.response()
    assert response.json()["audio_files"] == ["0.webm", "1.webm", "2.webm"]


@pytest.mark.parametrize("upload_type", ["chunked", "single", "stream"])
@pytest.mark.parametrize("state", STATES)
def test_a_new_session_can_be_put_into_any_state(mock, state, upload_type):
    body = {"state": state, "upload_type": upload_type}
    response = put(mock, "a-session-that-was-put", body)
    assert response.status_code == 201
    assert response.json()["status"] == state
    assert response.json()["upload_type"] == upload_type
    shown = mock.client.get("/sessions/a-session-that-was-put")
    assert (shown.status_code, shown.json()["status"]) == (STATUS.get(state, 202), state)


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
def test_a_session_can_be_put_from_any_state_into_any(mock, session, before, after):
    chunked = session(patient_details={"age": 1}, templates=["eka_emr_template"])
    chunked.store("a_0.webm", "a_3.mp3")
    put(mock, chunked.id, {"state": before})
    response = put(mock, chunked.id, {"state": after})
    assert response.status_code == 200
    shown = chunked.get()
    assert (shown.status_code, shown.json()["status"]) == (STATUS.get(after, 202), after)
    assert shown.json()["patient_details"] == {"age": 1}
    kept = [] if "created" in (before, after) else ["0.webm", "3.mp3"]
    assert shown.json()["audio_files"] == kept
    for name in kept:
        assert chunked.chunk(name).content == b"audio"


def test_a_session_put_into_processing_stays_until_it_is_finished(mock):
    waiting = mock.put("processing")
    mock.advance(10**8)
    assert waiting.get().json()["status"] == "processing"
    waiting.finish("completed")
    assert waiting.get().json()["status"] == "completed"


def test_a_session_put_back_takes_audio_and_lives_on(mock):
    for state in ("completed", "expired"):
        back = mock.put(state)
        put(mock, back.id, {"state": "recording"})
        assert back.upload().status_code == 200
        assert back.end().status_code == 202


@pytest.mark.parametrize("session_id", ["demo_session_created", "a-session-that-was-put"])
def test_a_session_put_into_expired_lived_as_long_as_any(mock, session_id):
    shown = put(mock, session_id, {"state": "expired"}).json()
    now = mock.control("GET", "/clock")["now"]
    lived = datetime.fromisoformat(shown["expires_at"]) - datetime.fromisoformat(
        shown["created_at"]
    )
    assert (shown["expires_at"], lived.total_seconds()) == (now, 3600)


def test_a_session_put_has_the_fields_that_were_sent(mock):
    body = {
        "state": "completed",
        "scenario": "silence",
        "templates": ["one"],
        "patient_details": {"age": 2},
        "additional_data": {"b": [1]},
    }
    put(mock, "a-session-that-was-put", body)
    shown = mock.client.get("/sessions/a-session-that-was-put").json()
    assert shown["transcript"] == ""
    assert [list(entry) for entry in shown["templates"]] == [["one"]]
    assert shown["patient_details"] == {"age": 2}
    assert shown["additional_data"]["b"] == [1]


@pytest.mark.parametrize("session_id", ["short", "x" * 65, "x" * 16 + "%0A", "x" * 16 + "%22"])
def test_a_session_put_has_an_id_that_clients_could_choose(mock, session_id):
    assert refusal(put(mock, session_id, {"state": "created"})) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$"),
        ({"state": "gone"}, "$.state"),
        ({"state": "created", "unknown": 1}, "$"),
        ({"state": "created", "upload_type": "pigeon"}, "$.upload_type"),
        ({"state": "created", "scenario": "unheard of"}, "$.scenario"),
        ({"state": "created", "templates": [""]}, "$.templates[0]"),
        ({"state": "created", "patient_details": None}, "$.patient_details"),
        ([], "$"),
    ],
)
def test_a_session_is_not_put_by_another_body(mock, body, path):
    assert fault(put(mock, "a-session-that-was-put", body)).startswith(path)
    assert refusal(ask(mock, "GET", "/sessions/a-session-that-was-put"))[0] == 404


def test_the_upload_type_of_a_session_is_settled(mock):
    body = {"state": "recording", "upload_type": "single"}
    assert fault(put(mock, "demo_session_created", body)) == "$.upload_type"


# Finish


@pytest.mark.parametrize("outcome", ["completed", "partial", "failed"])
@pytest.mark.parametrize("scenario", ["consultation", "partial", "failed", "slow"])
def test_processing_is_finished_with_the_outcome_asked_for(session, scenario, outcome):
    chunked = session(scenario=scenario)
    chunked.store("a_0.webm", "a_1.webm")
    chunked.end(sent=2)
    assert chunked.finish(outcome)["status"] == outcome
    shown = chunked.get()
    assert (shown.status_code, shown.json()["status"]) == (STATUS[outcome], outcome)
    assert ("processing_errors" in shown.json()) >= (outcome == "partial")
    documents = [document for entry in shown.json()["templates"] for document in entry.values()]
    assert documents
    assert not any(document["status"] == "in-progress" for document in documents)


def test_finishing_takes_no_time(mock, session):
    chunked = session()
    chunked.end()
    chunked.finish("completed")
    assert chunked.get().json()["completed_at"] == mock.control("GET", "/clock")["now"]


@pytest.mark.parametrize("state", [state for state in STATES if state != "processing"])
def test_only_processing_can_be_finished(mock, state):
    path = f"{mock.put(state).path}/finish"
    response = ask(mock, "POST", path, json={"outcome": "completed"})
    assert refusal(response) == (409, "session_not_processing")


# Chunks

BODY = noise(5000)


@pytest.fixture
def chunk(session):
    chunked = session()
    chunked.store("a_0.webm", content=iter([BODY[:1000], BODY[1000:]]))
    return lambda **headers: chunked.chunk("0.webm", **headers)


def test_a_chunk_is_its_bytes(chunk):
    response = chunk()
    assert response.status_code == 200
    assert response.content == BODY
    assert response.headers["accept-ranges"] == "bytes"


def test_a_chunk_is_for_pages_of_the_same_site_and_is_taken_for_nothing_else(chunk):
    for headers in ({}, {"Range": "bytes=0-9"}):
        answer = chunk(**headers)
        assert answer.headers["cross-origin-resource-policy"] == "same-site"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=0-0", 0, 0),
        ("bytes=900-1100", 900, 1100),
        ("bytes=4990-", 4990, 4999),
        ("bytes=4990-99999", 4990, 4999),
        ("bytes=-10", 4990, 4999),
        ("bytes=-99999", 0, 4999),
        ("bytes=0-", 0, 4999),
    ],
)
def test_a_range_is_honoured(chunk, asked, first, last):
    response = chunk(Range=asked)
    assert response.status_code == 206
    assert response.content == BODY[first : last + 1]
    assert response.headers["content-range"] == f"bytes {first}-{last}/5000"


@pytest.mark.parametrize("asked", ["bytes=0-9", "bytes=5000-"])
def test_head_knows_no_ranges(session, asked):
    chunked = session()
    chunked.store("a_0.webm", content=BODY)
    address = f"{chunked.mock.url}/_mock{chunked.path}/chunks/0.webm"
    response = chunked.mock.client.head(address, headers={"Range": asked})
    assert (response.status_code, response.headers["content-length"]) == (200, "5000")
    assert "content-range" not in response.headers


@pytest.mark.parametrize("asked", ["bytes=5000-", "bytes=5000-5001", "bytes=99999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(chunk, asked):
    response = chunk(Range=asked)
    assert refusal(response) == (416, "range_not_satisfiable")
    assert response.headers["content-range"] == "bytes */5000"


@pytest.mark.parametrize(
    "asked", ["bytes=0-9,20-29", "lines=0-9", "bytes=9-0", "bytes=", "bytes=x-y", "nonsense", ""]
)
def test_what_is_no_single_range_gets_it_all(chunk, asked):
    response = chunk(Range=asked)
    assert response.status_code == 200
    assert response.content == BODY


@given(st.integers(0, 6000), st.integers(0, 6000))
def test_any_range_is_the_bytes_in_it(chunk, first, last):
    response = chunk(Range=f"bytes={first}-{last}")
    if last < first:
        assert response.content == BODY
    elif first >= len(BODY):
        assert response.status_code == 416
    else:
        assert response.content == BODY[first : last + 1]


@pytest.mark.parametrize("name", ["1.webm", "0.mp3", "0", "00.webm", "%00", "x" * 4000])
def test_another_chunk_is_not_found(session, name):
    chunked = session()
    chunked.store("a_0.webm")
    assert refusal(chunked.chunk(name))[0] == 404


def test_a_chunks_digest_is_that_of_what_is_stored_now(session):
    chunked = session()
    for body in (b"first", b"second"):
        chunked.store("a_0.webm", content=body)
        assert chunked.inspect()["chunks"][0]["sha256"] == hashlib.sha256(body).hexdigest()


# Documentation


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/openapi.yaml", "openapi.yaml"),
        ("/_mock/control.yaml", "handlers/scribe_mock/control.yaml"),
    ],
)
def test_both_specs_are_served_as_they_are(mock, path, file):
    response = mock.bare.get(path)
    assert response.content == (ROOT / file).read_bytes()
    assert response.headers["content-type"].startswith("application/yaml")
