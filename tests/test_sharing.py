"""Two servers with one Redis: what is set through one is met through the other."""

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from redis import Redis
from websockets.sync.client import connect

from tests.receivers import Receiver
from tests.redis_servers import redis_server
from tests.server_process import server_process
from tests.support import TOKEN, ApiSession, comes_true, parallel, refusal, running
from tests.test_stream import closed

ACCOUNT = "/connect-auth/v1/account"
PROBE = "/voice/api/v1/template"
ALWAYS = {"times": None}
NO_FAULTS: dict[str, list[object]] = {"faults": []}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(scope="module")
def both(redis_url):
    with ExitStack() as stack:
        yield [stack.enter_context(running(store=redis_url)) for _ in "ab"]


@pytest.fixture
def a(both):
    both[0].control("POST", "/reset")
    return both[0]


@pytest.fixture
def b(a, both):
    return both[1]


def call(mock, method, path, headers=TOKEN, **body):
    return mock.bare.request(method, path, headers=headers, json=body or None)


def probe(mock, headers=TOKEN):
    return call(mock, "GET", PROBE, headers)


def set_fault(mock, **fields):
    return mock.control("POST", "/faults", fields)["id"]


def clock(mock, query=""):
    found = mock.control("GET", f"/clock{query}")
    return found["now"] if found["frozen"] else "it runs"


def expire(mock):
    set_fault(mock, action={"expire_token": {}})
    probe(mock)


def add_template(mock):
    body = {"title": "Shared", "section_ids": ["s"]}
    assert call(mock, "POST", PROBE, **body).status_code == 201


def templates(mock):
    return [t["title"] for t in probe(mock).json()["items"]]


def add_webhook(mock):
    body = {"url": "http://localhost:9/shared", "events": ["session.expired"]}
    assert call(mock, "POST", "/voice/v1/webhooks", **body).status_code == 201


def webhooks(mock):
    return [one["url"] for one in call(mock, "GET", "/voice/v1/webhooks").json()["webhooks"]]


#: What is set through one server, and what the other one says of it.
STEERED = {
    "the clock of all": (
        lambda mock: mock.control("POST", "/clock", {"freeze": True, "advance_seconds": 86400}),
        clock,
    ),
    "the clock of a token": (
        lambda mock: mock.control("POST", "/clock", {"freeze": True, "token": "a-token"}),
        lambda mock: clock(mock, "?token=a-token"),
    ),
    "a fault": (
        lambda mock: set_fault(mock, action={"answer": {"status": 418}}, **ALWAYS),
        lambda mock: probe(mock).status_code,
    ),
    "a fault of a token": (
        lambda mock: set_fault(
            mock, scope={"token": "a-token"}, action={"answer": {"status": 418}}, **ALWAYS
        ),
        lambda mock: (probe(mock).status_code, probe(mock, None).status_code),
    ),
    "a token that is expired": (expire, lambda mock: probe(mock).status_code),
    "a template": (add_template, templates),
    "a webhook": (add_webhook, webhooks),
}


@pytest.mark.parametrize("what", STEERED)
def test_what_is_set_through_one_server_is_met_through_the_other_at_once(a, b, what):
    act, see = STEERED[what]
    before = see(b)
    act(a)
    found = see(b)
    assert found == see(a) != before
    b.control("POST", "/reset")
    assert see(a) == see(b) == before


def test_a_fault_has_any_json_at_the_other_server(a, b):
    body = {"numbers": [10**30, -(10**30), 1.5, None], "text": "ÿ𝄞"}
    set_fault(a, action={"answer": {"status": 200, "body": body}})
    assert probe(b).json() == body


def test_a_server_that_comes_later_has_what_was_set_before(a, redis_url):
    for what in ("a template", "a webhook", "the clock of all", "a fault of a token"):
        STEERED[what][0](a)
    with running(store=redis_url) as late:
        for path in ("/faults", "/clock"):
            assert late.control("GET", path) == a.control("GET", path)
        a.control("DELETE", "/faults")
        assert webhooks(late) == webhooks(a)
        assert templates(late) == templates(a)


def test_a_token_of_login_is_good_at_the_other_server(a, b):
    body = {"client_id": "someone", "client_secret": "s"}
    tokens = call(a, "POST", f"{ACCOUNT}/login", None, **body).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    template = {"title": "Mine", "section_ids": ["s"]}
    call(a, "POST", PROBE, headers, **template)
    body = {"refresh_token": tokens["refresh_token"]}
    again = call(b, "POST", f"{ACCOUNT}/refresh-token", **body).json()
    renewed = {"Authorization": f"Bearer {again['access_token']}"}
    shown = probe(b, renewed).json()["items"]
    assert "Mine" in [one["title"] for one in shown]
    b.control("POST", "/clock", {"token": tokens["access_token"], "advance_seconds": 3600})
    assert refusal(probe(a, headers)) == (401, "token_expired")


