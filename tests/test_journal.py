"""The journal: what arrived and what came of it, through the control API."""

import hashlib
import json
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.receivers import Receiver
from tests.support import LIMIT, PATIENCE, TOKEN, WEBM, Mock, noise, refusal

OTHER = {"Authorization": "Bearer another-token"}
PREFLIGHT = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def requests(mock, **query):
    response = mock.client.get(f"{mock.url}/_mock/requests", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def entries(mock, **query):
    return requests(mock, **query)["requests"]


def last(mock, **query):
    return entries(mock, **query)[-1]


def verify(mock, count, **match):
    body = {"count": count, "match": match}
    return mock.client.post(f"{mock.url}/_mock/requests/verify", json=body)


def missed(response, code="verification_failed"):
    """Message and details of a verification that failed."""
    assert refusal(response) == (409, code)
    return response.json()["error"]["message"], response.json()["error"]["details"]


@pytest.fixture
def other(mock):
    """The same server with another token."""
    other = Mock(mock.url, OTHER)
    yield other
    other.close()


# Entries


def test_an_upload_is_an_entry_with_all_that_is_known(mock, session):
    uploads, body = session(), noise(1000)
    answer = uploads.upload("audio_7.webm", body)
    entry = last(mock)
    duration = entry.pop("duration_ms")
    assert 0 < duration < PATIENCE * 1000
    assert entry == {
        "id": answer.headers["x-request-id"],
        "at": mock.control("GET", "/clock")["now"],
        "method": "POST",
        "path": f"/voice/v1{uploads.path}/audio/audio_7.webm",
        "operation": "uploadAudio",
        "session_id": uploads.id,
        "sequence": 7,
        "status": 200,
        "code": None,
        "content_type": WEBM,
        "request_bytes": 1000,
        "announced_bytes": 1000,
        "sha256": sha256(body),
        "first_bytes": body[:64].hex(),
        "faults": [],
        "outcome": "answered",
        "reply_to": None,
    }


@pytest.mark.parametrize(
    ("method", "path", "options", "expected"),
    [
        ("GET", "/voice/v1/sessions/unknown", {}, (404, "session_not_found", "getSession")),
        ("GET", "/voice/v1/nowhere", {}, (404, "not_found", None)),
        ("DELETE", "/voice/v1/sessions", {}, (405, "method_not_allowed", None)),
        ("GET", "/voice/v1/%zz", {}, (404, "not_found", None)),
        ("OPTIONS", "/voice/v1/sessions", {"headers": PREFLIGHT}, (204, None, None)),
        (
            "POST",
            "/voice/v1/sessions",
            {"content": b"x"},
            (400, "invalid_request", "createSession"),
        ),
    ],
)
def test_what_is_refused_is_an_entry_too(mock, method, path, options, expected):
    answer = mock.client.request(method, mock.url + path, **options)
    entry = last(mock)
    assert answer.status_code == expected[0]
    assert (entry["status"], entry["code"], entry["operation"]) == expected
    assert (entry["method"], entry["path"]) == (method, path)
    assert entry["outcome"] == "answered"


@pytest.mark.parametrize("path", ["/_mock/health", "/docs/", "/", "/openapi.yaml", "/_mock/ui"])
def test_what_is_not_for_the_api_is_no_entry(mock, path):
    mock.client.get(mock.url + path)
    assert requests(mock) == {"requests": [], "evicted": 0, "total": 0}


def test_a_request_without_a_token_is_an_entry(mock, session):
    one = session()
    mock.bare.post(f"/voice/v1{one.path}/audio/a_0.webm", content=b"x")
    entry = last(mock, session_id=one.id)
    assert (entry["status"], entry["code"], entry["sequence"]) == (401, "authentication_failed", 0)
    assert mock.comes_true(lambda: last(mock)["sha256"] == sha256(b"x"))


def test_no_entry_has_a_token(mock, session):
    fields = {"X-Api-Key": "hidden-1", "Cookie": "a=hidden-2", "X-My-Token": "hidden-3"}
    path = f"/voice/v1{session().path}"
    answer = mock.client.get(
        mock.url + path, headers=fields, params={"signature": "hidden-4", "page": "7"}
    )
    shown = mock.control("GET", f"/requests/{answer.headers['x-request-id']}")
    text = json.dumps([shown, entries(mock)])
    assert "hidden-" not in text
    assert "a-token" not in text
    sent = dict(shown["request_headers"])
    assert {sent[name] for name in ("authorization", "cookie", "x-api-key", "x-my-token")} == {"…"}
    assert shown["query"] == "signature=…&page=7"


def test_one_entry_has_its_header_fields(mock, session):
    one = session()
    answer = one.upload("a_0.webm", b"12345", **{"X-Request-Id": "my-own-id", "X-Try": "2"})
    entry = mock.control("GET", "/requests/my-own-id")
    sent = dict(entry["request_headers"])
    assert sent["x-try"] == "2"
    assert (sent["content-length"], sent["x-request-id"]) == ("5", "my-own-id")
    assert dict(entry["answer_headers"]) | {"date": answer.headers["date"]} == answer.headers
    assert entry["answer_bytes"] == len(answer.content)
    assert {name: entry[name] for name in last(mock)} == last(mock)


def test_an_id_that_came_twice_is_the_latest_request(mock):
    for path in ("/sessions/first", "/sessions/second"):
        mock.client.get(path, headers={"X-Request-Id": "twice"})
    assert mock.control("GET", "/requests/twice")["path"].endswith("second")


def test_a_client_that_left_before_the_answer(mock, session):
    one = session()
    with one.begin_upload("a_0.webm", size=100) as wire:
        wire.send(b"x" * 40)
        [entry] = entries(mock, operation="uploadAudio")
        assert (entry["status"], entry["outcome"], entry["duration_ms"]) == (0, None, None)
        assert (entry["session_id"], entry["sequence"]) == (one.id, 0)
    entry = mock.comes_true(lambda: _ended(mock))
    assert (entry["outcome"], entry["status"], entry["code"]) == ("client_left", 0, None)
    assert (entry["announced_bytes"], entry["sha256"]) == (100, None)


def _ended(mock):
    [entry] = entries(mock, operation="uploadAudio")
    return entry if entry["outcome"] else None


def test_an_early_answer_is_in_the_journal_as_soon_as_it_is_there(mock, session):
    one = session()
    with one.mock.wire() as wire:
        fields = TOKEN | {"Content-Length": LIMIT + 1, "Content-Type": WEBM}
        wire.request("POST", f"/voice/v1{one.path}/audio/a_0.webm", fields)
        assert wire.response().status_code == 413
        entry = last(mock)
        assert (entry["status"], entry["code"]) == (413, "chunk_too_large")
        assert (entry["outcome"], entry["announced_bytes"]) == ("answered", LIMIT + 1)


def test_what_is_drained_has_a_digest(mock, session):
    body = noise(LIMIT + 1)
    assert session().upload(content=body).status_code == 413
    entry = mock.comes_true(lambda: last(mock) if last(mock)["sha256"] else None)
    assert (entry["request_bytes"], entry["sha256"]) == (LIMIT + 1, sha256(body))


@pytest.mark.parametrize(
    ("action", "expected", "stored"),
    [
        ({"cut": {"at": "upload", "after_bytes": 10}}, (0, None, "cut", 10), False),
        ({"cut": {"at": "answer", "after_bytes": 10}}, (200, None, "cut", 50), False),
        ({"drop_answer": {}}, (0, None, "dropped", 50), True),
        ({"drop_answer": {"how": "close"}}, (0, None, "dropped", 50), True),
        ({"drop_chunk": {}}, (200, None, "answered", 50), False),
        (
            {"answer": {"code": "service_unavailable"}},
            (503, "service_unavailable", "answered", 50),
            False,
        ),
        ({"limit": {"bytes": 5}}, (413, "chunk_too_large", "answered", 50), False),
        ({"limit": {"bytes": 5, "delivery": "early_reset"}}, (0, None, "cut", 0), False),
        ({"expire_token": {}}, (401, "token_expired", "answered", 50), False),
    ],
)
def test_what_a_fault_did_is_told(mock, session, action, expected, stored):
    one = session()
    fault = {"match": {"operation": "uploadAudio"}, "action": action}
    fault_id = mock.control("POST", "/faults", fault)["id"]
    with suppress(httpx.TransportError):
        one.upload("a_0.webm", b"x" * 50)
    entry = mock.comes_true(lambda: _as_expected(mock, expected))
    assert entry["faults"] == [fault_id]
    assert entry["sha256"] == (sha256(b"x" * 50) if expected[3] == 50 else None)
    assert entry["first_bytes"] == "78" * expected[3]
    assert bool(one.inspect()["chunks"]) is stored


def _as_expected(mock, expected):
    [entry] = entries(mock, operation="uploadAudio")
    found = tuple(entry[name] for name in ("status", "code", "outcome", "request_bytes"))
    return entry if found == expected else None


def test_a_client_that_gives_up_while_the_answer_is_late(mock, session):
    one = session()
    fault = {"match": {"operation": "uploadAudio"}, "action": {"delay": {"seconds": 1}}}
    mock.control("POST", "/faults", fault)
    with mock.wire() as wire:
        fields = TOKEN | {"Content-Length": 5, "Content-Type": WEBM}
        wire.request("POST", f"/voice/v1{one.path}/audio/a_0.webm", fields, b"audio")
        assert mock.comes_true(one.names)
    entry = mock.comes_true(lambda: _ended(mock))
    assert (entry["status"], entry["outcome"]) == (0, "client_left")
    assert entry["sha256"] == sha256(b"audio")
    assert one.upload("a_0.webm", b"audio").status_code == 200
    assert last(mock)["reply_to"] == entry["id"]


# Digests and repeats


def test_a_retry_of_the_same_bytes_names_the_first(mock, session):
    one = session()
    for body in (b"one", b"two", b"one", b"one"):
        one.upload("a_0.webm", body)
    one.upload("a_1.webm", b"one")
    first, other, *retries, elsewhere = entries(mock, operation="uploadAudio")
    assert [retry["reply_to"] for retry in retries] == [first["id"]] * 2
    assert (other["reply_to"], elsewhere["reply_to"]) == (None, None)


def test_the_same_request_of_another_caller_is_no_retry(mock, other):
    for each in (mock, other, mock):
        each.client.post("/sessions", json={"upload_type": "chunked"})
    first, others, again = entries(mock)
    assert (others["reply_to"], again["reply_to"]) == (None, first["id"])


@pytest.mark.parametrize("size", [5, 100_000, 3_000_000])
def test_the_digest_outlives_the_audio(mock, session, size):
    one, bodies = session(), [noise(size, seed) for seed in range(3)]
    for body in bodies:
        one.upload("a_0.webm", body)
    mock.control("DELETE", f"/sessions/{one.id}")
    found = mock.comes_true(lambda: _digests(mock))
    assert found == [sha256(body) for body in bodies]


def _digests(mock):
    found = [entry["sha256"] for entry in entries(mock, operation="uploadAudio")]
    return found if all(found) else None


def test_a_recording_has_the_digest_of_what_was_sent(mock, session):
    body = noise(100)
    assert session("single").upload("talk.webm", body).status_code == 400
    entry = last(mock)
    assert (entry["sha256"], entry["sequence"]) == (sha256(body), None)


# Streams and deliveries


def test_a_stream_is_an_entry(mock):
    created = mock.client.post("/sessions", json={"upload_type": "stream"}).json()
    with connect(created["upload_url"]) as line:
        line.send(b"\x01\x00" * 200)
        line.send('{"event": "stop"}')
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=PATIENCE)
    entry = mock.comes_true(lambda: _closed(mock))
    assert (entry["method"], entry["status"], entry["code"]) == ("GET", 101, "1000")
    assert (entry["session_id"], entry["outcome"]) == (created["session_id"], "answered")
    assert entry["request_bytes"] == 400 + len('{"event": "stop"}')
    assert entry["first_bytes"] == (b"\x01\x00" * 32).hex()
    assert entry["sha256"] == sha256(b"\x01\x00" * 200)


