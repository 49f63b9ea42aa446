"""The guides' snippets, run as a reader would; those in JavaScript run in tests/browser."""

import itertools
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.spec import SpecFile, load_spec, shipped
from scribe_mock.web.docs.book import Book, snippet_text
from scribe_mock.web.docs.clients import DELIVERIES, client_tables
from scribe_mock.web.docs.fault_examples import SNIPPETS, fault_examples
from scribe_mock.web.docs.samples import ADDRESS
from scribe_mock.web.navigation import GUIDES
from tests.audio.dictation import dictation, seconds
from tests.audio.factory import wav
from tests.support import AUDIO, PATIENCE, ROOT

CLIENT = ROOT / "handlers" / "scribe_mock" / "client" / "scribe-mock.mjs"
SPEECH = (AUDIO / "speech.webm").read_bytes()

#: Where each snippet is run; the recorder's page runs those of recording.js and session-client.js.
RUN_HERE = {
    "flow.sh",
    "limits.py",
    "polling.py",
    "retries.py",
    "hold.py",
    "arrived.py",
    "arrived.sh",
    "lost.py",
    "lost.sh",
    "repeats.sh",
}
#: Run in test_pytest_fixtures.py, test_javascript_client.py, test_following_audio.py, and
#: tests/examine.
RUN_BY_OTHER_TESTS = {
    "scenario.yaml",
    "upload_recording.py",
    "upload_recording.sh",
    "stream_recording.py",
    "drive_recorder.py",
    "side_by_side.py",
    "side-by-side.test.mjs",
    "side-by-side.spec.mjs",
    "arrived.mjs",
}
#: These need Docker, so that no test runs them; see test_container.py.
NOT_RUN = {"in_a_container.py", "in-a-container.test.mjs"}
RUN_BY_THE_RECORDER = {
    "recording.js#recordChunks",
    "recording.js#recordWhole",
    "session-client.js#send",
    "session-client.js#renew",
    "session-client.js#endSession",
    "session-client.js#Outbox",
    "session-client.js#pollForResult",
    "kept-recordings.js#KeptRecording",
}
RUN_BY_THE_STREAM_TEST = {
    "recording.js#streamAudio",
    "recording.js#FrameSocket",
    "pcm-worklet.js",
}


@pytest.fixture(scope="module")
def mock():
    with MockServer(Settings(port=0, quiet=True, processing_seconds=0.1)) as server:
        yield server


@pytest.fixture
def scope(mock):
    """What the fixture `scribe_mock` gives to a test."""
    with mock.scope() as scope:
        yield scope


def record(base_url, token):
    """A client as a reader may have it: two chunks, and each request again until it is done."""
    with httpx.Client(
        base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
    ) as client:
        session = client.post("/sessions", json={"upload_type": "chunked"}).json()["session_id"]
        for sequence in (0, 1):
            name = f"/sessions/{session}/audio/audio_{sequence}.webm"
            assert any(is_done(client, name, content=SPEECH) for attempt in range(3))
        end = f"/sessions/{session}/end"
        assert any(is_done(client, end, json={"audio_files_sent": 2}) for attempt in range(2))
    return session


def is_done(client, path, **body):
    try:
        answer = client.post(path, **body)
    except httpx.TransportError:
        return False
    return answer.is_success or answer.json()["error"]["code"] == "session_ended"


def test_every_snippet_of_every_guide_is_run_somewhere():
    templates = SNIPPETS.parent / "templates" / "guides"
    shown = {
        name
        for entry in GUIDES
        for name in re.findall(
            r'snippet\("(.+?)"\)', (templates / f"{entry.name}.html").read_text()
        )
    }
    run_in_browsers = RUN_BY_THE_RECORDER | RUN_BY_THE_STREAM_TEST
    assert shown == RUN_HERE | RUN_BY_OTHER_TESTS | NOT_RUN | run_in_browsers


def test_the_flow_ends_with_a_transcript(mock, tmp_path):
    (tmp_path / "audio_0.webm").write_bytes(SPEECH)
    shown = shell(snippet_text("flow.sh"), mock, tmp_path)
    ended, _, result = shown.rpartition("}")
    status, *transcript = result.strip().splitlines()
    assert '"audio_files":["0.webm"]' in ended
    assert status == "completed"
    assert transcript