def test_a_fault_that_fires_three_times_does_so_among_requests_of_two_servers(a, b):
    fault_id = set_fault(a, action={"answer": {"status": 418}}, times=3)
    calls = [lambda mock=mock: probe(mock).status_code for mock in (a, b) * 25]
    statuses = parallel(calls, workers=50)
    assert sorted(statuses) == [200] * 47 + [418] * 3
    for mock in (a, b):
        [found] = mock.control("GET", "/faults")["faults"]
        assert (found["id"], found["matched"], found["fired"]) == (fault_id, 50, 3)


def test_a_fault_that_had_no_occasion_is_not_counted_at_the_other_server(a, b):
    cut = {"cut": {"at": "answer", "after_bytes": 10_000_000}}
    set_fault(a, action=cut, match={"operation": "listTemplates"}, times=1)
    assert probe(b).status_code == 200
    [found] = a.control("GET", "/faults")["faults"]
    assert (found["matched"], found["fired"]) == (1, 0)


def test_changes_through_two_servers_at_the_same_time_lose_none(a, b):
    def advance(mock):
        return lambda: mock.control("POST", "/clock", {"advance_seconds": 1})

    a.control("POST", "/clock", {"freeze": True})
    before = datetime.fromisoformat(clock(a))
    parallel([advance(mock) for mock in (a, b) * 20])
    assert clock(a) == clock(b)
    assert datetime.fromisoformat(clock(b)) - before == timedelta(seconds=40)


def through(mock, session):
    """The same session, through another server."""
    return ApiSession(mock, session.id)


def test_one_of_many_parallel_ends_wins(a, b):
    session = a.create()
    through(b, session).store("audio_0.webm")
    ends = [through(mock, session).end for mock in (a, b) * 8]
    answers = parallel(ends)
    assert sorted(answer.status_code for answer in answers) == [202] + [400] * 15


def test_a_session_made_through_one_server_is_whole_through_the_other(a, b):
    session = a.create()
    session.store("audio_0.webm")
    through(b, session).store("audio_1.webm")
    assert session.names() == through(b, session).names() == ["0.webm", "1.webm"]
    assert through(b, session).process_to_the_end().status_code == 200
    assert session.get().json()["status"] == "completed"
    through(b, session).mock.control("DELETE", f"/sessions/{session.id}")
    assert refusal(session.get()) == (404, "session_not_found")


class TestHeldRequests:
    """Requests that wait at one server, steered through the other."""

    @pytest.fixture
    def session(self, a):
        set_fault(a, action={"hold": {}}, match={"operation": "uploadAudio"}, **ALWAYS)
        return a.create()

    def upload(self, mock, session, name):
        """An upload with its name as its id, and the answer's status."""
        own = through(mock, session)
        return lambda: own.upload(f"{name}.webm", **{"X-Request-Id": name}).status_code

    def held(self, mock, count):
        """The ids of the requests that are held, once there are so many."""

        def found():
            listed = mock.control("GET", "/held")["held"]
            return len(listed) == count and [one["request_id"] for one in listed]

        return comes_true(found)

    def test_they_are_listed_and_released_through_any(self, a, b, session):
        def steer():
            assert sorted(self.held(b, 2)) == ["a_0", "a_1"]
            assert sorted(self.held(a, 2)) == ["a_0", "a_1"]
            b.control("POST", "/held/a_0/release")
            return b.control("POST", "/held/a_1/refuse", {"code": "internal_error"})

        calls = [self.upload(a, session, "a_0"), self.upload(a, session, "a_1"), steer]
        assert parallel(calls)[:2] == [200, 500]
        assert b.control("GET", "/held")["held"] == []

    def test_they_are_released_in_order_wherever_they_are(self, a, b, session):
        order = [f"a_{number}" for number in (3, 1, 2, 0)]
        calls = [self.upload((a, b)[n % 2], session, f"a_{n}") for n in range(4)]
        released = parallel([*calls, lambda: b.control("POST", "/held/release", {"order": order})])
        assert released == [200] * 4 + [{"released": order}]
        chunks = b.control("GET", f"/sessions/{session.id}")["chunks"]
        assert len(chunks) == 4

    def test_one_that_waits_nowhere(self, a, b):
        answer = b.bare.post("/_mock/held/nobody/release")
        assert refusal(answer) == (404, "request_not_held")

    def test_a_reset_lets_them_go_on(self, a, b, session):
        def reset():
            self.held(b, 1)
            b.control("POST", "/reset")

        status, _ = parallel([self.upload(a, session, "a_0"), reset])
        assert status in (200, 404)

    def test_a_clock_moved_meanwhile_counts(self, a, b, session):
        def expire():
            self.held(b, 1)
            b.control("POST", "/clock", {"advance_seconds": 7200})
            b.control("POST", "/held/a_0/release")

        status, _ = parallel([self.upload(a, session, "a_0"), expire])
        assert status == 410


