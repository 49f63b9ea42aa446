"""What a hostile server sends can't steer a terminal, nor break a report."""

import json
import unicodedata
from xml.etree import ElementTree

import pytest
from starlette.responses import Response

from scribe_mock import cli
from scribe_mock.contract.core.exceptions import CannotRun, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.plain_text import plain
from scribe_mock.contract.reports import WRITERS
from tests.contract.independent_server import Running, Server

#: An ANSI sequence, one with a C1 control, a bidi override and its isolates, a null, a line that
#: looks like one of the report, a lone surrogate, a non-character, a separator, a tag character.
EVIL = (
    "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp\u2066\u200f\x00\r\nFAULT none\u2028"
    "\ud83d\uffff\ufeff\U000e0041\x7f"
)


def unsafe(text):
    """Characters that a terminal obeys, or that XML can't hold."""
    return {
        one
        for one in text
        if one not in "\n\t" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
    }


@pytest.mark.parametrize("one", EVIL)
def test_each_is_shown_as_an_escape(one):
    assert plain(f"a{one}b") == f"a{one if one.isprintable() else ascii(one)[1:-1]}b"


def test_text_for_people_stays_as_it_is():
    text = "naïve 日本語 🎤 → …"
    assert plain(text) == text


def test_long_text_is_cut():
    assert plain("x" * 3000).startswith("x" * 2000 + "…")
    assert len(plain("\x1b" * 1_000_000)) < 10_000


@pytest.mark.parametrize("kind", [Skip, CannotRun])
def test_reasons_and_faults_are_plain(kind):
    assert unsafe(str(kind(EVIL))) == set()
    fault = Fault(expected=EVIL, got=EVIL, key=EVIL * 1000)
    assert unsafe(fault.expected + fault.got) == set()
    assert len(fault.key) < 1000


class Evil(Server):
    """Everything that it may choose is meant for the terminal of its tester."""

    def envelope(self, refusal, scope):
        code = refusal.code + EVIL
        error = {"code": code, "message": EVIL, "details": {"path": EVIL, EVIL: EVIL}}
        headers = {"content-type": "application/json", "www-authenticate": "\x9b31m", "allow": ""}
        return Response(json.dumps({"error": error}), refusal.status, headers)

    def created(self, session, call):
        return super().created(session, call) | {"created_at": EVIL, EVIL: EVIL}

    def listing(self, session):
        return super().listing(session) | {"audio_files": [EVIL, f"{EVIL}.webm"]}

    def upload_url(self, session, call):
        return super().upload_url(session, call) + EVIL


class EvilFrames(Evil):
    async def websocket(self, socket):
        await socket.accept()
        await socket.close(1003, "\x1b[2J\u202e" * 10)

    def upload_url(self, session, call):
        return Server.upload_url(self, session, call)


class EvilPages(Server):
    """Every session is answered with a page for terminals."""

    async def session(self, call, session_id):
        return Response(EVIL.encode("utf-8", "replace"), 404, {"content-type": "\x9b/\x85"})


class EvilRedirects(Server):
    async def create(self, call):
        return Response("", 302, {"location": "http://h/\x9b31m\x85\xa0"})


def strings(value):
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)


@pytest.mark.parametrize("server", [Evil, EvilFrames, EvilPages, EvilRedirects])
def test_no_report_has_what_a_terminal_obeys(capsys, tmp_path, server):
    only = ["upload.row", "store", "create", "state", "stream", "errors", "time", "session", "get"]
    with Running(server()) as running:
        arguments = [f"--only={one}" for one in only]
        arguments += [f"--report={kind}={tmp_path / kind}" for kind in WRITERS]
        cli.main(["check", running.base_url, "--patience=1", *arguments])
    shown = capsys.readouterr()
    assert unsafe(shown.out + shown.err) == set()
    for path in tmp_path.iterdir():
        text = path.read_text("utf-8")
        assert unsafe(text) == set(), path
        if path.name in ("json", "sarif"):
            assert unsafe("".join(strings(json.loads(text)))) == set()
        elif path.name == "junit":
            ElementTree.fromstring(text)
