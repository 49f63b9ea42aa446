"""The command line, run as a user runs it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from scribe_mock import Settings, __version__
from scribe_mock.cli import main
from tests.support import AUDIO, PATIENCE, ROOT, Mock, comes_true, matched

MODULE = [sys.executable, "-m", "scribe_mock"]
COMMAND = [str(Path(sys.executable).with_name("scribe-mock"))]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("SCRIBE_MOCK_")}


class Started:
    """A server that was started from the command line."""

    def __init__(self, process):
        self.process = process
        self.said = ""
        while "curl" not in self.said or not self.said.endswith("\n\n"):
            line = process.stdout.readline()
            assert line, self.said + process.stderr.read()
            self.said += line
        self.url = matched(r"https?://\S+?:[0-9]+", self.said)

    def stopped(self, number):
        """Exit code, and what was printed since, after this signal."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output + errors


@contextmanager
def started(*options, command=MODULE, **environment):
    process = subprocess.Popen(
        [*command, "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT | environment,
    )
    with process:
        try:
            yield Started(process)
        finally:
            process.kill()


#: A request in the log on the terminal.
LINE = r"^[0-9:]{8}\.[0-9]{3} POST /voice/v1/sessions 201 [0-9.]+ ms req_[0-9a-f]+$"


def test_start_up_says_where_to_go_and_its_curl_line_works():
    with started("--port", "0", command=COMMAND) as server:
        assert __version__ in server.said
        for path in ("/voice/v1", "/docs", "/_mock/health"):
            assert f"{server.url}{path}" in server.said
        curl = server.said[server.said.index("  curl") :]
        done = subprocess.run(
            curl.replace("curl", "curl -sS", 1),
            shell=True,
            capture_output=True,
            text=True,
            check=True,
        )
        assert '"session_id":"ses_' in done.stdout
        code, log = server.stopped(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in log
    assert re.search(LINE, log, re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "with any bearer token"),
        (["--host", "0.0.0.0", "--token", "secret"], "with a bearer token given by --token"),
        (["--host", "127.0.0.1"], None),
        (["--host", "localhost"], None),
    ],
)
def test_start_up_warns_when_the_network_can_reach_it(options, words):
    with started("--port", "0", *options) as server:
        assert ("Warning: " in server.said) == bool(words)
        if words:
            assert "0.0.0.0 is not a loopback address" in server.said
            assert "control API" in " ".join(server.said.split())
            assert words in " ".join(server.said.split())


def test_options_and_environment_decide_and_the_option_wins():
    environment = {
        "SCRIBE_MOCK_PORT": "1",
        "SCRIBE_MOCK_TOKEN": "from-environment",
        "SCRIBE_MOCK_SESSION_TTL": "90",
    }
    options = ["--port=0", "--token", "one", "--token", "two", "--quiet", "--scenario", "silence"]
    with started(*options, **environment) as server:
        assert "Bearer one" in server.said
        for token in ("one", "two"):
            mock = Mock(server.url, {"Authorization": f"Bearer {token}"})
            created = mock.client.post("/sessions", json={"upload_type": "chunked"}).json()
            mock.close()
        mock = Mock(server.url, {"Authorization": "Bearer from-environment"})
        assert mock.client.get(f"/sessions/{created['session_id']}").status_code == 401
        mock.close()
        code, log = server.stopped(signal.SIGTERM)
    assert (code, log) == (0, "")


