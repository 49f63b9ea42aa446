"""`scribe_mock.testing.Scope` and the same calls of `MockServer`, against a running mock."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from scribe_mock import MockServer, Settings
from scribe_mock.sample_audio import sample
from scribe_mock.testing import ControlError, Scope, VerificationFailed
from tests.support import PATIENCE, WEBM

CALLS = {
    "answer": lambda s: s.fail("endSession", code="service_unavailable", retry_after=2),
    "delay": lambda s: s.delay("getSession", 0.5, times=None),
    "throttle": lambda s: s.throttle(upload_bytes_per_second=1000, probability=0.5, seed=7),
    "cut": lambda s: s.cut("uploadAudio", sequence=2, after_bytes=100, how="close"),
    "drop_answer": lambda s: s.drop_answer("endSession", how="hang"),
    "drop_chunk": lambda s: s.drop_chunk(sequence=1, after=1),
    "limit": lambda s: s.limit(bytes=1000, delivery="late", file_name="*.mp3"),
    "hold": lambda s: s.hold("uploadAudio", upload_type="chunked"),
    "expire_token": lambda s: s.expire_token("uploadAudio", sequence=4),
    "processing": lambda s: s.processing(seconds=60, outcome="partial"),
    "socket": lambda s: s.socket(close_code=1011, after_bytes=3200, direction="stream"),
    "webhook": lambda s: s.webhook(repeat=2, reorder=True),
}
WIRE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "answer": (
        {"match": {"operation": "endSession"}},
        {"code": "service_unavailable", "retry_after_seconds": 2},
    ),
    "delay": ({"match": {"operation": "getSession"}, "times": None}, {"seconds": 0.5}),
    "throttle": (
        {"match": {}, "probability": 0.5, "seed": 7},
        {"upload_bytes_per_second": 1000},
    ),
    "cut": (
        {"match": {"operation": "uploadAudio", "sequence": 2}},
        {"at": "upload", "after_bytes": 100, "how": "close"},
    ),
    "drop_answer": ({"match": {"operation": "endSession"}}, {"how": "hang"}),
    "drop_chunk": ({"match": {"operation": "uploadAudio", "sequence": 1}, "after": 1}, {}),
    "limit": (
        {"match": {"operation": "uploadAudio", "file_name": "*.mp3"}},
        {"bytes": 1000, "delivery": "late"},
    ),
    "hold": ({"match": {"operation": "uploadAudio", "upload_type": "chunked"}}, {}),
    "expire_token": ({"match": {"operation": "uploadAudio", "sequence": 4}}, {}),
    "processing": ({"match": {}}, {"seconds": 60, "outcome": "partial"}),
    "socket": (
        {"match": {"operation": "streamAudio", "direction": "stream"}},
        {"close_code": 1011, "after_bytes": 3200},
    ),
    "webhook": ({"match": {"operation": "deliverWebhook"}}, {"repeat": 2, "reorder": True}),
}


@pytest.fixture(scope="module")
def server():
    settings = Settings(port=0, quiet=True)
    with MockServer(settings, validate_responses=True) as server:
        yield server


@pytest.fixture
def scope(server):
    with server.scope() as scope:
        yield scope


class App:
    """The code that a test tries: a client of the session API with a token."""

    def __init__(self, scope, token=None):
        headers = {"Authorization": f"Bearer {token or scope.token}"}
        self._http = httpx.Client(
            base_url=scope.base_url, headers=headers, timeout=PATIENCE, verify=False
        )
        self.close = self._http.close
        created = self._http.post("/sessions", json={"upload_type": "chunked"})
        self.session_id = created.json().get("session_id")

    def upload(self, sequence, content=b"audio"):
        path = f"/sessions/{self.session_id}/audio/audio_{sequence}.webm"
        return self._http.post(path, content=content, headers={"Content-Type": WEBM})

    def end(self, sent=None):
        return self._http.post(f"/sessions/{self.session_id}/end", json={"audio_files_sent": sent})

    def get(self):
        return self._http.get(f"/sessions/{self.session_id}")


@pytest.fixture
def start():
    """A factory of apps."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(closing(App(*arguments)))


