"""Scopes: tests with tokens of their own share a server, and see nothing of one another."""

import hashlib
import json
import logging
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.receivers import Receiver, closed_port
from tests.support import AUDIO, PATIENCE, Mock, fault, refusal, running

HOUR = 3600


class Caller(Mock):
    """A client with a token of its own, and what the control API does for that."""

    def __init__(self, mock, token):
        super().__init__(mock.url, {"Authorization": f"Bearer {token}".encode()})
        self.token = token

    def move(self, **body):
        return self.control("POST", "/clock", {"token": self.token} | body)

    def reset(self):
        self.control("POST", "/reset", {"token": self.token})

    def clock(self):
        return self.control("GET", f"/clock?token={self.token}")

    def listed(self, path="/sessions"):
        shown = self.control("GET", f"{path}?token={self.token}")
        assert shown["total"] == len(shown["sessions"])
        return [session["session_id"] for session in shown["sessions"]]

    def register(self, url, *events):
        """A webhook of this caller; its id."""
        answer = self.client.post("/webhooks", json={"url": url, "events": list(events)})
        assert answer.status_code == 201, answer.text
        return answer.json()["webhook_id"]

    def deliveries(self):
        return self.control("GET", f"/webhook-deliveries?token={self.token}")["deliveries"]

    def webhooks(self):
        """The ids of this caller's webhooks."""
        listed = self.client.get("/webhooks").json()["webhooks"]
        return [webhook["webhook_id"] for webhook in listed]

    def template(self):
        """A template of this caller; its id."""
        made = self.client.post(f"{self.url}{TEMPLATES}", json={"title": "x", "section_ids": []})
        return made.json()["template_id"]

    def templates(self):
        """The ids of this caller's own templates."""
        listed = self.client.get(f"{self.url}{TEMPLATES}").json()["items"]
        return [template["id"] for template in listed if not template["default"]]

    def history(self):
        listed = self.client.get(f"{self.url}{HISTORY}").json()
        return [line["txn_id"] for line in listed.get("data", [])]


TEMPLATES = "/voice/api/v1/template"
HISTORY = "/voice/api/v2/transaction/history"
DOCUMENTS = "/voice/api/v1/documents"
WEBHOOK = {"url": "http://localhost:9/hook", "events": ["session.started"]}
LOGIN = "/connect-auth/v1/account/login"
REFRESH = "/connect-auth/v1/account/refresh-token"


@pytest.fixture
def caller(mock):
    """A factory of callers."""
    with ExitStack() as stack:

        def make(token):
            made = Caller(mock, token)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def one(caller):
    return caller("t-1")


@pytest.fixture
def other(caller):
    return caller("t-2")


def at(shown):
    return datetime.fromisoformat(shown["now"])


def clock_of(session, **body):
    """Move a session's clock, or ask for it without a body."""
    mock = session.mock
    if body:
        return mock.control("POST", "/clock", {"session_id": session.id} | body)
    return mock.control("GET", f"/clock?session_id={session.id}")


def state(session):
    return session.get().json()["status"]


# What a token sees


def test_a_token_lists_its_own_sessions_alone(mock, one, other):
    own, others = [one.create().id for _ in range(2)], [other.create().id]
    assert one.listed() == own == one.history()[::-1]
    assert other.listed() == others == other.history()
    assert one.listed("/overview") == own[::-1]
    overview = mock.control("GET", f"/overview?token={other.token}")
    assert overview["counts"]["created"] == 1
    assert mock.control("GET", "/sessions")["total"] == 11
    assert mock.control("GET", "/health")["sessions"] == 11


def test_a_token_that_nobody_used_has_nothing(caller):
    assert caller("unheard-of").listed() == []


def test_a_token_has_any_characters(caller):
    accented = caller("pässword")
    session = accented.create()
    assert accented.listed() == [session.id]


