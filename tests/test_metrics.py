"""The figures for Prometheus: right, bounded, and without anything that a client chose."""

import re

import pytest

from tests.support import TOKEN, comes_true, running

LINE = re.compile(r"(scribe_mock_[a-z_]+)(?:\{([^}]*)\})? (\S+)")


def scraped(mock):
    """The figures: name and labels → value."""
    text = mock.client.get(f"{mock.url}/_mock/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {(m[1].removeprefix("scribe_mock_"), m[2] or ""): float(m[3]) for m in found if m}


def count(mock, name, **labels):
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return scraped(mock).get((name, told), 0)


def fault(mock, action, **fields):
    mock.control("POST", "/faults", {"action": action, **fields})


@pytest.fixture
def fresh():
    with running() as mock:
        yield mock


def test_requests_are_counted_by_operation_status_and_code(fresh):
    session = fresh.create()
    session.store("audio_0.webm", "audio_1.webm", content=b"12345")
    assert session.upload("x").status_code == 400
    fresh.client.get("/nowhere")
    assert count(fresh, "requests_total", operation="uploadAudio", status=200, code="") == 2
    refused = {"operation": "uploadAudio", "status": 400, "code": "invalid_request"}
    assert count(fresh, "requests_total", **refused) == 1
    assert count(fresh, "requests_total", operation="none", status=404, code="not_found") == 1
    # A refusal of the name comes before the body, which is read and dropped.
    assert count(fresh, "request_bytes_total", operation="uploadAudio") == 15
    assert count(fresh, "answer_bytes_total", operation="uploadAudio") > 100


@pytest.mark.parametrize("journal_size", [0, 10])
def test_bytes_are_counted_with_a_journal_and_without(serve, journal_size):
    mock = serve(journal_size=journal_size)
    mock.create().store("audio_0.webm", content=b"1234567")
    assert count(mock, "request_bytes_total", operation="uploadAudio") == 7


def test_durations_are_a_histogram_that_ends_with_all(fresh):
    fault(fresh, {"delay": {"seconds": 0.3}}, match={"operation": "uploadAudio"})
    fresh.create().store(*(f"audio_{number}.webm" for number in range(5)))
    found = {k: v for k, v in scraped(fresh).items() if 'operation="uploadAudio"' in k[1]}
    classes = [v for (name, _), v in found.items() if name == "request_duration_seconds_bucket"]
    assert len(classes) == 15
    assert classes == sorted(classes)
    labels = 'operation="uploadAudio"'
    assert classes[-1] == found["request_duration_seconds_count", labels] == 5
    assert found["request_duration_seconds_sum", labels] > 0.3
    late = f'{labels},le="0.25"'
    assert found["request_duration_seconds_bucket", late] <= 4


def test_faults_that_fired_are_counted_but_not_those_without_an_occasion(fresh):
    match = {"operation": "uploadAudio"}
    fault(fresh, {"answer": {"status": 503}}, match={**match, "sequence": 0})
    fault(fresh, {"limit": {"bytes": 100}}, match={**match, "sequence": 1})
    session = fresh.create()
    assert session.upload("audio_0.webm").status_code == 503
    assert session.upload("audio_1.webm").status_code == 200
    assert count(fresh, "faults_fired_total", action="answer") == 1
    assert count(fresh, "faults_fired_total", action="limit") == 0
    assert fresh.client.post(f"{fresh.url}/_mock/reset").status_code == 204
    assert count(fresh, "faults_fired_total", action="answer") == 1


def test_what_is_stored_and_decoded_is_counted(fresh):
    fresh.create("single").upload("speech.webm", (b"\x1aE\xdf\xa3" + b"x" * 1000))
    assert comes_true(lambda: count(fresh, "decode_seconds_total") > 0)
    health = fresh.control("GET", "/health")
    assert count(fresh, "sessions") == health["sessions"]
    assert count(fresh, "stored_bytes") == health["stored_bytes"]


def test_labels_are_bounded_and_nothing_in_them_is_the_clients(fresh):
    for number in range(300):
        status, code = 400 + number % 199, f"mister_x_{number}"
        fault(fresh, {"answer": {"status": status, "code": code, "message": "x"}})
        fresh.client.get(f"/sessions/mister_x_{number}", params={"q": "mister_x"})
        fresh.client.get(f"/mister_x/{number}")
    text = fresh.client.get(f"{fresh.url}/_mock/metrics").text
    assert "mister_x" not in text
    assert TOKEN["Authorization"].removeprefix("Bearer ") not in text
    assert 'code="other"' in text
    assert len(text.splitlines()) < 199 + 200


def test_a_server_with_tokens_keeps_its_figures_to_itself(serve):
    mock = serve(token=("a-token",))
    assert mock.bare.get("/_mock/metrics").status_code == 401
    assert mock.client.get(f"{mock.url}/_mock/metrics").status_code == 200