@pytest.fixture
def app(start, scope):
    return start(scope)


@pytest.mark.parametrize("action", CALLS)
def test_each_call_sets_the_fault_that_it_says(scope, action):
    fault = CALLS[action](scope)
    query = {"token": scope.token}
    (found,) = httpx.get(f"{scope.url}/_mock/faults", params=query).json()["faults"]
    more, wanted = WIRE[action]
    assert found["id"] == fault.id
    assert found["action"].keys() == {action}
    assert wanted.items() <= found["action"][action].items()
    assert more.items() <= found.items()
    assert found["scope"]["token_start"] == scope.token[:4]
    fault.remove()
    assert scope.faults() == []


def test_a_fault_counts_what_it_matched_and_fired(scope, app):
    fault = scope.fail("uploadAudio", sequence=3, status=503, retry_after=1, times=2)
    answers = [app.upload(sequence) for sequence in (2, 3, 3, 3)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].headers["retry-after"] == "1"
    assert (fault.matched, fault.fired) == (3, 2)


def test_fail_alone_is_503_and_may_have_any_body(scope, app):
    scope.fail("getSession")
    assert app.get().json()["error"]["code"] == "service_unavailable"
    scope.fail("getSession", status=502, body="<html>", headers={"X-From": "a proxy"})
    answer = app.get()
    assert (answer.status_code, answer.text) == (502, "<html>")
    assert answer.headers["x-from"] == "a proxy"


def test_a_fault_can_be_for_one_session(scope, app, start):
    other = start(scope)
    scope.fail("uploadAudio", session_id=app.session_id)
    assert [other.upload(0).status_code, app.upload(0).status_code] == [200, 503]


def test_unfired_faults_are_listed_unless_they_are_optional(scope, app):
    fired = scope.fail("getSession", status=500)
    lost = scope.fail("endSession")
    scope.drop_chunk(sequence=9, optional=True)
    elsewhere = scope.fail("uploadAudio", session_id=app.session_id, sequence=5)
    assert app.get().status_code == 500
    assert fired.fired == 1
    assert {fault.id for fault in scope.unfired()} == {lost.id, elsewhere.id}
    assert "answer" in str(lost)
    assert "endSession" in str(lost)


def test_scopes_do_not_see_each_other(server, scope, app, start):
    with server.scope() as other:
        theirs = start(other)
        other.fail("uploadAudio")
        scope.clock.freeze()
        other.clock.advance(hours=2)
        assert app.upload(0).status_code == 200
        assert {entry.session_id for entry in other.requests("uploadAudio")} == set()
        assert [one.id for one in scope.sessions.list()] == [app.session_id]
        assert [one.id for one in other.sessions.list()] == [theirs.session_id]
        assert other.clock.now - scope.clock.now > timedelta(hours=1)


def test_the_servers_own_calls_are_for_all_tokens(server, scope, app, start):
    server.fail("uploadAudio", times=2)
    assert app.upload(0).status_code == 503
    assert start(server, "another").upload(0).status_code == 503
    assert len(server.requests("uploadAudio", status=503)) == 2
    assert scope.faults() == []
    server.reset()
    assert server.requests() == []
    assert server.faults() == []


def test_requests_wait_until_they_are_released_in_the_order_of_the_test(scope, app):
    scope.hold("uploadAudio", times=2)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(app.upload, 0)
        one = scope.wait_for_held(sequence=0)
        second = pool.submit(app.upload, 1)
        two = scope.wait_for_held("uploadAudio", sequence=1, session_id=app.session_id)
        assert scope.held() == [one, two]
        scope.release_in_order([two, one.id])
        assert [first.result().status_code, second.result().status_code] == [200, 200]
    zero, later = scope.requests("uploadAudio")
    assert (zero.sequence, later.sequence) == (0, 1)
    assert scope.sessions[app.session_id].audio_files == ("0.webm", "1.webm")