def test_a_session_that_is_put_belongs_to_the_token_that_is_named(mock, one):
    path = "/sessions/put-for-a-token-x"
    mock.control("PUT", path, {"state": "completed", "token": one.token})
    assert one.listed() == one.history() == ["put-for-a-token-x"]
    mock.control("PUT", path, {"state": "failed", "token": one.token})
    mock.control("PUT", path, {"state": "completed"})
    assert one.listed() == ["put-for-a-token-x"]
    body = {"state": "failed", "token": "t-2"}
    assert fault(mock.client.put(f"{mock.url}/_mock{path}", json=body)) == "$.token"


# Clocks


def test_a_clock_of_a_token_moves_its_sessions_alone(one, other):
    mine, theirs = one.create(), other.create()
    before = at(one.clock())
    assert at(one.move(advance_seconds=HOUR)) - before == timedelta(hours=1)
    assert (state(mine), state(theirs)) == ("expired", "created")
    assert refusal(mine.upload()) == (410, "session_expired")
    theirs.store("audio_0.webm")
    assert at(other.clock()) == before
    assert datetime.fromisoformat(one.create().get().json()["created_at"]) == at(one.clock())


def test_processing_goes_by_the_clock_of_the_token(one, other):
    mine, theirs = one.create(), other.create()
    assert mine.end().status_code == theirs.end().status_code == 202
    one.move(advance_seconds=2)
    assert (state(mine), state(theirs)) == ("completed", "processing")
    document = mine.process("eka_emr_template").json()["document_id"]
    for result in ("in-progress", "success"):
        shown = mine.get(document_id=document).json()["templates"][0]["eka_emr_template"]
        assert shown["status"] == result
        one.move(advance_seconds=2)


def test_a_clock_of_a_session_moves_it_alone(one):
    moved, still = one.create(), one.create()
    clock_of(moved, advance_seconds=HOUR - 1)
    assert (state(moved), state(still)) == ("created", "created")
    # It goes by the token's clock.
    one.move(advance_seconds=1)
    assert (state(moved), state(still)) == ("expired", "created")
    assert at(clock_of(moved)) - at(clock_of(still)) == timedelta(seconds=HOUR - 1)


def test_what_the_control_api_shows_of_a_session_is_of_its_own_time(mock, one):
    session = one.create()
    session.end()
    one.move(advance_seconds=1)
    clock_of(session, advance_seconds=5)
    shown, lines = session.inspect(), mock.control("GET", f"/overview?token={one.token}")
    (line,) = lines["sessions"]
    for form in (shown, line):
        assert (form["status"], form["changes_at"]) == ("completed", None)
        assert (form["now"], form["frozen"]) == (clock_of(session)["now"], True)
    assert lines["counts"]["completed"] == 1
    assert lines["now"] == one.clock()["now"]
    assert at(shown) - at(lines) == timedelta(seconds=5)
    assert mock.control("GET", f"/sessions?token={one.token}&state=completed")["total"] == 1


def test_a_frozen_token_stays_while_all_moves(mock, one, other):
    mine, theirs = one.create(), other.create()
    before = at(one.move(freeze=True))
    mock.control("POST", "/clock", {"freeze": False, "advance_seconds": 2 * HOUR})
    assert (state(mine), state(theirs)) == ("created", "expired")
    assert at(one.clock()) == before
    assert mine.patch(model="lite").status_code == 200
    mine.store("audio_0.webm")
    # It runs on from where it stood.
    assert one.move(freeze=False)["frozen"] is False
    assert timedelta(0) <= at(one.clock()) - before < timedelta(seconds=PATIENCE)
    assert state(mine) == "recording"
    assert mine.end().status_code == 202


def test_a_clock_stands_still_with_the_one_that_it_goes_by(mock, one):
    assert one.move(freeze=False)["frozen"] is True
    mock.control("POST", "/clock", {"freeze": False})
    assert one.clock()["frozen"] is False


LEVELS = ("all", "token", "session")
STEPS = st.tuples(
    st.sampled_from(LEVELS), st.sampled_from(["freeze", "thaw"]) | st.integers(0, 10**6)
)