def test_the_log_may_be_json_and_has_no_secret():
    with started("--port", "0", "--log-format", "json") as server:
        mock = Mock(server.url, {"Authorization": "Bearer my-own-token", "X-Request-Id": "mine"})
        trace = "0af7651916cd43dd8448eb211c80319c"
        mock.client.headers["traceparent"] = f"00-{trace}-b7ad6b7169203331-01"
        session = mock.create()
        mock.client.get("/sessions/unknown", params={"token": "my-own-token"})
        assert session.upload("mister.x_0.webm", b"12345").status_code == 200
        mock.close()
        _, log = server.stopped(signal.SIGTERM)
    assert "my-own-token" not in log
    assert "mister" not in log
    created, unknown, uploaded = map(json.loads, log.splitlines())
    assert list(created) == [
        *(
            "time",
            "id",
            "trace_id",
            "method",
            "path",
            "operation",
            "status",
            "code",
            "duration_ms",
            "bytes",
        )
    ]
    assert re.fullmatch(r"2[0-9-]{9}T[0-9:]{8}\.[0-9]{3}Z", created["time"])
    assert created["id"] == "mine"
    assert (created["method"], created["path"]) == ("POST", "/voice/v1/sessions")
    assert (unknown["status"], unknown["code"]) == (404, "session_not_found")
    assert unknown["path"] == "/voice/v1/sessions/unknown"
    assert (uploaded["operation"], uploaded["code"]) == ("uploadAudio", None)
    assert uploaded["bytes"] == 5
    assert uploaded["path"].endswith("/audio/…_0.webm")
    assert created["trace_id"] == uploaded["trace_id"] == trace
    assert uploaded["duration_ms"] >= 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_may_be_stopped_while_it_starts(tmp_path, number):
    path = tmp_path / "openapi.yaml"
    os.mkfifo(path)
    process = subprocess.Popen(
        [*MODULE, "serve", "--port", "0", "--spec", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert process.stderr
    with process, path.open("w"):  # Opened as soon as the server reads the spec.
        process.send_signal(number)
        assert (process.wait(timeout=PATIENCE), process.stderr.read()) == (0, "")


def test_a_request_under_way_gets_its_answer_before_the_server_ends():
    with started("--port", "0") as server:
        mock = Mock(server.url)
        session = mock.create()
        with session.begin_upload(size=5) as wire:
            wire.send(b"aud")
            server.process.send_signal(signal.SIGTERM)
            # Once the server listens no more, it has begun to stop.
            assert comes_true(lambda: not listens(mock))
            wire.send(b"io")
            assert wire.response().status_code == 200
        mock.close()
        assert server.process.wait(timeout=PATIENCE) == 0
        assert "Traceback" not in server.process.stderr.read()


def listens(mock):
    try:
        with socket.create_connection((mock.host, mock.port), timeout=PATIENCE):
            return True
    except OSError:
        return False


# What does not start: one run of the command for each exit code, the rest in this process


def run(*arguments, command=MODULE):
    """Exit code, output and errors of a run that ends by itself."""
    done = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=ENVIRONMENT,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def said(capsys):
    """A function that runs the command line here: exit code, output and errors."""

    def run_here(*arguments):
        try:
            code: Any = main(arguments)
        except SystemExit as ended:  # argparse's way
            code = ended.code
        return code, *capsys.readouterr()

    return run_here


def assert_says(outcome, code, *words):
    """It ended with this code, having said one line with these words."""
    assert outcome[0] == code, outcome
    assert outcome[1] == ""
    assert len(outcome[2].strip().splitlines()) == 1, outcome[2]
    for word in words:
        assert word in outcome[2]


def test_a_value_that_makes_no_sense_is_2():
    assert_says(run("serve", "--max-memory", "1MB"), 2, "--max-memory", "'1MB'")


def test_a_port_that_is_taken_is_3():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_says(run("serve", "--port", port), 3, port, "--port")


def test_a_spec_that_names_an_operation_that_is_not_there_is_4(tmp_path):
    path = tmp_path / "openapi.yaml"
    path.write_text((ROOT / "openapi.yaml").read_text().replace("uploadAudio", "downloadAudio"))
    assert_says(run("serve", "--port", "0", "--spec", str(path)), 4, "download", "openapi.yaml")


def test_a_broken_fixture_is_5(tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/consultation.yaml").write_text("title: x\noutcome: splendid\n")
    outcome = run("serve", "--port", "0", "--fixtures", str(tmp_path))
    assert_says(outcome, 5, "scenarios/consultation.yaml:")


@pytest.mark.parametrize("arguments", [["serve", "--prot", "1"], ["sreve"], []])
def test_an_option_or_command_that_is_none_is_2(said, arguments):
    code, output, errors = said(*arguments)
    assert (code, output) == (2, "")
    assert "usage: scribe-mock" in errors


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "65536"),
        ("--processing-seconds", "soon"),
        ("--session-ttl", "0"),
        ("--public-url", "here"),
        ("--token", ","),
        ("--max-memory", "9" * 309),
    ],
)
def test_another_value_that_makes_no_sense_is_2(said, option, value):
    assert_says(said("serve", option, value), 2, option, repr(value[:100]))


def test_a_variable_that_makes_no_sense_is_2(said, monkeypatch):
    monkeypatch.setenv("SCRIBE_MOCK_PROT", "1")
    assert_says(said("serve"), 2, "SCRIBE_MOCK_PROT", "SCRIBE_MOCK_PORT?")


