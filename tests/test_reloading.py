"""`--watch`: what is saved counts from the next request on, and what is broken is told."""

import shutil
import signal
import subprocess
import sys

import pytest
import yaml

from scribe_mock.spec import shipped
from tests.support import ROOT, Mock
from tests.test_cli import started

TEMPLATES, PATTERNS = "/voice/api/v1/template", "/voice/api/v1/pattern"
SCENARIO = "title: Short\noutcome: completed\ntranscript: {words}\ntemplates: {{}}\n"
FAULT = "- match: {operation: uploadAudio}\n  action: {answer: {code: service_unavailable}}\n"


@pytest.fixture
def folder(tmp_path):
    """Fixtures that may be changed, with few sessions."""
    folder = shutil.copytree(shipped("fixtures"), tmp_path / "fixtures")
    (folder / "sessions.yaml").write_text(
        "- {session_id: demo_session_one, state: completed, upload_type: chunked}\n"
    )
    return folder


@pytest.fixture
def spec(tmp_path):
    return shutil.copy(ROOT / "openapi.yaml", tmp_path / "own.yaml")


@pytest.fixture
def watched(serve, folder):
    return serve(fixtures=folder, watch=True, processing_seconds=0.0)


def sessions(mock):
    return {one["session_id"]: one for one in mock.control("GET", "/sessions")["sessions"]}


def problems(mock):
    return mock.control("GET", "/health")["load_problems"]


def faults(mock):
    return mock.control("GET", "/faults")["faults"]


def transcript(mock):
    """What processing finds in a new session."""
    session = mock.create(scenario="consultation")
    session.upload("audio_0.webm")
    session.end()
    return mock.client.get(f"/sessions/{session.id}").json().get("transcript")


def test_a_scenario_counts_from_the_next_request_on(watched, folder):
    client_session = watched.create()
    (folder / "scenarios" / "consultation.yaml").write_text(SCENARIO.format(words="Other words."))
    assert watched.comes_true(lambda: transcript(watched) == "Other words.")
    assert client_session.id in sessions(watched)
    assert sessions(watched)["demo_session_one"]["status"] == "completed"


def test_the_times_of_sentences_are_checked_when_they_are_saved(watched, folder):
    file = folder / "scenarios" / "consultation.yaml"
    right = file.read_text()
    file.write_text(right.replace("at: [2.63, 3.66]", "at: [2.13, 3.66]"))
    [problem] = watched.comes_true(lambda: problems(watched))
    assert "transcript[1].at: expected a start at 2.25 or later" in problem
    file.write_text(right.replace("Please sit down.", "Have a seat."))
    assert watched.comes_true(lambda: "Mr. Nair. Have a seat. What" in transcript(watched))
    assert problems(watched) == []


def test_the_sessions_of_the_file_are_made_again(watched, folder):
    client_session = watched.create()
    watched.control("PUT", "/sessions/demo_session_one", {"state": "failed"})
    (folder / "sessions.yaml").write_text(
        "- {session_id: demo_session_one, state: completed, upload_type: chunked}\n"
        "- {session_id: demo_session_two, state: created, upload_type: single}\n"
    )
    assert watched.comes_true(lambda: "demo_session_two" in sessions(watched))
    assert sessions(watched)["demo_session_one"]["status"] == "completed"
    assert client_session.id in sessions(watched)
    (folder / "sessions.yaml").write_text("")
    assert watched.comes_true(lambda: set(sessions(watched)) == {client_session.id})


def test_templates_are_replaced(watched, folder):
    def listed():
        return watched.client.get(f"{watched.url}{TEMPLATES}").text

    made = {"title": "My own template", "desc": "x", "section_ids": []}
    own = watched.client.post(f"{watched.url}{TEMPLATES}", json=made)
    assert own.is_success, own.text
    watched.control("PUT", "/sessions/demo_session_one", {"state": "failed"})
    (folder / "templates.yaml").write_text("- {id: brand_new, title: New}\n")
    assert watched.comes_true(lambda: "brand_new" in listed())
    assert "My own template" in listed()
    assert sessions(watched)["demo_session_one"]["status"] == "failed"  # no session was made again