def test_a_held_request_is_released_or_refused(scope, app):
    scope.hold("uploadAudio", times=2)
    with ThreadPoolExecutor() as pool:
        upload = pool.submit(app.upload, 0)
        scope.release(scope.wait_for_held(sequence=0))
        assert upload.result().status_code == 200
        upload = pool.submit(app.upload, 1)
        scope.refuse(scope.wait_for_held(sequence=1).id, status=503, code="service_unavailable")
        assert upload.result().status_code == 503
    with pytest.raises(ControlError, match="request_not_held"):
        scope.release("nobody")
    with pytest.raises(TimeoutError, match="No such request was held"):
        scope.wait_for_held(timeout=0)


def test_the_clock_moves_for_this_scope(scope, app):
    scope.clock.freeze()
    before = scope.clock.now
    scope.clock.advance(30, minutes=1, hours=2, days=1)
    assert scope.clock.now - before == timedelta(days=1, hours=2, seconds=90)
    assert app.get().status_code == 410
    scope.clock.thaw()


def test_sessions_are_made_in_any_state(scope):
    session = scope.sessions.create("completed", templates=["soap"])
    assert session.status == "completed"
    assert scope.sessions[session.id] == session
    put = scope.sessions.create("expired", session_id=session.id)
    assert (put.id, put.status) == (session.id, "expired")
    single = scope.sessions.create(upload_type="single", additional_data={"visit": 7})
    assert single.fields["additional_data"]["visit"] == 7
    assert [one.upload_type for one in scope.sessions.list()] == ["chunked", "single"]
    with pytest.raises(ControlError, match="session_not_found") as caught:
        scope.sessions["gone_gone_gone_gone"]
    assert (caught.value.status, caught.value.code) == (404, "session_not_found")


def test_the_journal_tells_what_arrived(scope, app):
    app.upload(0, b"abc")
    app.upload(0, b"abc")
    created, first, again = scope.requests()
    assert (created.operation, created.status, created.outcome) == (
        "createSession",
        201,
        "answered",
    )
    assert first.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert first.first_bytes == b"abc".hex()
    assert again.reply_to == first.id
    assert again.at >= first.at
    assert scope.requests("uploadAudio", status=200, since=again.at)[-1] == again
    assert len(scope.har()["log"]["entries"]) == 3


def test_verify_counts_or_says_what_came_instead(scope, app):
    app.upload(0)
    assert scope.verify(1, operation="uploadAudio", status=200) == 1
    assert scope.verify(at_least=1, at_most=3) == 2
    with pytest.raises(AssertionError, match="Expected exactly 2") as caught:
        scope.verify(2, operation="uploadAudio")
    assert isinstance(caught.value, VerificationFailed)
    assert caught.value.details["count"] == 1


def test_the_ledger_tells_a_complete_recording_from_one_with_a_hole(scope, app, start):
    app.upload(0, b"zero")
    assert scope.ledger(app.session_id).verdict == "open"
    app.upload(2, b"two")
    app.end(sent=2)
    ledger = scope.ledger(app.session_id)
    assert ledger.verdict == "incomplete"
    assert ledger.problems[0].code == "gap"
    with pytest.raises(AssertionError, match="gap: ") as caught:
        ledger.assert_complete()
    assert app.session_id in str(caught.value)
    digests = [hashlib.sha256(part).hexdigest() for part in (b"zero", b"two")]
    ledger.verify(digests)
    with pytest.raises(VerificationFailed):
        ledger.verify(digests[:1])
    whole = start(scope)
    whole.upload(0, sample("webm").read_bytes())
    whole.end(sent=1)
    scope.ledger(whole.session_id).assert_complete()
    assert scope.ledger(whole.session_id).chunks[0].stored