def test_a_change_through_one_server_ends_a_wait_at_the_other(a, b):
    revision = b.control("GET", "/overview")["revision"]
    revision = b.control("GET", f"/changes?since={revision}&wait_seconds=0.2")["revision"]

    def change():
        a.control("PUT", "/sessions/made-through-another", {"state": "created"})

    wait = f"/changes?since={revision}&wait_seconds=20"
    found, _ = parallel([lambda: b.control("GET", wait)["revision"], change])
    assert found > revision
    settled = comes_true(lambda: revisions(a) == revisions(b))
    assert settled


def revisions(mock):
    return mock.control("GET", "/overview")["revision"]


def test_a_socket_is_closed_when_its_session_ends_through_the_other_server(a, b):
    body = {"upload_type": "stream", "session_id": "streamed-through-both"}
    created = a.client.post("/sessions", json=body).json()
    with connect(created["upload_url"]) as line:
        line.send(b"\1\2" * 16_000)
        ended = ApiSession(b, created["session_id"]).end()
        assert ended.status_code == 202
        assert closed(line)[0] == 1000
    [chunk] = b.control("GET", f"/sessions/{created['session_id']}")["chunks"]
    assert chunk["duration_s"] == pytest.approx(1)


def test_a_second_socket_at_the_other_server_closes_the_first(a, b):
    body = {"upload_type": "stream", "session_id": "streamed-through-both"}
    address = a.client.post("/sessions", json=body).json()["upload_url"]
    with connect(address) as first, connect(address.replace(str(a.port), str(b.port))):
        assert closed(first)[0] == 1000


def test_a_socket_falls_silent_by_a_clock_that_is_moved_through_the_other_server(a, b):
    address = a.client.post("/sessions", json={"upload_type": "stream"}).json()["upload_url"]
    with connect(address) as line:
        b.control("POST", "/clock", {"advance_seconds": 100})
        assert closed(line)[0] == 1008


def test_an_examination_goes_on_whichever_server_gets_the_uploads(a, b):
    body = {"scenario": "expired", "token": "a-token"}
    armed = a.control("POST", "/examinations", body)["id"]
    [listed] = b.control("GET", "/examinations")["examinations"]
    assert listed["id"] == armed
    session = b.create()
    session.store("audio_0.webm")
    assert session.upload("audio_1.webm").status_code == 410
    found = b.control("GET", f"/examinations/{armed}")
    assert found["sessions"] == [session.id]
    b.control("DELETE", f"/examinations/{armed}")
    assert a.control("GET", "/examinations")["examinations"] == []
    assert a.control("GET", "/faults")["faults"] == []


def requests(mock, query=""):
    found = mock.control("GET", f"/requests{query}")
    return [one["id"] for one in found["requests"]], found["evicted"]


def send(mock, name, headers=TOKEN):
    mock.bare.get(PROBE, headers={**headers, "X-Request-Id": name})