def _closed(mock):
    [entry] = entries(mock, operation="streamAudio")
    assert entry["path"] == "/voice/v1/stream/sessions/…/audio"
    return entry if entry["outcome"] else None


def test_a_stream_that_is_refused_is_an_entry(mock):
    with (
        pytest.raises(Exception, match="404"),
        connect(mock.url.replace("http", "ws") + "/voice/v1/stream/unknown"),
    ):
        pass
    entry = last(mock, operation="streamAudio")
    assert (entry["status"], entry["session_id"]) == (404, None)


def test_an_attempt_to_deliver_is_an_entry(mock, session):
    one = session()
    with Receiver(503, 200) as receiver:
        hook = {
            "url": f"{receiver.url}?key=hidden",
            "events": ["session.ended"],
            "secret": "s" * 16,
        }
        assert mock.client.post(f"{mock.url}/voice/v1/webhooks", json=hook).status_code == 201
        one.end()
        body = receiver.next()[1]
        mock.comes_true(lambda: len(delivered(mock)) == 1 and delivered(mock)[0]["outcome"])
        mock.advance(3600)
        receiver.next()
        mock.comes_true(lambda: len(delivered(mock)) == 2 and delivered(mock)[1]["outcome"])
    first, second = delivered(mock)
    assert (first["method"], first["path"], first["status"]) == ("POST", receiver.url, 503)
    assert (first["session_id"], first["sha256"]) == (one.id, sha256(body))
    assert (second["status"], second["reply_to"]) == (200, first["id"])
    whole = json.dumps(mock.control("GET", f"/requests/{first['id']}"))
    assert "hidden" not in whole
    assert "v1=" not in whole