@pytest.mark.parametrize(
    "host", ["256.256.256.256", "no such host", "192.0.2.1", ".example", "x" * 70]
)
def test_an_address_that_is_not_ours_is_3(said, host):
    assert_says(said("serve", "--host", host, "--port", "0"), 3, host)


SOUND = "openapi: 3.0.3\ninfo: {title: x, version: x}\n"
OTHER = "openapi: 3.1.0\ninfo: {title: x, version: x}\npaths: {}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "openapi.yaml"),
        ("openapi: [3\n", "openapi.yaml:2"),
        ("openapi: \x00\n", "openapi.yaml"),
        ("text\n", "openapi.yaml"),
        ("openapi: 3.0.3\ninfo: {title: x}\npaths: {}\n", "#/info"),
        ("openapi: 3.2.0\ninfo: {title: x, version: x}\npaths: {}\n", "openapi.yaml:1: expected"),
        (f"{OTHER}components: {{schemas: {{A:\n  {{if: {{}}}}}}}}\n", "openapi.yaml:5: expected"),
        (f"{SOUND}paths: {{7: {{}}}}\n", "at #/paths: the key 7 is not text"),
        (f"{SOUND}paths: {{/a: {{$ref: '#/nowhere'}}}}\n", "$ref '#/nowhere'"),
        (f"{SOUND}paths: {{/a: {{$ref: other.yaml#/a}}}}\n", "$ref 'other.yaml#/a'"),
        (f"{SOUND}paths: {{/a: {{$ref: '#/paths/~1a'}}}}\n", "$ref '#/paths/~1a'"),
        (f"{SOUND}paths: &a {{/a: *a}}\n", "contains itself"),
        (f"{SOUND}paths: {'{a: ' * 200}{'}' * 200}\n", "nested deeper"),
    ],
)
def test_a_broken_spec_is_4(said, tmp_path, text, words):
    path = tmp_path / "openapi.yaml"
    if text is not None:
        path.write_text(text)
    assert_says(said("serve", "--port", "0", "--spec", str(path)), 4, "openapi.yaml", words)


def test_a_reference_to_nothing_deep_in_an_answer_is_4(said, tmp_path):
    path = tmp_path / "openapi.yaml"
    text = (ROOT / "openapi.yaml").read_text()
    schema = '- $ref: "#/components/schemas/ErrorEnvelope"'
    assert schema in text
    path.write_text(text.replace(schema, schema.replace("ErrorEnvelope", "Gone")))
    assert_says(said("serve", "--port", "0", "--spec", str(path)), 4, "openapi.yaml", "Gone'")


def test_a_scenario_that_is_not_there_is_2(said, monkeypatch):
    outcome = said("serve", "--port", "0", "--scenario", "unheard-of")
    assert_says(outcome, 2, "--scenario", "'unheard-of'", "consultation, failed")
    monkeypatch.setenv("SCRIBE_MOCK_SCENARIO", "neither")
    assert_says(said("serve", "--port", "0"), 2, "--scenario", "'neither'", "consultation, failed")