def test_the_limits_are_those_of_the_discovery_document(mock, capsys):
    run("limits.py", mock)
    assert capsys.readouterr().out == "20 ['chunked', 'single', 'stream']\n"


def test_polling_waits_for_the_result(mock):
    result_of = run("polling.py", mock)["result_of"]
    assert result_of("demo_session_partial", "any")["status"] == "partial"
    assert result_of("demo_session_expired", "any")["status"] == "expired"


def test_the_three_calls_of_an_action_set_the_same_fault(mock, scope, tmp_path):
    examples = fault_examples()
    actions = load_spec(shipped("control.yaml"))["components"]["schemas"]["Action"]["properties"]
    assert [example.action for example in examples] == list(actions)
    curl = shell("; echo\n".join(example.calls["curl"] for example in examples), mock, tmp_path)
    by_curl = [json.loads(line) for line in curl.splitlines()]
    by_pytest = [eval(each.calls["pytest"], {"scribe_mock": scope}) for each in examples]
    by_javascript = in_node([each.calls["JavaScript"] for each in examples], mock, tmp_path)
    for example, *faults in zip(examples, by_curl, by_javascript, by_pytest, strict=True):
        first, second, third = faults[0], faults[1], vars(faults[2])
        for field in ("match", "after", "times", "action"):
            assert first[field] == second[field] == third[field], example.action
    mock.reset()