def delivered(mock):
    return entries(mock, operation="deliverWebhook")


def test_a_delivery_that_nobody_answers(mock, session):
    with Receiver() as receiver:
        gone = receiver.url
    hook = {"url": gone, "events": ["session.ended"]}
    mock.client.post(f"{mock.url}/voice/v1/webhooks", json=hook)
    session().end()
    [entry] = mock.comes_true(lambda: [e for e in delivered(mock) if e["outcome"]])
    assert (entry["status"], entry["outcome"]) == (0, "dropped")
    assert "nothing listens" in entry["warning"]


# Scopes and filters


def test_a_scope_has_what_it_covers(mock, other, session):
    mine, theirs = session(), other.create()
    other.client.get(mine.path)
    assert [e["session_id"] for e in entries(mock, session_id=theirs.id)] == [theirs.id]
    # Another caller's request for this token's session is in both scopes.
    assert len(entries(mock, token="a-token")) == 2
    assert len(entries(mock, token="another-token")) == 2
    assert refusal(
        mock.client.get(f"{mock.url}/_mock/requests?token=a-token&session_id={theirs.id}")
    ) == (400, "invalid_request")


def test_what_is_forgotten_is_only_of_the_scope(mock, other, session):
    session()
    other.create()
    mock.control("DELETE", "/requests?token=a-token")
    assert len(entries(mock)) == 1
    mock.control("DELETE", f"/requests?session_id={entries(mock)[0]['session_id']}")
    assert entries(mock) == []
    session()
    mock.control("DELETE", "/requests")
    assert entries(mock) == []


