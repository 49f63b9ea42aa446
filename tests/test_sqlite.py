"""`--store sqlite:///FILE`: what was acknowledged is there after a restart."""

import re
import resource
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import httpx
import pytest

from tests.server_process import server_process
from tests.support import AUDIO, MIB, ApiSession, Mock, noise, refusal, running

SPEECH, MORE = ((AUDIO / f"{name}.webm").read_bytes() for name in ("speech", "speech-2"))
#: What an upload of the test for kill -9 has: some fit into one part, others do not.
SIZES = (1, 64 * 1024, 300_000, 3 * MIB)


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path}/mock.db"


def told_of(one):
    """What Get session says, but for addresses: each mock has another port."""
    return re.sub(r"http://[^\"]+", "", one.get().text)


def templates(mock):
    return f"{mock.url}/voice/api/v1/template"


def again(mock, one):
    """The same session at another mock."""
    return ApiSession(mock, one.id)


def test_a_session_with_all_that_belongs_to_it_survives_a_restart(store):
    with running(store=store, processing_seconds=0.0) as mock:
        one = mock.create(templates=["eka_emr_template"], patient_details={"name": "Ada"})
        one.store("audio_0.webm", content=SPEECH)
        one.store("audio_1.webm", content=noise(1000))
        one.store("audio_1.webm", content=MORE)
        reference = f"/sessions/{one.id}/reference"
        assert mock.control("PUT", reference, {"fixture": "speech.webm"})["fixture"]
        assert one.end().status_code == 202
        gone = mock.create()
        mock.control("DELETE", gone.path)
        before = told_of(one)
        listed = [each["session_id"] for each in mock.control("GET", "/sessions")["sessions"]]
    with running(store=store) as mock:
        assert told_of(again(mock, one)) == before
        assert again(mock, one).chunk("0.webm").content == SPEECH
        assert again(mock, one).chunk("1.webm").content == MORE
        assert mock.control("GET", f"/sessions/{one.id}/ledger")["audio"]["coverage_percent"] == 100
        assert refusal(again(mock, gone).get())[0] == 404
        sessions = mock.control("GET", "/sessions")["sessions"]
        assert [each["session_id"] for each in sessions] == listed


def test_what_steers_the_mock_survives_a_restart(store):
    with running(store=store) as mock:
        one = mock.create()
        mock.control("POST", "/clock", {"session_id": one.id, "advance_seconds": 7200})
        fault = {"match": {"operation": "listTemplates"}, "action": {"answer": {"status": 503}}}
        [first, second] = [mock.control("POST", "/faults", fault | {"times": n}) for n in (1, 2)]
        assert mock.client.get(templates(mock)).status_code == 503
        template = mock.client.post(templates(mock), json={"title": "Mine", "section_ids": []})
    with running(store=store) as mock:
        assert again(mock, one).get().status_code == 410
        faults = mock.control("GET", "/faults")["faults"]
        assert [(each["id"], each["fired"]) for each in faults] == [
            (first["id"], 1),
            (second["id"], 0),
        ]
        mock.control("DELETE", f"/faults/{second['id']}")
        listed = mock.client.get(templates(mock)).json()["items"]
        assert template.json()["template_id"] in {each["id"] for each in listed}


def test_a_reset_forgets_the_file_too(store):
    with running(store=store) as mock:
        one = mock.create()
        one.store("audio_0.webm", content=SPEECH)
        mock.control("POST", "/reset")
    with running(store=store) as mock:
        assert refusal(again(mock, one).get())[0] == 404
        assert mock.control("GET", "/health")["sessions"] == 8


def test_a_single_recording_that_is_sent_again_has_its_chunks_once(store):
    with running(store=store) as mock:
        one = mock.create("single")
        for name in ("speech.webm", "speech-2.webm"):
            one.store("visit.webm", content=(AUDIO / name).read_bytes())
        names = one.names()
        before = [one.chunk(name).content for name in names]
    with running(store=store) as mock:
        one = again(mock, one)
        assert one.names() == names
        assert [one.chunk(name).content for name in names] == before