def test_faults_of_the_file_are_set_anew_and_those_of_clients_stay(watched, folder):
    watched.control("POST", "/faults", {"action": {"delay": {"seconds": 0}}})
    (folder / "faults.yaml").write_text(FAULT)
    assert watched.comes_true(lambda: len(faults(watched)) == 2)
    (folder / "faults.yaml").write_text(FAULT.replace("uploadAudio", "endSession"))
    assert watched.comes_true(lambda: faults(watched)[-1]["match"] == {"operation": "endSession"})
    assert len(faults(watched)) == 2
    (folder / "faults.yaml").unlink()
    assert watched.comes_true(lambda: len(faults(watched)) == 1)


def test_a_broken_file_is_told_and_the_old_one_stays(folder):
    file = folder / "faults.yaml"
    file.write_text(FAULT)
    with started("--port=0", "--watch", f"--fixtures={folder}") as server:
        mock = Mock(server.url)
        assert problems(mock) == []  # who answers has begun to watch
        file.write_text("- action: {answer: {code: no_such_code}}\n")
        [problem] = mock.comes_true(lambda: problems(mock))
        assert "faults.yaml:1: [0].action.answer.code: expected a status with it" in problem
        assert [one["match"] for one in faults(mock)] == [{"operation": "uploadAudio"}]
        file.write_text("[")
        assert mock.comes_true(lambda: "expected YAML" in problems(mock)[0])
        file.write_text(FAULT.replace("uploadAudio", "endSession"))
        assert mock.comes_true(lambda: problems(mock) == [])
        assert [one["match"] for one in faults(mock)] == [{"operation": "endSession"}]
        mock.close()
        code, log = server.stopped(signal.SIGTERM)
    assert code == 0
    assert f"Not loaded, and what was loaded before stays: {problem}" in log
    assert "Loaded anew: faults.yaml" in log
    assert "Traceback" not in log


def test_a_spec_is_served_from_the_next_request_on(serve, folder, spec):
    mock = serve(fixtures=folder, spec=spec, watch=True)
    text = spec.read_text()
    session = mock.create()  # on a connection that is kept alive meanwhile
    spec.write_text(
        text.replace(f"  {TEMPLATES}:", f"  {PATTERNS}:").replace(
            "summary: List templates", "summary: List all patterns"
        )
    )
    assert mock.comes_true(lambda: mock.client.get(mock.url + PATTERNS).status_code == 200)
    assert mock.client.get(mock.url + TEMPLATES).status_code == 404
    assert mock.client.get(f"/sessions/{session.id}").status_code == 202
    assert "List all patterns" in mock.client.get(f"{mock.url}/docs/assets/api.js").text
    assert PATTERNS in mock.client.get(f"{mock.url}/openapi.yaml").text


def test_a_broken_spec_is_told_and_the_old_one_stays(serve, folder, spec):
    (folder / "faults.yaml").write_text(FAULT.replace("uploadAudio", "listTemplates"))
    mock = serve(fixtures=folder, spec=spec, watch=True)
    text = spec.read_text()
    spec.write_text("openapi: 3.0.3\npaths: [\n")
    [problem] = mock.comes_true(lambda: problems(mock))
    assert f"{spec.name}:3: expected YAML" in problem
    spec.write_text(text.replace("operationId: listTemplates", "operationId: listNothing"))
    assert mock.comes_true(lambda: "mock's operations" in problems(mock)[0])
    document = yaml.safe_load(text)
    del document["paths"][TEMPLATES]
    spec.write_text(yaml.safe_dump(document))
    assert mock.comes_true(lambda: "faults.yaml: The fault is wrong at $[0]" in problems(mock)[0])
    delay = {"match": {"operation": "listTemplates"}, "action": {"delay": {"seconds": 0}}}
    fault_id = mock.control("POST", "/faults", delay)["id"]  # it is still an operation
    mock.control("DELETE", f"/faults/{fault_id}")
    templates = mock.client.get(mock.url + TEMPLATES)
    assert (templates.status_code, mock.control("GET", "/faults?unfired=true")) == (
        503,  # by the fault of the file
        {"faults": []},
    )
    assert "listTemplates" in mock.client.get(f"{mock.url}/openapi.yaml").text
    spec.write_text(text)
    assert mock.comes_true(lambda: problems(mock) == [])


def test_a_server_that_watches_nothing_does_not_load_what_watches():
    code = "import sys, scribe_mock; scribe_mock.create_app(); print('watchfiles' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_nothing_is_watched_without_the_option(serve, folder):
    mock = serve(fixtures=folder)
    (folder / "faults.yaml").write_text(FAULT)
    mock.control("POST", "/reset")
    assert faults(mock) == []