@given(st.lists(STEPS, max_size=12))
def test_a_move_takes_along_what_goes_by_the_clock(mock, steps):
    # All stands still, so that the time is what was moved.
    mock.control("POST", "/reset")
    start = at(mock.control("POST", "/clock", {"freeze": True}))
    session = mock.create()
    scope = {"all": {}, "token": {"token": "a-token"}, "session": {"session_id": session.id}}
    moved, frozen = dict.fromkeys(LEVELS, 0), set[str]()
    for level, step in steps:
        if level == "all" and isinstance(step, str):
            continue
        if isinstance(step, str):
            mock.control("POST", "/clock", scope[level] | {"freeze": step == "freeze"})
            (frozen.add if step == "freeze" else frozen.discard)(level)
            continue
        mock.control("POST", "/clock", scope[level] | {"advance_seconds": step})
        moved[level] += step
        for below in LEVELS[LEVELS.index(level) + 1 :]:
            if below in frozen:
                break
            moved[below] += step
    shown = [
        mock.control("GET", "/clock"),
        mock.control("GET", "/clock?token=a-token"),
        clock_of(session),
    ]
    for level, clock in zip(LEVELS, shown, strict=True):
        assert abs(at(clock) - start - timedelta(seconds=moved[level])) <= timedelta(milliseconds=2)


def test_a_clock_says_whose_it_is_without_the_token(mock, caller):
    secret = caller("secret-of-a-test")
    digest = hashlib.sha256(b"secret-of-a-test").hexdigest()
    session = secret.create()
    for shown in (secret.clock(), secret.move(advance_seconds=1)):
        assert shown["scope"] == {"token_start": "secr", "token_sha256": digest}
        assert secret.token not in json.dumps(shown)
    assert clock_of(session)["scope"] == {"session_id": session.id}
    assert mock.control("GET", "/clock")["scope"] is None


def test_only_so_many_tokens_have_clocks(mock, caller, monkeypatch):
    monkeypatch.setattr("scribe_mock.sessions.clocks.MAX_OWNERS", 2)
    one, two, three = (caller(f"t-{number}") for number in range(3))
    one.move(freeze=True)
    two.move(freeze=True)
    body = {"token": three.token, "freeze": True}
    refused = mock.client.post(f"{mock.url}/_mock/clock", json=body)
    assert refusal(refused) == (400, "invalid_request")
    one.move(advance_seconds=1)
    one.reset()
    three.move(freeze=True)


@pytest.mark.parametrize("path", ["/clock", "/reset"])
def test_a_scope_is_a_token_or_a_session(mock, session, path):
    url, moved = f"{mock.url}/_mock{path}", {"freeze": True} if path == "/clock" else {}
    both = {"token": "t-1", "session_id": session().id}
    assert fault(mock.client.post(url, json=moved | both)) == "$"
    assert fault(mock.client.post(url, json=moved | {"token": ""})) == "$.token"
    unknown = mock.client.post(url, json=moved | {"session_id": "no-such-session-at-all"})
    assert refusal(unknown) == (404, "session_not_found")
    if path == "/clock":
        assert fault(mock.client.post(url, json={"token": "t-1"})) == "$"
        assert refusal(mock.client.get(url, params=both)) == (400, "invalid_request")
        unknown = mock.client.get(url, params={"session_id": "unknown"})
        assert refusal(unknown) == (404, "session_not_found")


# What goes by a clock


