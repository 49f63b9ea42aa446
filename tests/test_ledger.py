"""The ledger: what became of the audio of one session, through the control API."""

import hashlib

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support import AUDIO, PATIENCE, refusal

SPOKEN = (AUDIO / "tiny.webm").read_bytes()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def ledger(mock, session_id):
    return mock.control("GET", f"/sessions/{session_id}/ledger")


def problems(mock, one):
    """Code and number of each problem."""
    found = ledger(mock, one.id)["problems"]
    return [(problem["code"], problem["sequence"]) for problem in found]


def verify(mock, one, *digests):
    path = f"{mock.url}/_mock/sessions/{one.id}/ledger/verify"
    return mock.client.post(path, json={"sha256": digests})


def fault(mock, action, **match):
    mock.control("POST", "/faults", {"match": {"operation": "uploadAudio"} | match} | action)


def send(one, *names, content=SPOKEN):
    for name in names:
        assert one.upload(name, content).status_code == 200


def test_a_session_without_a_problem_is_complete(mock, session):
    one = session()
    send(one, "audio_0.webm", "audio_1.webm")
    assert ledger(mock, one.id)["verdict"] == "open"
    one.end(2)
    found = ledger(mock, one.id)
    now = mock.control("GET", "/clock")["now"]
    assert (found["verdict"], found["problems"]) == ("complete", [])
    assert found["chunks"] == [
        {
            "sequence": number,
            "file_name": f"audio_{number}.webm",
            "stored": True,
            "sha256": sha256(SPOKEN),
            "arrivals": [now],
            "retries": 0,
            "replacements": 0,
            "refused": [],
            "after_end": 0,
        }
        for number in (0, 1)
    ]


def test_what_is_missing_is_a_gap(mock, session):
    one = session()
    send(one, "a_1.webm", "a_2.webm", "a_6.webm")
    one.end()
    found = ledger(mock, one.id)
    assert [(p["code"], p["sequence"]) for p in found["problems"]] == [("gap", 0), ("gap", 3)]
    assert "Chunk 0 is missing" in found["problems"][0]["message"]
    assert "Chunks 3 to 5 are missing" in found["problems"][1]["message"]
    assert found["verdict"] == "incomplete"


def test_a_number_far_away_costs_nothing(mock, session):
    one = session()
    send(one, "a_999999999.webm")
    assert problems(mock, one) == [("gap", 0)]


def test_retries_are_told_from_replacements(mock, session):
    one, other = session(), (AUDIO / "speech.webm").read_bytes()
    for content in (SPOKEN, SPOKEN, other, SPOKEN):
        send(one, "a_0.webm", content=content)
        mock.advance(1)
    [chunk] = ledger(mock, one.id)["chunks"]
    assert (chunk["retries"], chunk["replacements"]) == (1, 2)
    assert len(chunk["arrivals"]) == 4
    assert chunk["sha256"] == sha256(SPOKEN)
    assert problems(mock, one) == [("replaced", 0)]


def test_what_came_after_the_end(mock, session):
    one = session()
    send(one, "a_0.webm")
    one.end()
    assert one.upload("a_0.webm", SPOKEN).status_code == 400
    assert one.upload("a_1.webm", SPOKEN).status_code == 400
    assert problems(mock, one) == [
        ("after_end", 0),
        ("refused_never_stored", 1),
        ("after_end", 1),
    ]
    first, second = ledger(mock, one.id)["chunks"]
    assert (first["stored"], first["after_end"]) == (True, 1)
    assert (second["stored"], second["refused"][0]["code"]) == (False, "session_ended")


def test_what_was_refused_until_it_was_stored_is_no_problem(mock, session):
    one = session()
    answer = {"action": {"answer": {"status": 503, "code": "service_unavailable"}}}
    fault(mock, answer, sequence=0)
    refused = one.upload("a_0.webm", SPOKEN)
    assert refused.status_code == 503
    send(one, "a_0.webm")
    [chunk] = ledger(mock, one.id)["chunks"]
    assert [(r["status"], r["code"]) for r in chunk["refused"]] == [(503, "service_unavailable")]
    assert chunk["refused"][0]["request_id"] == refused.headers["x-request-id"]
    assert problems(mock, one) == []


def test_what_was_refused_and_never_sent_again(mock, session):
    one = session()
    fault(mock, {"action": {"answer": {"status": 503}}}, sequence=1)
    one.upload("a_1.webm", SPOKEN)
    send(one, "a_0.webm")
    [problem] = ledger(mock, one.id)["problems"]
    assert (problem["code"], problem["sequence"]) == ("refused_never_stored", 1)
    assert "503" in problem["message"]


def test_a_chunk_that_a_fault_dropped_shows(mock, session):
    one = session()
    fault(mock, {"action": {"drop_chunk": {}}}, sequence=1)
    send(one, "a_0.webm", "a_1.webm")
    one.end(2)
    found = ledger(mock, one.id)
    assert [chunk["stored"] for chunk in found["chunks"]] == [True, False]
    assert found["chunks"][1]["sha256"] == sha256(SPOKEN)
    assert problems(mock, one) == [("gap", 1), ("count_differs", None)]
    assert "answered with 200, but is not stored" in found["problems"][0]["message"]


