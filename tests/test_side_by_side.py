"""Many tests at once on one server, each with a token of its own: nobody notices anybody else.

`SIDE_BY_SIDE_ROUNDS=20 pytest tests/test_side_by_side.py` repeats it more often.
"""

import http.client
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from scribe_mock.testing import Scope
from tests.support import WEBM

TESTS = 64
ROUNDS = int(os.environ.get("SIDE_BY_SIDE_ROUNDS", "2"))


class App:
    """What a test drives: a small client with a connection of its own."""

    def __init__(self, mock, token):
        self.line = http.client.HTTPConnection(mock.host, mock.port)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": WEBM}

    def send(self, method, path, body=b""):
        """Status and JSON of an answer."""
        self.line.request(method, f"/voice/v1/sessions{path}", body, self.headers)
        answer = self.line.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def upload(self, session_id, number):
        status, _ = self.send("POST", f"/{session_id}/audio/a_{number}.webm", b"audio")
        return status


def one_test(mock, number, barrier):
    """Fail in a way of its own, move a clock by a time of its own, count what arrived."""
    with Scope(mock.url) as scope:
        app = App(mock, scope.token)
        barrier.wait()
        scope.clock.freeze()
        before = scope.clock.now
        _, made = app.send("POST", "", b'{"upload_type": "chunked"}')
        session_id = made["session_id"]
        failing, status = number % 3, 500 + number % 4
        scope.fail("uploadAudio", sequence=failing, status=status)
        seen = [app.upload(session_id, n) for n in (0, 1, 2, failing)]
        expected = [200, 200, 200, 200]
        expected[failing] = status
        assert seen == expected
        scope.clock.advance(seconds=number)
        assert (scope.clock.now - before).total_seconds() == number
        assert app.send("POST", f"/{session_id}/end")[0] == 202
        scope.clock.advance(seconds=60)
        assert app.send("GET", f"/{session_id}")[1]["status"] == "completed"
        entries = scope.requests(operation="uploadAudio")
        assert [entry.status for entry in entries] == seen
        assert {entry.session_id for entry in scope.requests()} - {None} == {session_id}
        assert len(scope.faults()) == 1
        assert [session.id for session in scope.sessions.list()] == [session_id]
        scope.reset()
        assert scope.requests() == []
        assert scope.faults() == []
        assert app.send("GET", f"/{session_id}")[0] == 404
        app.line.close()


def side_by_side(mock):
    """All tests at once."""
    barrier = threading.Barrier(TESTS)
    with ThreadPoolExecutor(TESTS) as pool:
        runs = [pool.submit(one_test, mock, number, barrier) for number in range(TESTS)]
        for run in runs:
            run.result()


def test_64_tests_at_once_do_not_notice_one_another(mock):
    for _ in range(ROUNDS):
        side_by_side(mock)