def test_what_happens_to_a_session_has_its_own_time(mock, one):
    one.move(advance_seconds=240 * HOUR)
    session, webhook = one.create(), one.client.post("/webhooks", json=WEBHOOK).json()
    assert webhook["created_at"] == session.get().json()["created_at"] == one.clock()["now"]
    now = clock_of(session, advance_seconds=1000)["now"]
    session.store("audio_0.webm")
    (chunk,) = session.inspect()["chunks"]
    document = session.save_document().json()["data"]
    one.bare.put(document["presigned_url"], content=b"x")
    changed = one.client.get(f"{one.url}{DOCUMENTS}/{document['document_id']}").json()["data"]
    assert chunk["received_at"] == document["created_at"] == changed["updated_at"] == now
    assert session.end().status_code == 202
    record = f"{one.url}/voice/api/v1/sessions/{session.id}?presigned=true"
    shown = one.client.get(record).json()["data"]
    assert shown["status"] == "processing"
    expires = shown["documents"][0]["download_url_expires_at"]
    assert expires == int(datetime.fromisoformat(now).timestamp()) + 24 * HOUR
    clock_of(session, advance_seconds=2)
    assert one.client.get(record).json()["data"]["status"] == "completed"
    listed = one.client.get(f"{one.url}{HISTORY}").json()["data"]
    assert [line["processing_status"] for line in listed] == ["success"]
    (made,) = session.get().json()["templates"][0].values()
    assert made["status"] == "success"
    content = one.client.get(f"{one.url}{DOCUMENTS}/{made['document_id']}").json()["data"]
    assert one.bare.get(content["presigned_url"]).text != ""


def test_the_chunks_of_a_recording_have_the_time_of_its_session(one):
    single = one.create("single")
    now = clock_of(single, advance_seconds=100)["now"]
    assert (
        single.upload("a.wav", (AUDIO / "speech.wav").read_bytes(), "audio/wav").status_code == 200
    )
    assert {chunk["received_at"] for chunk in single.inspect()["chunks"]} == {now}


def test_what_a_session_still_allows_goes_by_its_clock(one):
    expired, ended, put = one.create(), one.create(), one.create()
    clock_of(expired, advance_seconds=HOUR)
    assert refusal(expired.patch(model="lite")) == (410, "session_expired")
    assert refusal(expired.convert(transcript="x")) == (410, "session_expired")
    clock_of(ended, advance_seconds=100)
    assert ended.convert(transcript="one two").status_code == 202
    assert state(ended) == "processing"
    assert refusal(ended.convert(target_language="hi")) == (409, "session_not_completed")
    clock_of(ended, advance_seconds=2)
    assert ended.convert(target_language="hi").status_code == 202
    clock_of(put, advance_seconds=2 * HOUR)
    one.control("PUT", put.path, {"state": "recording"})
    assert state(put) == "recording"
    put.end()
    shown = put.finish("partial")
    assert (shown["status"], shown["completed_at"]) == ("partial", clock_of(put)["now"])


def login(mock, headers=None, **body):
    credentials = {"client_id": "t-1", "client_secret": "secret"} | body
    answer = mock.bare.post(LOGIN, json=credentials, headers=headers)
    assert answer.status_code == 200
    return answer.json()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_tokens_of_login_expire_by_the_clock_of_their_client(mock, one, other):
    mine, theirs = login(mock), login(mock, client_id="t-2")

    def ask(tokens):
        headers = bearer(tokens["access_token"])
        return mock.bare.get("/voice/v1/sessions/demo_session_created", headers=headers)

    one.move(advance_seconds=mine["expires_in"] - 1)
    assert (ask(mine).status_code, ask(theirs).status_code) == (202, 202)
    one.move(advance_seconds=1)
    assert refusal(ask(mine)) == (401, "token_expired")
    assert ask(theirs).status_code == 202
    again = refreshed(mock, mine)
    assert ask(again).status_code == 202
    one.move(advance_seconds=mine["refresh_expires_in"])
    body = {"refresh_token": again["refresh_token"]}
    refused = mock.bare.post(REFRESH, json=body, headers=bearer("any"))
    assert refusal(refused) == (401, "token_expired")
    refreshed(mock, theirs)


def refreshed(mock, tokens):
    # Its owner counts, and not whose bearer token the request has.
    body = {"refresh_token": tokens["refresh_token"]}
    answer = mock.bare.post(REFRESH, json=body, headers=bearer("somebody"))
    assert answer.status_code == 200
    return answer.json()