def test_a_lost_answer_and_its_retry(mock, session):
    one = session()
    fault(mock, {"action": {"drop_answer": {}}})
    with pytest.raises(Exception, match=r"[Dd]isconnect|[Rr]eset|[Cc]lose"):
        one.upload("a_0.webm", SPOKEN)
    send(one, "a_0.webm")
    one.end(1)
    found = ledger(mock, one.id)
    assert (found["verdict"], found["chunks"][0]["retries"]) == ("complete", 1)


def test_the_count_of_end_session_is_compared(mock, session):
    one = session()
    send(one, "a_0.webm")
    one.end(3)
    [problem] = ledger(mock, one.id)["problems"]
    assert problem["code"] == "count_differs"
    assert "3 audio files were sent; 1 are stored" in problem["message"]


def test_serious_findings_are_problems(mock, session):
    one = session()
    send(one, "a_0.webm", content=b"no audio at all")
    assert problems(mock, one) == [("serious_audio", 0)]


def test_a_recording_is_known_by_its_name(mock, session):
    one, body = session("single"), (AUDIO / "speech.wav").read_bytes()
    assert one.upload("talk.wav", b"no audio", "audio/wav").status_code == 400
    for _ in range(2):
        assert one.upload("talk.wav", body, "audio/wav").status_code == 200
    one.end(1)
    found = ledger(mock, one.id)
    [line] = found["chunks"]
    assert (line["sequence"], line["file_name"]) == (None, "talk.wav")
    assert (line["stored"], line["sha256"], line["retries"]) == (True, sha256(body), 1)
    assert (len(line["refused"]), found["verdict"]) == (1, "complete")
    assert verify(mock, one, sha256(body)).is_success


def test_a_stream_is_known_by_its_bytes(mock):
    created = mock.client.post("/sessions", json={"upload_type": "stream"}).json()
    pcm = b"\x01\x00" * 16_000
    with connect(created["upload_url"]) as line:
        line.send(pcm)
        line.send('{"event": "stop"}')
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=PATIENCE)
    [line] = mock.comes_true(lambda: ledger(mock, created["session_id"])["chunks"])
    assert (line["sequence"], line["stored"], line["sha256"]) == (None, True, sha256(pcm))
    assert "file_name" not in line


def test_what_the_fixtures_stored_has_its_time(mock):
    found = ledger(mock, "demo_session_completed")
    assert found["verdict"] == "complete"
    assert [len(chunk["arrivals"]) for chunk in found["chunks"]] == [1] * len(found["chunks"])


def test_another_session_with_the_same_id_is_not_mixed_in(mock):
    fields = {"session_id": "the-same-id-as-before"}
    one = mock.create(**fields)
    send(one, "a_0.webm", "a_1.webm")
    mock.control("DELETE", f"/sessions/{one.id}")
    again = mock.create(**fields)
    assert ledger(mock, again.id)["chunks"] == []


@pytest.mark.parametrize(("size", "kept"), [(3, "lost 1 requests"), (0, "no journal")])
def test_a_journal_that_lost_entries_proves_nothing(serve, size, kept):
    mock = serve(journal_size=size)
    one = mock.create()
    send(one, "a_0.webm", "a_1.webm")
    one.end()
    found = ledger(mock, one.id)
    assert (found["verdict"], found["problems"][0]["code"]) == ("incomplete", "journal_incomplete")
    assert kept in found["problems"][0]["message"]


# Verification


def test_the_bytes_are_verified(mock, session):
    one, other = session(), (AUDIO / "speech.webm").read_bytes()
    send(one, "a_0.webm")
    send(one, "a_1.webm", content=other)
    answer = verify(mock, one, sha256(SPOKEN), sha256(other))
    assert (answer.status_code, answer.json()) == (200, ledger(mock, one.id))


@pytest.mark.parametrize(
    ("wanted", "details", "words"),
    [
        ("0", {"unexpected": [1, 2]}, "numbers 1, 2 of the stored ones are not expected"),
        ("0123", {"missing": [3]}, "number 3 of the expected ones is missing"),
        ("021", {"moved": [1, 2]}, "numbers 1, 2 of the stored ones are at another place"),
        ("312", {"missing": [0], "unexpected": [0]}, "number 0 of the expected ones is missing"),
        ("0012", {"missing": [1]}, "number 1 of the expected ones is missing"),
    ],
)
def test_other_bytes_are_named(mock, session, wanted, details, words):
    one, bodies = session(), [b"0", b"1", b"2", b"3"]
    for number in range(3):
        send(one, f"a_{number}.webm", content=bodies[number])
    answer = verify(mock, one, *(sha256(bodies[int(which)]) for which in wanted))
    assert refusal(answer) == (409, "verification_failed")
    error = answer.json()["error"]
    found = {name: [each["place"] for each in places] for name, places in error["details"].items()}
    assert found == {"missing": [], "unexpected": [], "moved": []} | details
    assert words in error["message"]