def test_a_reset_forgets(mock, session):
    session()
    mock.control("POST", "/reset")
    assert entries(mock) == []


def test_entries_are_filtered(mock, session):
    one = session()
    one.upload("a_0.webm")
    one.upload("bad")
    mock.advance(10)
    now = mock.control("GET", "/clock")["now"]
    one.get()
    assert [e["operation"] for e in entries(mock, since=now)] == ["getSession"]
    assert [e["path"][-3:] for e in entries(mock, status=400)] == ["bad"]
    assert [e["path"][-3:] for e in entries(mock, code="invalid_request")] == ["bad"]
    found = requests(mock, operation="uploadAudio", limit=1)
    assert (found["total"], found["requests"][0]["path"][-3:]) == (2, "bad")


def test_a_time_needs_its_form(mock):
    for since in ("2026-03-01", "2026-03-01T10:00:00", "yesterday"):
        answer = mock.client.get(f"{mock.url}/_mock/requests", params={"since": since})
        assert refusal(answer) == (400, "invalid_request")


# Bounds


def test_the_journal_keeps_the_latest(serve):
    mock = serve(journal_size=3)
    for number in range(5):
        mock.client.get(f"/sessions/unknown-{number}")
    found = requests(mock)
    assert [entry["path"][-1] for entry in found["requests"]] == ["2", "3", "4"]
    assert (found["evicted"], found["total"]) == (2, 3)
    assert requests(mock, token="another")["evicted"] == 0
    assert requests(mock, session_id="unknown-0")["evicted"] == 1
    assert requests(mock, session_id="unknown-4")["evicted"] == 0


