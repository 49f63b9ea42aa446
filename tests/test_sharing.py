"""Two servers with one Redis: what is set through one is met through the other."""

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from tests.redis_servers import redis_server
from tests.support import TOKEN, parallel, refusal, running

ACCOUNT = "/connect-auth/v1/account"
PROBE = "/voice/api/v1/template"
ALWAYS = {"times": None}


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