class TestTheJournal:
    """It has what arrived at any server."""

    def test_entries_of_both_are_in_order_through_both(self, a, b):
        names = [f"request-{number}" for number in range(20)]
        for number, name in enumerate(names):
            send((a, b)[number % 2], name)
        assert requests(a) == requests(b) == (names, 0)
        for path in ("/requests/request-3", "/requests"):
            assert a.control("GET", path) == b.control("GET", path)
        archives = [mock.control("GET", "/requests.har")["log"]["entries"] for mock in (a, b)]
        assert [one["response"] for one in archives[0]] == [one["response"] for one in archives[1]]
        body = {"match": {"operation": "listTemplates"}, "count": 20}
        assert b.control("POST", "/requests/verify", body) == {"count": 20}

    def test_one_that_is_going_on_is_shown_by_the_other(self, a, b):
        set_fault(a, action={"hold": {}})

        def look():
            shown = comes_true(lambda: b.control("GET", "/requests?outcome=held")["requests"])
            b.control("POST", "/held/waits/release")
            return [one["id"] for one in shown]

        assert parallel([look, lambda: send(a, "waits")])[0] == ["waits"]
        assert requests(b, "?outcome=answered") == (["waits"], 0)

    def test_it_is_forgotten_everywhere(self, a, b):
        other = {"Authorization": "Bearer another-token"}
        for number, mock in enumerate((a, b)):
            send(mock, f"mine-{number}")
            send(mock, f"other-{number}", other)
        assert len(requests(a)[0]) == 4
        b.control("DELETE", "/requests?token=a-token")
        assert requests(a) == requests(b) == (["other-0", "other-1"], 0)
        send(a, "mine-2")
        assert requests(b, "?token=a-token") == (["mine-2"], 0)
        a.control("DELETE", "/requests")
        assert requests(a) == requests(b) == ([], 0)

    def test_a_ledger_has_the_uploads_of_both(self, a, b):
        session = a.create()
        for number, mock in enumerate((a, b, a)):
            through(mock, session).store(f"audio_{number}.webm")
        through(b, session).store("audio_0.webm")
        ledgers = [mock.control("GET", f"/sessions/{session.id}/ledger") for mock in (a, b)]
        assert ledgers[0] == ledgers[1]
        assert [line["retries"] for line in ledgers[0]["chunks"]] == [1, 0, 0]
        body = {"match": {"sha256": ledgers[0]["chunks"][0]["sha256"]}, "count": 4}
        assert b.control("POST", "/requests/verify", body) == {"count": 4}

    def test_lost_entries_are_counted_over_all(self, redis_url):
        other = {"Authorization": "Bearer another-token"}
        settings = {"store": f"{redis_url}?prefix=small:", "journal_size": 8}
        with running(**settings) as one, running(**settings) as two:
            for number in range(10):
                send((one, two)[number % 2], f"mine-{number}")
            for number in range(3):
                send(two, f"other-{number}", other)
            assert requests(one)[1] == requests(two)[1] == 5
            assert requests(one, "?token=a-token")[1] == 5
            assert requests(one, "?token=another-token") == ([f"other-{n}" for n in range(3)], 0)
            body = {"match": {"token": "a-token"}, "count": 10}
            answer = one.bare.post("/_mock/requests/verify", json=body)
            assert refusal(answer) == (409, "journal_incomplete")
            two.control("DELETE", "/requests?token=a-token")
            send(one, "again")
            assert requests(one, "?token=a-token") == (["again"], 0)


ALL = [f"session.{name}" for name in ("started", "ended", "completed", "expired")]


def register(mock, receiver):
    body = {"url": receiver.url, "events": ALL}
    assert call(mock, "POST", "/voice/v1/webhooks", **body).status_code == 201


def deliveries(mock, session):
    """The log of the attempts about a session, the oldest first."""
    path = f"/webhook-deliveries?session_id={session.id}"
    found = mock.control("GET", path)["deliveries"]
    return [(one["event"], one["attempt"], one["status"]) for one in reversed(found)]


def recorded(mock):
    """A session with one chunk."""
    session = mock.create()
    session.store("audio_0.webm")
    return session