def test_a_start_that_fails_otherwise_is_1(tmp_path):
    shutil.copytree(ROOT / "fixtures" / "scenarios", tmp_path / "scenarios")
    large = {
        "session_id": "a-session-too-large",
        "state": "created",
        "upload_type": "chunked",
        "additional_data": {"text": "x" * 20_000_000},
    }
    (tmp_path / "sessions.yaml").write_text(json.dumps([large]))
    done = subprocess.run(
        [*MODULE, "serve", "--port", "0", "--max-memory", "16MiB", "--fixtures", str(tmp_path)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "scribe-mock: The server did not start" in done.stderr.splitlines()[-1]


def test_sessions_that_do_not_fit_into_the_memory_are_5(said, tmp_path):
    shutil.copytree(ROOT / "fixtures/scenarios", tmp_path / "scenarios")
    (tmp_path / "audio").mkdir()
    with (tmp_path / "audio/long.wav").open("wb") as file:
        file.truncate(20_000_000)
    (tmp_path / "sessions.yaml").write_text(
        "- {session_id: a_session_of_mine, state: recording, upload_type: chunked,"
        " audio: [long.wav]}\n"
    )
    options = ["--port", "0", "--fixtures", str(tmp_path), "--max-memory", "16MiB"]
    assert_says(said("serve", *options), 5, "sessions.yaml:1:", "16777216 bytes of --max-memory")


# Help


def test_the_version_is_the_packages(said):
    expected = (0, f"scribe-mock {__version__}\n", "")
    assert run("--version", command=COMMAND) == expected
    assert said("--version") == expected


def test_help_explains_every_option_and_the_exit_codes(said):
    code, output, _ = said("serve", "--help")
    assert code == 0
    for field in fields(Settings):
        assert f"--{field.name.replace('_', '-')} " in output.replace("]", " ")
    assert "SCRIBE_MOCK_" in output
    code, output, _ = said("--help")
    assert code == 0
    assert "exit codes" in output


def audio(*arguments, **options):
    command = [sys.executable, "-m", "scribe_mock", "audio", *arguments]
    return subprocess.run(command, capture_output=True, check=False, **options)


def test_files_are_examined_as_json(tmp_path):
    (tmp_path / "piece.webm").write_bytes((AUDIO / "speech.webm").read_bytes()[9_000:])
    done = audio("--json", AUDIO / "speech.mp3", tmp_path / "piece.webm")
    assert (done.returncode, done.stderr) == (1, b"")
    whole, piece = map(json.loads, done.stdout.splitlines())
    assert (whole["file"], whole["media_type"]) == (str(AUDIO / "speech.mp3"), "audio/mp3")
    assert (whole["container"], whole["codec"], whole["channels"]) == ("mp3", "mp3", 1)
    assert (whole["serious"], whole["findings"], whole["refusal"]) == (False, [], None)
    assert whole["speech_regions"][0][0] < whole["speech_regions"][-1][1] < whole["duration_s"]
    assert [set(chunk) for chunk in whole["chunks"]] == [{"start_s", "end_s", "bytes", "speech"}]
    assert [one["code"] for one in piece["findings"]] == ["headerless"]
    assert piece["serious"]
    assert piece["chunks"] == []
    assert "found a piece of a WebM file" in piece["refusal"]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_file_that_cannot_be_read_stops_no_other(form, tmp_path):
    done = audio(*form, tmp_path, tmp_path / "none.wav", AUDIO / "speech.mp3")
    assert done.returncode == 2
    assert b"speech.mp3" in done.stdout
    reasons = done.stderr.decode().splitlines()
    assert [reason.rsplit(": ", 1)[1] for reason in reasons] == [
        "Is a directory.",
        "No such file or directory.",
    ]


def test_the_exit_code_stays_when_nobody_reads_the_findings():
    command = f"{sys.executable} -m scribe_mock audio {AUDIO}/silence.wav {AUDIO}/tiny.mp3"
    shell = f"{command} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_terminal_shows_which_file_is_examined():
    ours, theirs = os.openpty()
    command = [*MODULE, "audio", str(AUDIO / "tiny.wav"), str(AUDIO / "tiny.mp3")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    said = os.read(ours, 4096).decode()
    os.close(ours)
    assert "1 of 2: tiny.wav" in said
    assert "2 of 2: tiny.mp3" in said
    assert b" of 2" not in done.stdout


@pytest.mark.parametrize(
    ("name", "file"), [("webm", "tiny.webm"), ("mp3", "tiny.mp3"), ("speech.m4a", "speech.m4a")]
)
def test_a_sample_is_written_to_the_output_or_a_file(name, file, tmp_path):
    wanted = (AUDIO / file).read_bytes()
    assert audio("--sample", name).stdout == wanted
    assert audio("--sample", name, "--output", tmp_path / "out").returncode == 0
    assert (tmp_path / "out").read_bytes() == wanted


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--sample", "flac"], "expected one of m4a, mp3, mp4, ogg, wav, webm, consultation.ogg"),
        (["--sample", "make.sh"], "There is no sample make.sh"),
        (["--sample", "../sessions.yaml"], "There is no sample"),
        (["--sample", "webm", "--output", "nowhere/a.webm"], "can't be written"),
        (["--sample", "webm", "speech.webm"], "Name either"),
        (["--output", "a.webm", "speech.webm"], "goes with --sample"),
        (["--sample", "webm", "--json"], "--json goes with files"),
        ([], "Name either"),
    ],
)
def test_a_sample_that_can_not_be_written_is_2(arguments, reason, tmp_path):
    done = audio(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert reason in done.stderr.decode()
