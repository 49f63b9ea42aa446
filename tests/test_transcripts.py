"""Transcripts instead of audio."""

import pytest

from tests.support import refusal

EMR, NOTES = "eka_emr_template", "clinical_notes_template"


def started(response):
    """Template → document of what is being made."""
    assert response.status_code == 202
    body = response.json()
    assert body["status"] == "in-progress"
    assert body["message"]
    first = {"template_id": body["template_id"], "document_id": body["document_id"]}
    assert body["templates"][0] == first
    return {entry["template_id"]: entry["document_id"] for entry in body["templates"]}


def listed(response):
    return {
        name: document["document_id"]
        for entry in response.json()["templates"]
        for name, document in entry.items()
    }


def test_a_transcript_takes_the_place_of_audio(mock, session):
    chunked = session(templates=[EMR])
    response = chunked.convert(transcript="I cough.", template_id=NOTES, target_language="eng")
    assert response.json()["txn_id"] == chunked.id
    documents = started(response)
    assert list(documents) == [NOTES]
    assert chunked.get().json()["status"] == "processing"
    mock.advance(2)
    done = chunked.get()
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    assert done.json()["transcript"] == "I cough."
    assert listed(done) == documents
    assert done.json()["audio_files_received"] == 0


def test_without_a_template_what_was_requested_is_made(session):
    assert list(started(session(templates=[NOTES, EMR]).convert(transcript="a"))) == [NOTES, EMR]
    assert set(started(session().convert(transcript="a"))) == {EMR, NOTES}


def test_audio_that_arrived_stays(session):
    chunked = session()
    chunked.store("a_0.webm")
    chunked.convert(transcript="I cough.")
    assert chunked.names() == ["0.webm"]
    assert refusal(chunked.upload("a_1.webm")) == (400, "session_ended")


@pytest.mark.parametrize("body", [{"template_id": NOTES}, {"target_language": "hi"}])
@pytest.mark.parametrize("transcript", [{}, {"transcript": ""}])
def test_a_session_that_is_done_is_converted_once_more(mock, session, body, transcript):
    chunked = session(templates=[EMR])
    chunked.store("a_0.webm")
    assert refusal(chunked.convert(**body, **transcript)) == (409, "session_not_completed")
    chunked.end()
    assert refusal(chunked.convert(**body, **transcript)) == (409, "session_not_completed")
    mock.advance(2)
    before = chunked.get().json()
    documents = started(chunked.convert(**body, **transcript))
    assert list(documents) == [body.get("template_id", EMR)]
    shown = chunked.get()
    assert shown.json()["transcript"] == before["transcript"]
    assert shown.json()["status"] == "completed"
    assert documents.items() <= listed(shown).items()


@pytest.mark.parametrize("body", [{}, {"transcript": ""}, {"unknown": 1}])
def test_something_must_be_converted(session, body):
    assert refusal(session().convert(**body)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("processing", 400, "session_ended"),
        ("completed", 400, "session_completed"),
        ("partial", 400, "session_completed"),
        ("failed", 400, "session_completed"),
        ("expired", 410, "session_expired"),
    ],
)
def test_a_transcript_comes_before_the_end(mock, state, status, code):
    assert refusal(mock.put(state).convert(transcript="late")) == (status, code)


def test_an_unknown_template_changes_nothing(session):
    chunked = session()
    refused = chunked.convert(transcript="a", template_id="no_such_template")
    assert refusal(refused) == (404, "template_not_found")
    assert chunked.get().json()["status"] == "created"


def test_a_transcript_counts_as_memory(serve):
    small = serve(max_memory=1_000_000)
    size, sessions = 300_000, [small.create() for _ in range(5)]
    statuses = [session.convert(transcript="x" * size).status_code for session in sessions]
    assert statuses[:2] == [202, 202]
    assert statuses[-1] == 503