def in_node(calls, mock, folder):
    """The faults that calls set in Node.js."""
    if shutil.which("node") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Node.js is not installed")
        pytest.skip("Node.js is not installed")
    shutil.copy(CLIENT, folder)
    lines = [call.replace("await", "show(await").replace(");", "));") for call in calls]
    program = "\n".join(
        [
            'import { connect } from "./scribe-mock.mjs";',
            f'const scope = connect("{mock.url}").createScope();',
            "const show = (fault) => console.log(JSON.stringify(fault));",
            *lines,
        ]
    )
    (folder / "calls.mjs").write_text(program)
    done = subprocess.run(
        ["node", "calls.mjs"], capture_output=True, text=True, cwd=folder, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_held_upload_shows_that_the_end_waits(mock, scope):
    with ThreadPoolExecutor() as pool:

        def start(base_url, token):
            return pool.submit(record, base_url, token)

        names = run("hold.py", mock, start_recording=start)
        names["test_the_last_upload_is_not_overtaken"](scope)


@pytest.mark.parametrize("name", ["retries.py", "arrived.py"])
def test_a_readers_test_passes(mock, scope, name):
    names = run(name, mock, record=record)
    (test,) = (names[each] for each in names if each.startswith("test_"))
    test(scope)
    assert scope.unfired() == []


def test_what_arrived_is_seen_with_curl(mock, scope, tmp_path):
    scope.fail("uploadAudio", sequence=1, status=503)
    session = record(scope.base_url, scope.token)
    variables = {"TOKEN": scope.token, "SESSION": session}
    shown = shell(snippet_text("arrived.sh"), mock, tmp_path, **variables).splitlines()
    first, failed, again = shown[:3]
    request_id = failed.partition(":")[0]
    assert first.endswith(": chunk 0, 200, answered, repeats null")
    assert failed.endswith(": chunk 1, 503, answered, repeats null")
    assert again.endswith(f": chunk 1, 200, answered, repeats {request_id}")
    assert shown[3:] == ['{"count":1}complete']
    archive = json.loads((tmp_path / "arrived.har").read_text())
    assert [entry["response"]["status"] for entry in archive["log"]["entries"]] == [
        *(201, 200, 503, 200, 202)
    ]


def dictated(base_url, token, *sequences):
    """A client that hears the dictation, and sends these of its three chunks until it is done."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "audio/wav"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE) as client:
        session = client.post("/sessions", json={"upload_type": "chunked"}).json()["session_id"]
        for sequence in sequences or (0, 1, 2):
            name = f"/sessions/{session}/audio/audio_{sequence}.wav"
            content = wav(seconds(6 * sequence, 6 * sequence + 6))
            assert any(is_done(client, name, content=content) for attempt in range(3))
        assert client.post(f"/sessions/{session}/end").is_success
    return session


@pytest.fixture
def spoken(tmp_path, monkeypatch):
    """The working directory has what was spoken."""
    (tmp_path / "spoken.wav").write_bytes(wav(dictation()))
    monkeypatch.chdir(tmp_path)


def test_no_second_is_lost(mock, scope, spoken):
    run("lost.py", mock, record=dictated)["test_no_second_is_lost"](scope)
    assert scope.unfired() == []


def test_what_was_lost_is_seen_with_curl(mock, scope, spoken, tmp_path):
    session = dictated(scope.base_url, scope.token, 0, 2)
    told = shell(snippet_text("lost.sh"), mock, tmp_path, SESSION=session).splitlines()
    assert json.loads(told[0])["media_type"] == "audio/wav"
    assert re.fullmatch(r"6\d(\.\d)?% arrived", told[1])
    assert told[2].startswith("Chunk 1 is missing")
    assert re.match(r"Seconds \d\.\d to 1\d\.\d of what was spoken are missing", told[3])
    assert len(told) == 4


def test_curl_repeats_an_upload_that_its_caller_sends_once(mock, scope, tmp_path):
    (tmp_path / "recording.webm").write_bytes(SPEECH)
    session_id = "sent-twice-by-curl"
    variables = {"TOKEN": scope.token, "ID": session_id}
    said = shell(snippet_text("repeats.sh"), mock, tmp_path, **variables).splitlines()
    first = scope.requests("uploadAudio")[0].id
    assert json.loads(said[0])["success"] is True
    assert [line for line in said[1:] if line] == [
        "0, dropped, repeats null",
        f"200, answered, repeats {first}",
        "2 arrivals, 1 retry",
    ]
    (chunk,) = httpx.get(f"{mock.url}/_mock/sessions/{session_id}").json()["chunks"]
    assert [finding["code"] for finding in chunk["diagnostics"]] == ["sent_again"]


def test_the_guides_link_to_each_other():
    book = Book(SpecFile(shipped("openapi.yaml")), SpecFile(shipped("control.yaml")), served=False)
    for entry, following in itertools.pairwise(GUIDES):
        assert f'href="{following.name}.html"' in book.page(entry.name)


def run(name, mock, **known):
    names: dict = known
    exec(compile(snippet_text(name).replace(ADDRESS, mock.url), name, "exec"), names)
    return names


def shell(script, mock, folder, **variables):
    """What a script prints."""
    done = subprocess.run(
        ["bash", "-eu"],
        input=script.replace(ADDRESS, mock.url),
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | variables,
        check=True,
    )
    return done.stdout


def test_the_tables_of_clients_say_what_the_mock_answers(mock, scope):
    tables = client_tables()
    webm = {row["client"]: row for row in tables["types"] if "webm" in row["formats"]}
    assert {row["status"] for row in webm.values()} == {200, 400}
    headers = {"Authorization": f"Bearer {scope.token}"}
    with httpx.Client(base_url=scope.base_url, headers=headers, timeout=PATIENCE) as client:
        session = client.post("/sessions", json={"upload_type": "chunked"}).json()["session_id"]
        for number, row in enumerate(webm.values()):
            sent = {} if row["sent"] is None else {"Content-Type": row["sent"].encode()}
            path = f"/sessions/{session}/audio/audio_{number}.webm"
            answer = client.post(path, content=SPEECH, headers=sent)
            assert answer.status_code == row["status"], row
            if row["code"]:
                assert answer.json()["error"]["code"] == row["code"]
                assert answer.json()["error"]["details"]["hint"] == row["hint"]


def test_every_row_of_the_clients_has_its_version_and_date():
    tables = client_tables()
    assert set(tables) == {"types", "early", "repeats"}
    for rows in tables.values():
        assert rows
        for row in rows:
            assert re.search(r"\d+\.\d+", row["version"]), row
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["measured"]), row
    assert all(row[way] for row in tables["early"] for way in DELIVERIES)
    kinds = load_spec(shipped("control.yaml"))["components"]["schemas"]["Action"]["properties"]
    assert set(kinds["limit"]["properties"]["delivery"]["enum"]) == set(DELIVERIES)