def test_what_a_client_made_is_its_own_after_a_refresh(mock, caller):
    tokens = login(mock, client_id="a-clinic")
    before = caller(tokens["access_token"])
    session, template = before.create(), before.template()
    webhook = before.register("http://localhost:9/hook", "session.started")
    again = refreshed(mock, tokens)
    assert again["access_token"] != tokens["access_token"]
    anew = login(mock, client_id="a-clinic")
    for token in (again["access_token"], "a-clinic", anew["access_token"]):
        after = caller(token)
        assert (after.history(), after.templates()) == ([session.id], [template])
        assert after.webhooks() == [webhook]
        assert after.listed() == [session.id]
    assert caller(login(mock)["access_token"]).history() == []


def test_login_with_a_token_gives_tokens_of_its_caller(mock, one, caller):
    session = one.create()
    tokens = login(mock, bearer(one.token), client_id="somebody")
    assert caller(tokens["access_token"]).history() == [session.id]
    again = login(mock, bearer(tokens["access_token"]), client_id="somebody")
    assert caller(again["access_token"]).history() == [session.id]
    assert caller(login(mock, {"Authorization": "Basic eA=="})["access_token"]).history() == [
        session.id
    ]


def test_the_journal_shows_a_login_to_whom_its_tokens_are_for(mock):
    refreshed(mock, login(mock, client_id="a-clinic"))
    entries = mock.control("GET", "/requests?token=a-clinic")["requests"]
    assert [entry["operation"] for entry in entries] == ["login", "refreshToken"]
    assert mock.control("GET", "/requests?token=t-2")["requests"] == []


def test_with_a_list_of_tokens_a_caller_gets_its_own(serve):
    mock = serve(token=("good", "better"))
    assert login(mock)["access_token"] == "good"
    assert login(mock, client_id="better")["access_token"] == "better"
    better = login(mock, bearer("better"))
    assert better["access_token"] == refreshed(mock, better)["access_token"] == "better"


def test_signed_addresses_go_by_the_clock_of_their_session(one):
    ahead, still = one.create(), one.create()
    clock_of(ahead, advance_seconds=240 * HOUR)
    addresses = [s.save_document().json()["data"]["presigned_url"] for s in (ahead, still)]
    # A day of the session's own time, from the time at which the address was made.
    clock_of(ahead, advance_seconds=24 * HOUR - 1)
    assert [one.bare.put(url, content=b"x").status_code for url in addresses] == [200, 200]
    clock_of(ahead, advance_seconds=1)
    assert refusal(one.bare.put(addresses[0], content=b"x")) == (403, "forbidden")
    assert one.bare.put(addresses[1], content=b"x").status_code == 200
    one.move(advance_seconds=24 * HOUR)
    assert refusal(one.bare.put(addresses[1], content=b"x")) == (403, "forbidden")


def test_the_audio_of_a_session_goes_by_its_clock(mock):
    # The one that the fixtures have audio for; it is there for a day after End session.
    done = "demo_session_completed"
    address = f"/sessions/{done}/audio"
    shown = mock.client.get(address).json()
    mock.control("POST", "/clock", {"session_id": done, "advance_seconds": 24 * HOUR - 1})
    assert mock.bare.get(shown["audio_url"]).status_code == 200
    mock.control("POST", "/clock", {"session_id": done, "advance_seconds": 1})
    assert refusal(mock.bare.get(shown["audio_url"])) == (403, "forbidden")
    assert refusal(mock.client.get(address)) == (404, "audio_not_available")
    other = address.replace(done, "demo_session_partial")
    assert mock.client.get(other).status_code == 200


def test_events_are_told_by_the_clocks_of_their_sessions(mock, one, other):
    with Receiver() as receiver:
        for caller in (one, other):
            caller.register(receiver.url, "session.completed", "session.expired")
        mine, theirs, moved = one.create(), other.create(), one.create()
        mine.end()
        one.move(advance_seconds=2)
        assert receiver.events(1) == [("session.completed", mine.id)]
        clock_of(moved, advance_seconds=HOUR - 2)
        assert receiver.events(1) == [("session.expired", moved.id)]
        one.move(freeze=True)
        mock.advance(HOUR)
        assert receiver.events(1) == [("session.expired", theirs.id)]
        assert receiver.arrived.empty()
        assert [d["session_id"] for d in one.deliveries()] == [moved.id, mine.id]


