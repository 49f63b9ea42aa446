import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.cells import cell_len
from starlette.responses import Response

from scribe_mock import cli
from scribe_mock.contract.reports import WRITERS
from scribe_mock.contract.reports.progress import Ticker
from scribe_mock.contract.rules import all_rules
from scribe_mock.contract.transport.address import Origin
from tests.contract.independent_server import Running, Server
from tests.contract.mutants.storing import GapsRefused
from tests.contract.mutants.upload_formats import UnsupportedIs415


def main(capsys, *arguments):
    code = cli.main(["check", *arguments])
    return code, capsys.readouterr()


def test_it_keeps_the_contract(capsys, tmp_path):
    out = {kind: tmp_path / f"out.{kind}" for kind in WRITERS}
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
        _, more = main(capsys, running.base_url, "--only", "upload.row.7", "--verbose")
    assert code == 1
    line = "expected 400 invalid_audio_format, got 415 unsupported_media_type"
    assert re.search(rf"^  upload[.]row[.]7[.]format +{line}$", shown.out, re.MULTILINE)
    assert "curl" not in shown.out
    assert "FAULT upload.row.7.format" in more.out
    assert "Content-Type: audio/flac" in more.out


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
        (
            ["http://127.0.0.1:9/v1", "--report", "json=/nowhere/x"],
            "can't be written to /nowhere/x",
        ),
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
    assert b"  upload.row.7.format" in done.stdout
    assert json.loads((tmp_path / "json").read_text("utf-8"))["findings"]
    assert {path.name for path in tmp_path.iterdir()} == set(WRITERS)


