"""Scenarios that are armed by the control API, for clients that a person drives."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.examine.audio import write_reference
from scribe_mock.gauntlet.scenarios import SCENARIOS

CLIENT = [sys.executable, str(Path(__file__).with_name("client.py"))]
#: Where a client has to tell its user of a failure.
TELLING = {"failed", "partial", "expired", "not-found", "chunk-too-large", "invalid-audio-format"}
TELLING |= {"stream-broken"}
#: Where the mock does more than set faults, for which one scenario stands.
HAPPENING = [one.name for one in SCENARIOS if one.deed and one.name != "killed"]
HAPPENING += ["unavailable", "stream-broken", "webhooks"]


@pytest.fixture(scope="module")
def mock():
    with MockServer(Settings(port=0, quiet=True, processing_seconds=0.2)) as server:
        yield server


@pytest.fixture
def audio(tmp_path):
    path = tmp_path / "spoken.wav"
    write_reference(path)
    return path


def ask(mock, method, path, **options):
    return httpx.request(method, f"{mock.url}/_mock/examinations{path}", timeout=60, **options)


def arm(mock, scenario):
    answer = ask(mock, "POST", "", json={"scenario": scenario})
    assert answer.status_code == 201, answer.text
    return answer.json()


def record(mock, armed, audio, *broken):
    """Let a person's client record once."""
    environ = {
        "SCRIBE_MOCK_URL": mock.url,
        "SCRIBE_MOCK_TOKEN": armed["token"],
        "SCRIBE_MOCK_SCENARIO": armed["scenario"],
        "SCRIBE_MOCK_AUDIO": str(audio),
    }
    command = [*CLIENT, *broken]
    return subprocess.run(command, env={**os.environ, **environ}, check=False, timeout=120)


def judged(mock, armed, **query):
    answer = ask(mock, "GET", f"/{armed['id']}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def verdicts(found):
    return {mark["name"]: mark["verdict"] for mark in found["outcome"]["marks"]}


def test_scenarios_are_listed_with_what_a_person_does(mock):
    listed = ask(mock, "GET", "").json()["scenarios"]
    assert [one["name"] for one in listed] == [one.name for one in SCENARIOS]
    by_hand = {one["name"]: one["by_hand"] for one in listed}
    assert by_hand["unreachable"] is None
    assert "two tabs" in by_hand["two-tabs"]
    answer = ask(mock, "POST", "", json={"scenario": "unreachable"})
    assert answer.status_code == 422
    assert "offline" in answer.json()["error"]["message"]


def test_the_verdict_follows_what_the_client_does(mock, audio):
    armed = arm(mock, "answer-lost")
    before = judged(mock, armed)
    assert (before["state"], before["outcome"]["verdict"]) == ("waiting", "not tried")
    record(mock, armed, audio)
    after = judged(mock, armed, told="false")
    assert (after["state"], after["outcome"]["verdict"]) == ("ended", "passed")
    assert len(after["sessions"]) == 1
    assert "token" not in after


@pytest.mark.parametrize("scenario", HAPPENING)
def test_a_good_client_passes_by_hand_too(mock, audio, scenario):
    armed = arm(mock, scenario)
    record(mock, armed, audio)
    found = judged(mock, armed, told=str(scenario in TELLING).lower())
    assert found["outcome"]["verdict"] == "passed", found
    assert found["state"] == "ended"


@pytest.mark.parametrize(
    ("broken", "scenario", "demand"),
    [
        ("gives_up", "unavailable", "complete"),
        ("new_number", "upload-cut", "same-number"),
        ("repeats_refused", "chunk-too-large", "bounded"),
        ("repeats_refused", "not-found", "no-repeat"),
        ("repeats_refused", "expired", "no-repeat"),
        ("keeps_token", "token-expired", "renews"),
    ],
)
def test_what_is_broken_is_found_by_hand_too(mock, audio, broken, scenario, demand):
    armed = arm(mock, scenario)
    record(mock, armed, audio, broken)
    assert verdicts(judged(mock, armed, told="true"))[demand] == "failed"


def test_only_the_person_knows_what_the_client_told(mock, audio):
    armed = arm(mock, "failed")
    record(mock, armed, audio)
    assert verdicts(judged(mock, armed))["told"] == "not tried"
    assert judged(mock, armed)["outcome"]["verdict"] == "not tried"
    assert verdicts(judged(mock, armed, told="false"))["told"] == "failed"
    assert verdicts(judged(mock, armed, told="true"))["told"] == "passed"


def test_two_people_do_not_see_one_another(mock, audio):
    one, other = arm(mock, "unavailable"), arm(mock, "plain")
    record(mock, other, audio, "gives_up")
    assert judged(mock, one)["state"] == "waiting"
    assert judged(mock, other, told="false")["outcome"]["verdict"] == "passed"
    listed = ask(mock, "GET", "", params={"token": one["token"]}).json()["examinations"]
    assert [found["id"] for found in listed] == [one["id"]]


def test_arming_again_begins_anew_and_an_end_removes_the_faults(mock, audio):
    armed = arm(mock, "not-found")
    again = ask(mock, "POST", "", json={"scenario": "unavailable", "token": armed["token"]}).json()
    assert ask(mock, "GET", f"/{armed['id']}").status_code == 404
    scope = mock.scope(armed["token"])
    assert len(scope.faults()) == 2
    assert ask(mock, "DELETE", f"/{again['id']}").status_code == 204
    assert scope.faults() == []
    record(mock, again, audio)
    assert scope.requests("uploadAudio", status=503) == []


def test_a_server_with_a_token_arms_for_that():
    with MockServer(Settings(port=0, quiet=True, token=("secret",))) as mock:
        with_token = {"Authorization": "Bearer secret"}
        assert ask(mock, "GET", "").status_code == 401
        armed = ask(mock, "POST", "", json={"scenario": "plain"}, headers=with_token).json()
        assert armed["token"] == "secret"


def test_a_hundred_are_armed_at_most():
    with MockServer(Settings(port=0, quiet=True)) as mock:
        for _ in range(100):
            arm(mock, "plain")
        answer = ask(mock, "POST", "", json={"scenario": "plain"})
        assert answer.status_code == 400
        assert "At most 100" in answer.json()["error"]["message"]
