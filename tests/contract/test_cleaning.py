"""What the check leaves on a server, and what it says about that."""

import io
import json
import urllib.request

from scribe_mock import cli
from scribe_mock.contract.transport.address import Origin
from tests.contract.checking import run
from tests.contract.independent_server import Refusal, Running, Server
from tests.support import PATIENCE

#: Rules that create sessions and do not end them.
SOME = ("create.answer", "create.unique", "upload.success", "store.gaps")


def stored(url):
    with urllib.request.urlopen(f"{url}/_mock/sessions") as answer:
        return {one["session_id"] for one in json.load(answer)["sessions"]}


def test_sessions_on_another_server_are_ended_and_counted():
    app = Server()
    report = run(app, only=SOME)
    made = [one for name, one in app.sessions.items() if name != "demo_session_expired"]
    assert report.left.created == report.left.left == len(made) > 10
    assert all(one.ended_at is not None for one in made)
    assert all("scribe_mock_check" in one.body["additional_data"] for one in made)
    assert f"left {len(made)} sessions on the server, all ended" in report.remarks[-1]


class EndsNothing(Server):
    async def end(self, call, session_id):
        self.authorize(call)
        raise Refusal(400, "invalid_request")


def test_sessions_that_can_not_be_ended_are_counted():
    report = run(EndsNothing(), only=("create.unique",))
    assert report.left.open == report.left.left > 10
    assert f"{report.left.open} of them not ended" in report.remarks[-1]


def test_a_check_without_sessions_leaves_none():
    report = run(Server(), only=("discovery",), read_only=True)
    assert report.left.created == 0
    assert report.remarks[-1] == "The check created no session."


def test_on_a_mock_sessions_are_deleted_unless_they_are_kept(capsys, mock):
    before = stored(mock.url)
    command = ["check", f"{mock.url}/voice/v1", *(f"--only={one}" for one in SOME)]
    assert cli.main(command) == 0
    assert stored(mock.url) == before
    assert "The check deleted the" in capsys.readouterr().out
    assert cli.main([*command, "--keep"]) == 0
    assert len(stored(mock.url)) > len(before) + 10
    assert "sessions on the server, all ended" in capsys.readouterr().out


def public(monkeypatch, answer=""):
    monkeypatch.setattr(Origin, "is_public", lambda self: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))


def test_before_a_public_host_the_number_of_sessions_is_told(capsys, monkeypatch):
    public(monkeypatch)
    assert cli.main(["check", "https://api.example.org/v1", "--only=create.unique"]) == 2
    assert "Create about 20 sessions and upload audio there?" in capsys.readouterr().err


def test_with_a_yes_the_number_is_told_all_the_same(capsys, monkeypatch):
    with Running(Server()) as running:
        public(monkeypatch)
        assert cli.main(["check", running.base_url, "--only=create.unique", "--yes"]) == 0
    assert "about 20 sessions will be created there" in capsys.readouterr().err


class Stuck(Server):
    processing = 10_000.0


def test_processing_that_never_ends_is_one_fault():
    report = run(Stuck(), only=("process", "state.completed", "session.completed"), patience=1.0)
    assert [one.rule.id for one in report.findings] == ["process.ends"]
    assert report.findings[0].fault.got == "processing after --patience 1 s"
    assert report.exit_code == 1
    assert report.verdict.not_checked > 0
    assert report.seconds < PATIENCE