def test_deliveries_are_tried_again_by_the_clock_of_the_session(mock, one, other):
    url = closed_port()
    one.register(url, "session.started")
    other.register(url, "session.started")
    session = one.create()
    other.create()

    def failed(caller, count):
        done = [attempt for attempt in caller.deliveries() if attempt["error"] is not None]
        return len(done) == count

    assert mock.comes_true(lambda: failed(one, 1) and failed(other, 1))
    clock_of(session, advance_seconds=59)
    one.move(advance_seconds=1)
    assert mock.comes_true(lambda: failed(one, 2))
    assert failed(other, 1)
    latest = one.deliveries()[0]
    assert latest["attempt"] == 2
    assert datetime.fromisoformat(latest["at"]) == at(clock_of(session))


def test_the_times_of_running_clocks_come_up_by_themselves(serve):
    mock = serve(processing_seconds=HOUR)
    with Receiver() as receiver:
        one, other = Caller(mock, "t-1"), Caller(mock, "t-2")
        ended = [caller.create() for caller in (one, other)]
        for caller, session in zip((one, other), ended, strict=True):
            caller.register(receiver.url, "session.completed")
            session.end()
        one.move(advance_seconds=HOUR - 0.2)
        clock_of(ended[1], advance_seconds=HOUR - 0.1)
        told = {("session.completed", session.id) for session in ended}
        assert set(receiver.events(2)) == told
        one.close()
        other.close()


def upload_url(caller):
    return caller.client.post("/sessions", json={"upload_type": "stream"}).json()["upload_url"]


def close_of(line):
    with pytest.raises(ConnectionClosed) as caught:
        line.recv(timeout=PATIENCE)
    received = caught.value.rcvd
    assert received
    return received.code, received.reason


def test_streams_are_admitted_by_the_clock_of_the_token(one, other):
    mine, theirs = upload_url(one), upload_url(other)
    one.move(advance_seconds=HOUR)
    with pytest.raises(InvalidStatus) as caught, connect(mine):
        pass
    assert caught.value.response.status_code == 410
    with connect(theirs) as line:
        line.send(bytes(3200))


def test_a_silent_stream_is_closed_by_the_clock(one, other):
    with connect(upload_url(one)) as mine, connect(upload_url(other)) as theirs:
        one.move(advance_seconds=59)
        one.move(advance_seconds=1)
        assert close_of(mine) == (1008, "no message for 60 seconds")
        theirs.send(json.dumps({"event": "stop"}))
        assert close_of(theirs) == (1000, "")


# Resets


def test_a_reset_of_a_token_forgets_what_belongs_to_it(mock, one, other):
    kept = {}
    url = closed_port()
    for caller in (one, other):
        caller.register(url, "session.started")
        session = caller.create()
        session.store("audio_0.webm")
        clock_of(session, advance_seconds=10)
        caller.move(advance_seconds=100)
        kept[caller] = (session, caller.template())
        mock.comes_true(lambda caller=caller: any(d["error"] for d in caller.deliveries()))

    def everything(caller):
        shown = mock.client.get(kept[caller][0].path).json()
        lists = caller.listed(), caller.templates(), caller.webhooks(), caller.deliveries()
        return shown, caller.clock(), *lists

    before, demo = everything(other), mock.control("GET", "/sessions")["sessions"][:8]
    one.reset()
    assert everything(other) == before
    assert mock.control("GET", "/sessions")["sessions"][:8] == demo
    gone, clock, *lists = everything(one)
    assert gone["error"]["code"] == "session_not_found"
    assert lists == [[], [], [], []]
    assert at(clock) == at(mock.control("GET", "/clock"))
    # Nothing that is left is tried again.
    one.move(advance_seconds=HOUR)
    assert one.deliveries() == []


def test_a_reset_breaks_off_the_deliveries_of_its_token_alone(mock, one, other):
    with Receiver() as slow:
        slow.held.clear()
        for caller in (one, other):
            caller.register(slow.url, "session.started")
            for _ in range(6):
                caller.create()
        for _ in range(8):  # as many as one receiver gets at once
            slow.next()
        one.reset()
        slow.held.set()
        assert mock.comes_true(lambda: [d["status"] for d in other.deliveries()] == [200] * 6)
        assert one.deliveries() == []