def test_the_journal_is_bounded_in_bytes(serve):
    mock = serve(journal_size=1_000_000)
    for number in range(800):
        mock.client.get("/sessions/x", headers={f"X-{number}": "y" * 60_000})
    found = requests(mock, limit=1)
    assert 250 < found["total"] < 400
    assert found["total"] + found["evicted"] == 800


def test_there_may_be_no_journal(serve):
    mock = serve(journal_size=0)
    mock.create().upload()
    assert requests(mock) == {"requests": [], "evicted": 0, "total": 0}


# Verification


def test_the_number_of_requests_is_verified(mock, session):
    one = session()
    one.store("a_0.webm", "a_1.webm")
    for count in (2, {"at_least": 2}, {"at_most": 2}, {"at_least": 1, "at_most": 3}):
        answer = verify(mock, count, operation="uploadAudio", session_id=one.id)
        assert (answer.status_code, answer.json()) == (200, {"count": 2})
    assert verify(mock, 1, sequence=1, sha256=sha256(b"audio"), content_type=WEBM).is_success
    assert verify(mock, 0, token="another-token").is_success


def test_a_miss_says_what_came_nearest(mock, session):
    one = session()
    one.upload("bad", content=b"abc")
    message, details = missed(verify(mock, 1, operation="uploadAudio", status=200, method="POST"))
    upload, created = reversed(entries(mock))
    assert (details["count"], details["found"]) == (0, [])
    assert details["nearest"] == [
        {"id": upload["id"], "differs": {"status": [200, 400]}},
        {
            "id": created["id"],
            "differs": {"operation": ["uploadAudio", "createSession"], "status": [200, 201]},
        },
    ]
    assert message == (
        "Expected exactly 1 request with operation uploadAudio, status 200, method POST, found 0. "
        f"The nearest one, {upload['id']}, differs in status: 400 instead of 200."
    )


def test_too_many_are_named(mock, session):
    one = session()
    one.store("a_0.webm", "a_1.webm", "a_2.webm")
    message, details = missed(verify(mock, {"at_most": 2}, operation="uploadAudio"))
    ids = [entry["id"] for entry in entries(mock, operation="uploadAudio")]
    assert (details["count"], details["found"], details["nearest"]) == (3, ids, [])
    assert message == (
        f"Expected at most 2 requests with operation uploadAudio, found 3: {', '.join(ids)}."
    )