def test_the_ledger_says_which_seconds_of_what_was_spoken_are_missing(scope, app):
    spoken = sample("speech.webm")
    app.upload(0, sample("speech-2.webm").read_bytes())
    app.end(sent=1)
    put = partial(scope.sessions.put_reference, app.session_id)
    found = put(spoken)
    assert (found.media_type, found.fixture) == ("audio/webm;codecs=opus", None)
    assert found.sha256 == hashlib.sha256(spoken.read_bytes()).hexdigest()
    assert put(str(spoken)) == put(spoken.read_bytes()) == found
    ledger = scope.ledger(app.session_id)
    with pytest.raises(AssertionError, match=r"missing: Seconds 0\.0 to"):
        ledger.assert_complete()
    assert ledger.missing[0].start_s == 0
    assert ledger.audio.duration_s == found.duration_s
    assert put(fixture="speech-2.webm").fixture == "speech-2.webm"
    whole = scope.ledger(app.session_id)
    whole.assert_complete()
    assert (whole.missing, whole.coverage_percent) == ((), 100)
    assert [match.chunk for match in whole.audio.matches] == [0]


def test_without_a_reference_nothing_is_known_to_be_missing(scope, app):
    app.upload(0, sample("webm").read_bytes())
    scope.sessions.put_reference(app.session_id, fixture="tiny.webm")
    scope.sessions.forget_reference(app.session_id)
    ledger = scope.ledger(app.session_id)
    assert ledger.audio is None
    for ask in (lambda: ledger.missing, lambda: ledger.coverage_percent):
        with pytest.raises(ValueError, match="put_reference"):
            ask()


def test_a_reference_that_is_none_is_refused(scope, app):
    put = partial(scope.sessions.put_reference, app.session_id)
    for audio, fixture in ((None, None), (b"x", "speech.wav")):
        with pytest.raises(TypeError, match="either audio"):
            put(audio, fixture=fixture)
    with pytest.raises(ControlError, match="found plain text"):
        put(b"no audio at all")
    with pytest.raises(ControlError, match=r"speech\.wav"):
        put(fixture="no such file")


def test_a_reset_leaves_nothing_of_the_scope_and_all_of_others(server, scope, app, start):
    with server.scope() as other:
        start(other)
        other.fail("endSession")
        app.get()
        scope.hold("endSession")
        scope.clock.advance(hours=1)
        scope.reset()
        assert scope.requests() == []
        assert scope.faults() == []
        assert scope.sessions.list() == []
        assert len(other.faults()) == len(other.sessions.list()) == len(other.requests()) == 1


def test_what_the_mock_refuses_is_said_in_its_words(scope):
    with pytest.raises(ControlError, match=r"\$\.action") as caught:
        scope.limit(bytes=-1)
    assert (caught.value.status, caught.value.code) == (422, "invalid_request")
    fault = scope.fail()
    scope.reset()
    with pytest.raises(ControlError, match=f"{fault.id} is gone"):
        assert fault.fired


def test_a_scope_needs_only_an_address(server, start):
    with Scope(f"{server.url}/") as scope:
        scope.fail("createSession")
        assert start(scope).session_id is None
        threads = [threading.Thread(target=scope.requests) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry.status for entry in scope.requests()] == [503]


def test_an_app_that_logs_in_with_the_token_belongs_to_the_scope(scope, start):
    login = {"client_id": scope.token, "client_secret": "any"}
    answer = httpx.post(f"{scope.url}/connect-auth/v1/account/login", json=login)
    app = start(scope, answer.json()["access_token"])
    scope.fail("uploadAudio")
    assert app.upload(0).status_code == 503
    arrived = [entry.operation for entry in scope.requests()]
    assert arrived == ["login", "createSession", "uploadAudio"]


def test_without_a_server_there_is_one_clear_error():
    with pytest.raises(ControlError, match="use it inside its `with` block"):
        MockServer().requests()
    with pytest.raises(ControlError, match=r"No answer from the mock at http://127\.0\.0\.1:9"):
        Scope("http://127.0.0.1:9").requests()
    with pytest.raises(ControlError, match="Expected http://host:port"):
        Scope("127.0.0.1:8080").requests()


def test_a_server_that_lists_tokens_wants_one_of_them(start):
    with MockServer(Settings(port=0, quiet=True, token=("listed",))) as server:
        assert server.requests() == []
        with pytest.raises(ControlError, match="give one of its tokens"):
            server.scope().requests()
        scope = server.scope("listed")
        assert start(scope).upload(0).status_code == 200
        assert len(scope.requests()) == 2