def test_a_reset_of_the_demo_token_makes_its_things_again(mock, caller, one):
    demo, session = caller("any"), one.create()
    before = sorted(demo.listed()), demo.templates(), demo.webhooks()
    mock.control("DELETE", "/sessions/demo_session_failed")
    added = demo.create()
    demo.template()
    demo.register("http://localhost:9/hook", "session.started")
    demo.move(advance_seconds=100)
    demo.reset()
    after = sorted(demo.listed()), demo.templates(), demo.webhooks()
    assert after == before
    assert refusal(added.get()) == (404, "session_not_found")
    assert state(session) == "created"
    # An id of the fixtures that somebody else has now stays theirs.
    mock.control("DELETE", "/sessions/demo_session_failed")
    theirs = one.create(session_id="demo_session_failed")
    demo.reset()
    assert state(theirs) == "created"
    assert theirs.id in one.listed()


def test_a_reset_of_a_session_takes_its_clock_too(mock, one):
    gone, stays = one.create(), one.create()
    for session in (gone, stays):
        clock_of(session, advance_seconds=100)
    mock.control("POST", "/reset", {"session_id": gone.id})
    assert refusal(gone.get()) == (404, "session_not_found")
    again = one.create(session_id=gone.id)
    assert at(clock_of(again)) == at(one.clock())
    assert at(clock_of(stays)) - at(one.clock()) == timedelta(seconds=100)


def test_a_session_that_is_deleted_takes_its_clock_with_it(mock, one):
    session = one.create()
    clock_of(session, freeze=True)
    mock.control("DELETE", f"/sessions/{session.id}")
    again = one.create(session_id=session.id)
    one.move(advance_seconds=5)
    assert at(clock_of(again)) == at(one.clock())


@pytest.mark.parametrize("body", [None, {}])
def test_a_reset_of_all_forgets_every_clock(mock, one, body):
    session = one.create()
    one.move(advance_seconds=HOUR)
    clock_of(session, advance_seconds=HOUR)
    mock.control("POST", "/reset", body)
    assert one.listed() == []
    difference = at(one.clock()) - at(mock.control("GET", "/clock"))
    assert abs(difference) < timedelta(seconds=PATIENCE)


def test_a_reset_closes_the_streams_of_its_sessions(one, other):
    with connect(upload_url(one)) as mine, connect(upload_url(other)) as theirs:
        one.reset()
        assert close_of(mine) == (1008, "session_not_found")
        other.move(advance_seconds=60)
        assert close_of(theirs) == (1008, "no message for 60 seconds")


# Memory


def test_a_session_is_evicted_by_its_own_clock(serve):
    mock = serve(max_memory=1_000_000)
    behind, ahead, filler = (Caller(mock, f"t-{number}") for number in range(3))
    alive = behind.create()
    alive.store("audio_0.webm", content=bytes(100_000))
    behind.move(freeze=True)
    mock.advance(2 * HOUR)  # by the clock of all it has expired
    over = ahead.create()
    over.store("audio_0.webm", content=bytes(100_000))
    ahead.move(advance_seconds=HOUR)
    live = filler.create()
    for number in range(100):
        if live.upload(f"audio_{number}.webm", bytes(50_000)).status_code != 200:
            break
    assert state(alive) == "recording"
    assert refusal(over.get()) == (404, "session_not_found")
    for caller in (behind, ahead, filler):
        caller.close()


# The log


def test_no_token_is_in_the_log(caplog):
    with running(quiet=False) as mock, caplog.at_level(logging.INFO, "scribe_mock.requests"):
        one = Caller(mock, "secret-of-a-test")
        one.create()
        one.listed()
        one.move(freeze=True)
        one.clock()
        one.reset()
        one.close()
    assert "/_mock/clock" in caplog.text
    assert "secret" not in caplog.text