class TestWebhooks:
    """One server sends, whichever one a session is driven through."""

    @pytest.fixture
    def receiver(self):
        with Receiver() as receiver:
            yield receiver

    @pytest.mark.parametrize("turn", [1, -1])
    def test_each_event_is_told_once_and_in_order(self, a, b, receiver, turn):
        first, second = (a, b)[::turn]
        register(first, receiver)
        session = recorded(second)
        assert through(first, session).end().status_code == 202
        second.advance(60)
        expected = [(event, session.id) for event in ALL[:3]]
        assert receiver.events(3) == expected
        log = [(event, 1, 200) for event in ALL[:3]]
        assert comes_true(lambda: deliveries(first, session) == log)
        assert deliveries(second, session) == log
        found = requests(second, "?operation=deliverWebhook")[0]
        assert found == requests(first, "?operation=deliverWebhook")[0]
        assert len(found) == 3
        assert receiver.arrived.empty()

    def test_a_session_that_is_not_ended_expires_once(self, a, b, receiver):
        register(b, receiver)
        session = a.create()
        assert receiver.events(1) == [("session.started", session.id)]
        b.advance(7200)
        assert receiver.events(1) == [("session.expired", session.id)]
        assert receiver.arrived.empty()

    def test_nothing_is_told_that_happened_before(self, a, b, receiver):
        session = recorded(a)
        register(b, receiver)
        through(b, session).end()
        assert receiver.events(1) == [("session.ended", session.id)]

    def test_a_lost_delivery_counts_once(self, a, b, receiver):
        register(a, receiver)
        set_fault(b, action={"webhook": {"lose": True}}, times=1)
        session = recorded(b)
        session.end()
        assert receiver.events(1) == [("session.ended", session.id)]
        [found] = a.control("GET", "/faults")["faults"]
        assert (found["matched"], found["fired"]) == (2, 1)

    def test_a_reset_through_any_server_ends_all(self, a, b):
        with Receiver(503) as receiver:
            register(a, receiver)
            session = recorded(b)
            assert comes_true(lambda: deliveries(a, session) == [("session.started", 1, 503)])
            b.control("POST", "/reset")
            assert deliveries(a, session) == deliveries(b, session) == []
            a.advance(600)
            receiver.next()
            assert receiver.arrived.empty()

    def test_another_server_goes_on_when_the_sender_stops(self, redis_url):
        store = f"{redis_url}?prefix=turns:"
        with Receiver(503, 200) as receiver, ExitStack() as stack:
            with running(store=store) as first:
                second = stack.enter_context(running(store=store))
                register(second, receiver)
                session = recorded(first)
                log = [("session.started", 1, 503)]
                assert comes_true(lambda: deliveries(second, session) == log)
                receiver.next()
            second.advance(61)
            assert receiver.events(1) == [("session.started", session.id)]
            through(second, session).end()
            assert receiver.events(1) == [("session.ended", session.id)]
            log += [("session.started", 2, 200), ("session.ended", 1, 200)]
            assert comes_true(lambda: deliveries(second, session) == log)

    def test_another_server_goes_on_when_the_sender_is_killed(self, redis_url):
        store = f"{redis_url}?prefix=killed:"
        with Receiver(503, 200) as receiver, ExitStack() as stack:
            with server_process("--store", store) as first:
                second = stack.enter_context(running(store=store))
                register(second, receiver)
                session = recorded(first.mock)
                log = [("session.started", 1, 503)]
                assert comes_true(lambda: deliveries(second, session) == log)
                # Who reads the journal lets all servers write theirs; else it comes a moment later.
                uploads = f"?session_id={session.id}&operation=uploadAudio"
                before = requests(second, uploads)
                first.kill()
            assert through(second, session).end().status_code == 202
            second.advance(61)
            told = receiver.events(4)
            started = ("session.started", session.id)
            assert sorted(told) == sorted(
                [started, started, *((event, session.id) for event in ALL[1:3])]
            )
            assert len(before[0]) == 1
            assert requests(second, uploads) == before


def test_what_is_set_for_a_session_goes_when_redis_lets_that_go(a, b, redis_url):
    session = a.create()
    set_fault(a, scope={"session_id": session.id}, action={"hold": {}})
    a.control("POST", "/clock", {"session_id": session.id, "freeze": True})
    with Redis.from_url(redis_url) as client:
        client.zadd("scribe:ends", {session.id: 0})  # as if it had been there for weeks
        with running(store=redis_url) as late:
            late.control("GET", "/health")
            assert refusal(session.get()) == (404, "session_not_found")
            for mock in (a, b, late):
                faults = comes_true(lambda mock=mock: mock.control("GET", "/faults") == NO_FAULTS)
                assert faults
        entries = client.hkeys("scribe:steering:entries")
    assert not [entry for entry in entries if session.id.encode() in entry]


def test_servers_go_on_together_when_redis_has_lost_all(tmp_path):
    with redis_server(tmp_path) as server, ExitStack() as stack:
        one, two = [stack.enter_context(running(store=server.url)) for _ in "ab"]
        before = templates(one)
        set_fault(one, action={"answer": {"status": 418}}, **ALWAYS)
        assert probe(two).status_code == 418
        server.kill()
        assert refusal(probe(two)) == (503, "service_unavailable")
        server.start()
        assert comes_true(lambda: probe(two).status_code == 200)
        assert comes_true(lambda: probe(one).status_code == 200)
        assert templates(two) == templates(one) == before
        assert [mock.control("GET", "/faults")["faults"] for mock in (one, two)] == [[], []]
        set_fault(two, action={"answer": {"status": 418}})
        assert probe(one).status_code == 418
        send(one, "afterwards")
        assert comes_true(lambda: "afterwards" in requests(two)[0])