def test_kill_9_in_the_middle_of_uploads_loses_nothing_that_was_acknowledged(store):
    sent, acknowledged = {}, set()
    with server_process("--store", store) as server:
        mock = server.mock
        sessions = [mock.create() for _ in range(4)]
        numbers = count()

        def upload():
            with suppress(httpx.HTTPError):
                while True:
                    number = next(numbers)
                    one = sessions[number % len(sessions)]
                    sent[one.id, number] = content = noise(SIZES[number % 3], number)
                    if one.upload(f"audio_{number}.webm", content).status_code == 200:
                        acknowledged.add((one.id, number))
                    if len(acknowledged) == 150:
                        server.process.send_signal(signal.SIGKILL)

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(upload) for _ in range(8)]:
                done.result()
    assert len(acknowledged) >= 150
    with running(store=store) as mock:
        for one in [again(mock, each) for each in sessions]:
            there = {(one.id, int(name.partition(".")[0])) for name in one.names()}
            assert {key for key in acknowledged if key[0] == one.id} <= there
            for key in there:
                assert one.chunk(f"{key[1]}.webm").content == sent[key]


def test_a_disk_that_is_full_is_a_503_and_loses_nothing(store):
    def bounded():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8 * MIB, 8 * MIB))

    with server_process("--store", store, limits=bounded) as server:
        mock = server.mock
        one = mock.create()
        answers = [one.upload(f"audio_{n}.webm", noise(MIB, n)) for n in range(12)]
        kept = [n for n, answer in enumerate(answers) if answer.status_code == 200]
        assert 2 <= len(kept) < 12
        assert refusal(answers[-1]) == (503, "service_unavailable")
        assert answers[-1].headers["Retry-After"]
        assert "mock.db" in answers[-1].json()["error"]["message"]
        assert one.get().status_code == 202
    with running(store=store) as mock:
        one = again(mock, one)
        assert all(one.chunk(f"{n}.webm").content == noise(MIB, n) for n in kept)


def told(store):
    """Exit code and message of a mock that can't use its store."""
    command = [sys.executable, "-m", "scribe_mock", "serve", "--port", "0", "--store", store]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_a_file_has_one_writer(store, tmp_path):
    with running(store=store):
        message = f"{tmp_path}/mock.db is in use by another mock. Stop it, or name another file."
        assert told(store) == (6, f"scribe-mock: --store: {message}\n")


def test_a_file_of_another_program_is_left_as_it_is(store, tmp_path):
    file = tmp_path / "mock.db"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE invoices (number)")
    other.close()
    code, message = told(store)
    assert code == 6
    assert "was not made by this version of scribe-mock" in message
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM invoices").fetchone() == (0,)
    other.close()


def test_a_file_that_is_no_database_is_left_as_it_is(store, tmp_path):
    text = b"no database at all, but a text of some length" * 100
    (tmp_path / "mock.db").write_bytes(text)
    code, message = told(store)
    assert code == 6
    assert "file is not a database" in message
    assert (tmp_path / "mock.db").read_bytes() == text


def test_a_folder_that_is_not_there_is_told(tmp_path):
    code, message = told(f"sqlite:///{tmp_path}/nowhere/mock.db")
    assert code == 6
    assert "Name a file in a folder that can be written." in message


def test_less_memory_than_the_file_has_is_told(store):
    with running(store=store) as mock:
        one = mock.create()
        for number in range(3):
            one.store(f"audio_{number}.webm", content=noise(8 * MIB, number))
    command = [sys.executable, "-m", "scribe_mock", "serve", "--store", store]
    done = subprocess.run(
        [*command, "--port", "0", "--max-memory", "16MiB"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6
    assert "has more than fits into --max-memory" in done.stderr


def test_the_address_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with running(store="sqlite:///mock.db") as mock:
        assert isinstance(mock, Mock)
    assert (tmp_path / "mock.db").exists()
