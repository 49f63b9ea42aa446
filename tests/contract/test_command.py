import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.responses import Response

from scribe_mock import cli
from scribe_mock.contract.reports import WRITERS
from scribe_mock.contract.rules import all_rules
from scribe_mock.contract.transport.address import Origin
from tests.contract.independent_server import Running, Server
from tests.contract.mutants.storing import GapsRefused
from tests.contract.mutants.upload_formats import UnsupportedIs415


def main(capsys, *arguments):
    code = cli.main(["check", *arguments])
    return code, capsys.readouterr()


def test_it_keeps_the_contract(capsys, tmp_path):
    out = {kind: tmp_path / f"out.{kind}" for kind in ("json", "junit", "html", "sarif")}
    asked = [f"--report={kind}={path}" for kind, path in out.items()]
    with Running(Server()) as running:
        code, shown = main(capsys, running.base_url, "--only", "upload.row", *asked)
    assert code == 0
    assert "keeps the contract" in shown.out
    assert shown.err == ""
    assert all(path.stat().st_size for path in out.values())
    assert json.loads(out["json"].read_text())["keeps_the_contract"] is True


def test_it_breaks_the_contract(capsys):
    with Running(UnsupportedIs415()) as running:
        code, shown = main(capsys, running.base_url, "--only", "upload.row.7")
    assert code == 1
    assert "FAULT upload.row.7.format" in shown.out
    assert "Content-Type: audio/flac" in shown.out


@pytest.mark.parametrize(("more", "code"), [([], 0), (["--strict"], 1)])
def test_a_note_fails_only_a_strict_run(capsys, more, code):
    with Running(GapsRefused()) as running:
        assert main(capsys, running.base_url, "--only", "store.gaps", *more)[0] == code


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Name the server"),
        (["nonsense"], "is not an address"),
        (["ws://127.0.0.1/v1"], "not an http or https address"),
        (["http://127.0.0.1:9/\u65e5\u672c"], "is not an address"),
        (["http://127.0.0.1:9/a b"], "is not an address"),
        (["http://127.0.0.1:9/v1", "--token", "a\u2192b"], "no header field"),
        (["http://127.0.0.1:9/v1", "--patience", "nan"], "at least 0"),
        (["http://127.0.0.1:9/v1"], "can't be reached"),
        (["http://127.0.0.1:9/v1", "--only", "nothing.like.it"], "No rule fits"),
        (["http://127.0.0.1:9/v1", "--login"], "SCRIBE_MOCK_CLIENT_ID"),
        (["http://127.0.0.1:9/v1", "--report", "pdf=x"], "KIND=FILE"),
        (["http://127.0.0.1:9/v1", "--concurrency", "0"], "at least 1"),
    ],
)
def test_what_could_not_run_is_2(capsys, arguments, reason):
    code, shown = main(capsys, *arguments)
    assert (code, reason in shown.err) == (2, True)


def test_a_public_host_is_asked_for(capsys, monkeypatch):
    monkeypatch.setattr(Origin, "is_public", lambda self: True)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, shown = main(capsys, "https://api.example.org/v1")
    assert code == 2
    assert "--yes" in shown.err


@pytest.mark.parametrize("command", ["rules", "check --list"])
def test_rules_are_listed(capsys, command):
    assert cli.main(command.split()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in all_rules()]


def test_rules_can_be_chosen(capsys):
    cli.main(["rules", "--only", "upload.limit", "--skip", "*single*"])
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert "upload.limit.exact" in ids
    assert not any("single" in rule_id for rule_id in ids)


CHAPTER = Path(__file__).parents[2] / "README.md"


def test_every_option_is_in_the_chapter(capsys):
    with pytest.raises(SystemExit):
        cli.main(["check", "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    text = CHAPTER.read_text("utf-8")
    assert {option for option in options if option not in text} == set()


class HalfCharacter(Server):
    """Its refusals have a code that JSON can write and no file can hold."""

    def envelope(self, refusal, scope):
        body = json.dumps({"error": {"code": "\ud83d", "message": "No."}})
        return Response(body, refusal.status, {"content-type": "application/json"})


def test_what_no_text_can_hold_is_shown_and_written_all_the_same(tmp_path):
    with Running(HalfCharacter()) as running:
        done = subprocess.run(
            [sys.executable, "-m", "scribe_mock", "check", running.base_url, "--only=upload.row.7"]
            + [f"--report={kind}={tmp_path / kind}" for kind in WRITERS],
            env={**os.environ, "PYTHONIOENCODING": "latin-1"},
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"FAULT upload.row.7.format" in done.stdout
    assert json.loads((tmp_path / "json").read_text("utf-8"))["findings"]
    assert {path.name for path in tmp_path.iterdir()} == set(WRITERS)


class Interrupted(Server):
    """Interrupts its tester while that is fuzzing, and answers no more."""

    tester: subprocess.Popen | None = None
    since = 0

    async def respond(self, scope, receive):
        if self.tester and any(
            name == b"x-schemathesis-testcaseid" for name, _ in scope["headers"]
        ):
            self.since += 1
            if self.since == 5:
                self.tester.send_signal(signal.SIGINT)
            if self.since >= 5:
                await left(receive)
        return await super().respond(scope, receive)


async def left(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


#: The command as in a terminal: shells let background jobs, such as a CI's, ignore interrupts.
IN_TERMINAL = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from scribe_mock.cli import main
sys.exit(main())
"""


def test_an_interrupt_ends_fuzzing_at_once():
    app = Interrupted()
    with Running(app) as running:
        app.tester = tester = subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, "check", running.base_url, "--only=fuzz"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = tester.communicate(timeout=60)
    assert (tester.returncode, said) == (2, b"scribe-mock: stopped before the end.\n")
    assert app.since == 5


#: Hypothesis on one operation, and as a state machine.
FUZZING = ["--only=fuzz.schema.createSession", "--only=fuzz.links"]


def test_the_check_leaves_nothing_in_the_current_folder(tmp_path, tmp_path_factory):
    with Running(Server()) as running:
        subprocess.run(
            [sys.executable, "-m", "scribe_mock", "check", running.base_url, *FUZZING],
            cwd=tmp_path,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))},
            check=True,
            capture_output=True,
        )
    assert list(tmp_path.iterdir()) == []


#: Runs the program with an output that nobody reads.
UNREAD = """\
import subprocess, sys
process = subprocess.Popen(
    [sys.executable, "-m", "scribe_mock", *sys.argv[1:]], stdout=subprocess.PIPE
)
process.stdout.close()
sys.exit(process.wait())
"""


@pytest.mark.parametrize(
    ("command", "server"),
    [
        ("rules", Server),
        ("check --list", Server),
        ("check URL --only=upload.row.7", Server),
        ("check URL --only=upload.row.7", UnsupportedIs415),
    ],
)
def test_output_that_nobody_reads_changes_no_exit_code(command, server):
    with Running(server()) as running:
        arguments = command.replace("URL", running.base_url).split()
        done = subprocess.run(
            [sys.executable, "-c", UNREAD, *arguments],
            capture_output=True,
            check=False,
            text=True,
        )
    broken = "URL" in command and server is UnsupportedIs415
    assert (done.returncode, done.stderr) == (int(broken), "")