class Interrupted(Server):
    """Interrupts its tester while that is fuzzing, and answers no more."""

    tester: subprocess.Popen | None = None
    since = 0

    async def respond(self, scope, receive):
        if self.tester and scope["path"].endswith("/refresh-token"):
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
            [
                sys.executable,
                "-c",
                IN_TERMINAL,
                "check",
                running.base_url,
                "--only=fuzz.schema.refreshToken",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = tester.communicate(timeout=60)
    # On a busy machine lines about the progress come before it.
    assert (tester.returncode, said.splitlines()[-1]) == (
        2,
        b"scribe-mock: stopped before the end.",
    )
    assert app.since <= 6  # two requests at a time


#: One operation, and sequences of several.
FUZZING = ["--only=fuzz.schema.createSession", "--only=fuzz.links"]


def test_the_check_leaves_nothing_in_the_current_folder(tmp_path):
    with Running(Server()) as running:
        subprocess.run(
            [sys.executable, "-m", "scribe_mock", "check", running.base_url, *FUZZING],
            cwd=tmp_path,
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


class AllWrong(Server):
    """Each refusal has another long code."""

    refusals = 0

    def envelope(self, refusal, scope):
        self.refusals += 1
        body = {"error": {"code": f"{self.refusals}日本語" * 60, "message": "No."}}
        return Response(json.dumps(body), 418, {"content-type": "application/json"})


def test_a_run_is_one_screen_with_the_verdict_first(capsys):
    with Running(AllWrong()) as running:
        code, shown = main(capsys, running.base_url, "--only=upload", "--only=patch", "--only=end")
    lines = shown.out.splitlines()
    assert code == 1
    assert re.fullmatch(rf"{running.base_url} breaks the contract: \d+ faults?.*", lines[0])
    assert any(re.fullmatch(r"  and \d+ more", line) for line in lines)
    # Only the sentence and the remarks below it are wrapped by the terminal.
    rows = [-(-max(cell_len(line), 1) // 100) for line in lines]
    assert sum(rows) <= 40
    assert set(rows[lines.index("") :]) == {1}


def test_documented_rules_come_first_and_notes_last(capsys):
    with Running(AllWrong()) as running:
        shown = main(capsys, running.base_url, "--only=upload.row", "--only=errors")[1].out
    headings = [line for line in shown.splitlines() if re.match(r"(Faults|Notes) \w+ ", line)]
    assert [line.split()[0] for line in headings] == sorted(line.split()[0] for line in headings)
    assert headings[0].startswith("Faults against documented rules: ")


def test_a_report_that_can_not_be_written_is_said_before_anything_is_sent(capsys, tmp_path):
    server = Counting()
    with Running(server) as running:
        asked = f"--report=json={tmp_path / 'no' / 'out.json'}"
        code, shown = main(capsys, running.base_url, "--only=upload.row.7", asked)
    assert (code, server.requests, shown.out) == (2, 0, "")
    assert "No such file or directory" in shown.err
    # What can be written is not there before it is written.
    main(capsys, "http://127.0.0.1:9/v1", f"--report=json={tmp_path / 'out.json'}")
    assert not (tmp_path / "out.json").exists()


class Counting(Server):
    requests = 0

    async def respond(self, scope, receive):
        self.requests += 1
        return await super().respond(scope, receive)


class Injecting(Server):
    """Its code is a command of GitHub's log."""

    def envelope(self, refusal, scope):
        body = {"error": {"code": "\n::error::50% wrong", "message": "No."}}
        return Response(json.dumps(body), 400, {"content-type": "application/json"})


def test_github_gets_annotations_and_a_summary(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("# Before\n")
    with Running(Injecting()) as running:
        _, shown = main(capsys, running.base_url, "--only=upload.row.7", "--github")
    lines = shown.out.splitlines()
    start, word = lines[0].rsplit("::", 1)
    assert start == "::stop-commands"
    # Whatever is printed in between is no command; after that come only ours.
    commands = lines[lines.index(f"::{word}::") + 1 :]
    assert commands[0].startswith(f"::error title=scribe-mock check::{running.base_url} breaks")
    assert all(re.match(r"::(error|notice) title=[\w .-]+::", line) for line in commands)
    assert "title=upload.row.7.format::expected 400 invalid_audio_format, got" in commands[1]
    assert "50%25 wrong" in commands[1]
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert summary.startswith("# Before\n### http://127")
    assert "| [upload.row.7.format](https://" in summary


def test_github_is_told_before_the_run_that_its_summary_can_not_be_written(capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/nowhere/summary.md")
    code, shown = main(capsys, "http://127.0.0.1:9/v1", "--github")
    assert code == 2
    assert "can't be written to /nowhere/summary.md" in shown.err


def test_without_a_terminal_a_line_says_every_few_seconds_how_far_it_is():
    told = threading.Event()

    class Heard(io.StringIO):
        def flush(self):
            told.set()

    stream = Heard()
    ticker = Ticker(stream, every=0.01)
    ticker.start(total=7)
    ticker.advance()
    assert told.wait(60)
    ticker.stop()
    lines = stream.getvalue().splitlines()
    assert re.fullmatch(r"scribe-mock: [01] of 7 rules after \d+ s", lines[0])
    ticker.stop()  # as after a failure
    assert stream.getvalue().splitlines() == lines


class Shown(UnsupportedIs415, GapsRefused):
    """The server of the chapter's example."""


def unvarying(text):
    """Lines without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+|check-\w+|\d+(\.\d+)? (requests|s,|MB|sessions)", "…", text)
    return [line.rstrip() for line in text.splitlines()]


def test_the_chapter_shows_what_the_check_prints(capsys):
    only = [
        f"--only={rule}" for rule in ("upload.row.7.format", "store.gaps", "upload.row.1.token")
    ]
    with Running(Shown()) as running:
        shown = main(capsys, running.base_url, *only)[1].out
        more = main(capsys, running.base_url, *only, "--verbose")[1].out
    chapter = CHAPTER.read_text("utf-8")
    block = r"^```\n((?:http://127[.\d:]+/voice/v1 breaks|FAULT ).*?)^```"
    screen, finding = re.findall(block, chapter, re.MULTILINE | re.DOTALL)
    assert unvarying(shown) == unvarying(screen)
    start = more.index("FAULT")
    assert unvarying(more[start : more.index("\n\n", start)]) == unvarying(finding)
