"""The record of a session, and the history."""

import pytest

from tests.support import AUDIO, TOKEN, refusal

HISTORY = "/voice/api/v2/transaction/history"
EMR = "eka_emr_template"
OTHER = {"Authorization": "Bearer another-token"}
NONE = {"status": "failed", "error": "No transactions found"}


@pytest.fixture
def record(mock):
    def record(session, **query):
        path = f"/voice/api/v1/sessions/{session.id}"
        return mock.bare.get(path, headers=TOKEN, params=query)

    return record


@pytest.fixture
def history(mock):
    def history(headers=TOKEN, **query):
        return mock.bare.get(HISTORY, headers=headers, params=query)

    return history


def data(response):
    assert response.status_code == 200
    assert response.json()["status"] == "success"
    return response.json()["data"]


def ids(response):
    lines = data(response)
    assert response.json()["retrieved_count"] == len(lines)
    return [line["txn_id"] for line in lines]


def test_a_record_follows_its_session(mock, session, record):
    chunked = session(patient_details={"oid": "PAT-1"}, templates=[EMR])
    seen = []
    for step in (lambda: chunked.store("a_0.webm"), chunked.end, lambda: mock.advance(2)):
        shown = data(record(chunked))
        seen.append((shown["status"], shown["user_status"], shown["processing_status"]))
        step()
    shown = data(record(chunked))
    seen.append((shown["status"], shown["user_status"], shown["processing_status"]))
    assert seen == [
        ("created", "init", None),
        ("recording", "recording_started", None),
        ("processing", "commit", "in-progress"),
        ("completed", "commit", "success"),
    ]
    assert shown["schema_version"] == "1.0"
    assert shown["patient_details"] == {"oid": "PAT-1"}
    assert shown["created_at"] == chunked.get().json()["created_at"]


@pytest.mark.parametrize(
    ("state", "status"), [("partial", "partial"), ("failed", "failed"), ("expired", "expired")]
)
def test_a_record_says_how_processing_went(mock, record, state, status):
    assert data(record(mock.put(state)))["processing_status"] == status


def test_what_a_client_set_is_shown(session, record, history):
    chunked = session()
    chunked.patch(user_status="reviewed", processing_status="on hold")
    shown, line = data(record(chunked)), data(history())[0]
    for one in (shown, line):
        assert (one["user_status"], one["processing_status"]) == ("reviewed", "on hold")


def test_a_record_has_all_documents(mock, session, record):
    chunked = session(templates=[EMR])
    chunked.process_to_the_end()
    chunked.save_document(document_name="A note", type="notes")
    gone = chunked.save_document().json()["data"]["document_id"]
    mock.bare.delete(f"/voice/api/v1/documents/{gone}", headers=TOKEN)
    documents = data(record(chunked))["documents"]
    assert [(one["type"], one["document_name"]) for one in documents] == [
        ("template", EMR),
        ("notes", "A note"),
    ]
    assert {one["download_url"] for one in documents} == {None}
    signed = data(record(chunked, presigned="true"))["documents"]
    assert "**diagnosis**" in mock.bare.get(signed[0]["download_url"]).text
    assert mock.bare.get(signed[1]["download_url"]).text == ""


def test_the_quality_of_the_audio_is_the_doctors(session, record):
    chunked = session()
    assert data(record(chunked))["audio_matrix"] == {"quality": None}
    chunked.upload("a_0.webm", (AUDIO / "speech.webm").read_bytes())
    assert data(record(chunked))["audio_matrix"] == {"quality": 1.0}
    chunked.upload("a_1.webm", b"no audio at all")
    assert data(record(chunked))["audio_matrix"] == {"quality": 0.5}


def test_a_query_that_is_not_allowed_is_422(session, record, history):
    assert refusal(record(session(), presigned="yes")) == (422, "invalid_request")
    for count in ("0", "-1", "x", "", "1.5", "1" * 10, "\u0661"):
        assert refusal(history(count=count)) == (422, "invalid_request")


def test_an_unknown_session_has_no_record(mock):
    response = mock.bare.get("/voice/api/v1/sessions/unknown", headers=TOKEN)
    assert refusal(response) == (404, "session_not_found")


def test_the_history_has_the_callers_sessions_the_newest_first(session, history, mock):
    first, second = session(session_mode="consultation"), session(model="lite")
    mine = ids(history())
    assert mine[:2] == [second.id, first.id]
    assert data(history())[1]["mode"] == "consultation"
    assert data(history())[0]["model_type"] == "lite"
    other = history(OTHER)
    assert (other.status_code, other.json()) == (404, NONE)
    mock.client.post("/sessions", json={"upload_type": "chunked"}, headers=OTHER)
    assert len(ids(history(OTHER))) == 1


def test_the_history_can_be_cut_short(session, history, mock):
    mock.control("POST", "/reset")
    made = [session(patient_details={"oid": f"PAT-{n % 2}"}).id for n in range(24)][::-1]
    assert ids(history()) == made
    assert ids(history(count="3")) == made[:3]
    assert ids(history(oid="PAT-1")) == made[0::2][:10]
    assert ids(history(oid="PAT-1", count="12")) == made[0::2]
    assert history(oid="PAT-9").json() == NONE
    assert {line["oid"] for line in data(history(oid="PAT-0"))} == {"PAT-0"}


def test_a_cancelled_session_is_not_in_the_history(session, history):
    kept, gone = session(), session()
    gone.patch(processing_status="cancelled")
    assert gone.id not in ids(history())
    assert kept.id in ids(history())