def test_another_tokens_requests_are_no_near_misses(mock, other):
    other.create()
    _, details = missed(verify(mock, 1, token="a-token", operation="createSession"))
    assert details["nearest"] == []


def test_only_what_came_since_counts(mock, session):
    session()
    mock.advance(1)
    now = mock.control("GET", "/clock")["now"]
    session()
    assert verify(mock, 1, operation="createSession", since=now).is_success


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.count"),
        ({"count": {}}, "$.count"),
        ({"count": -1}, "$.count"),
        ({"count": {"at_least": 2, "at_most": 1}}, "$.count"),
        ({"count": 1, "match": {"colour": "red"}}, "$.match.colour"),
        ({"count": 1, "match": {"since": "soon"}}, "$.match.since"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused(mock, body, path):
    answer = mock.client.post(f"{mock.url}/_mock/requests/verify", json=body)
    assert refusal(answer) == (422, "invalid_request")
    assert answer.json()["error"]["details"]["path"] == path


def test_what_was_evicted_may_be_what_is_asked_for(serve):
    mock = serve(journal_size=4)
    for _ in range(6):
        mock.client.get("/sessions/unknown")
    assert verify(mock, {"at_least": 3}, status=404).is_success
    for count in (4, 5, {"at_least": 5}, {"at_most": 5}):
        message, details = missed(verify(mock, count, status=404), "journal_incomplete")
        assert details == {"evicted": 2}
        assert "2 entries" in message
    # Whatever was evicted, there were not so few, and not so many.
    for count in (3, {"at_most": 3}, 7, {"at_least": 7}):
        missed(verify(mock, count, status=404))
    assert verify(mock, 0, token="another").is_success
    mock.control("DELETE", "/requests")
    assert verify(mock, 0, status=404).is_success


class Model:
    """The journal as a list that loses nothing."""

    def __init__(self, size):
        self.size = size
        self.all = []

    def verdict(self, owner, status, least, most):
        """The code of the answer: None for success."""
        mine = [(number, s) for number, (o, s) in enumerate(self.all) if owner in (None, o)]
        kept = len(self.all) - self.size
        number = sum(1 for n, s in mine if n >= kept and s == status)
        evicted = sum(1 for n, _ in mine if n < kept)
        possible = {least <= number + lost <= most for lost in range(evicted + 1)}
        if possible == {True}:
            return None
        return "verification_failed" if possible == {False} else "journal_incomplete"


@pytest.fixture(scope="module")
def small():
    from tests.support import running

    with running(journal_size=6) as mock:
        yield mock


@given(
    sent=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([404, 405])), max_size=12),
    owner=st.sampled_from([None, "a", "b"]),
    status=st.sampled_from([404, 405]),
    least=st.integers(0, 8),
    more=st.integers(0, 8),
)
def test_verification_agrees_with_a_journal_that_loses_nothing(
    small, sent, owner, status, least, more
):
    small.control("DELETE", "/requests")
    model = Model(6)
    for token, answered in sent:
        method = "GET" if answered == 404 else "DELETE"
        path = "/voice/v1/nowhere" if answered == 404 else "/voice/v1/sessions"
        small.bare.request(method, path, headers={"Authorization": f"Bearer {token}"})
        model.all.append((token, answered))
    match = {"status": status} | ({"token": owner} if owner else {})
    answer = verify(small, {"at_least": least, "at_most": least + more}, **match)
    code = None if answer.is_success else refusal(answer)[1]
    # The model knows only bounds: what was evicted need not have had this status.
    assert code == model.verdict(owner, status, least, least + more)


def test_callers_of_one_server_see_only_their_own(mock, session):
    for number in range(8):
        for _ in range(number + 1):
            mock.bare.get("/voice/v1/sessions/x", headers={"Authorization": f"Bearer t{number}"})
    for number in range(8):
        assert requests(mock, token=f"t{number}")["total"] == number + 1
