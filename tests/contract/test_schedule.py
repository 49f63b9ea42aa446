"""How many rules are tried at a time, in which order, and how many requests are under way."""

import asyncio

import pytest

from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.rule import Rule
from scribe_mock.contract.core.schedule import try_all
from tests.contract.checking import run
from tests.contract.independent_server import Server


def rule(rule_id, *needs, after=()):
    return Rule(
        id=rule_id, sentence="A.", source="A", grade=Grade.PROTOCOL, needs=needs, after=after
    )


def order(*rules, at_once=1):
    begun = []

    async def attempt(rule):
        begun.append(rule.id)
        await asyncio.sleep(0)

    asyncio.run(try_all(rules, attempt, at_once))
    return " ".join(begun)


def test_rules_keep_their_order():
    assert order(rule("a.1"), rule("a.2"), rule("b")) == "a.1 a.2 b"


def test_a_rule_begins_when_those_that_it_waits_for_have_ended():
    assert order(rule("a", "c"), rule("b", after=("a",)), rule("c"), rule("d")) == "c a b d"


def test_what_takes_long_begins_first_and_so_does_what_it_waits_for():
    assert order(rule("a"), rule("b"), rule("race.x", "b"), rule("fuzz.y")) == "b race.x fuzz.y a"


def test_a_rule_does_not_wait_for_one_that_is_not_tried():
    assert order(rule("a", "left.out"), rule("b")) == "a b"


def test_an_error_ends_all_of_them():
    async def attempt(rule):
        if rule.id == "b":
            raise KeyError(rule.id)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(rule.id)

    ended: list[str] = []
    with pytest.raises(KeyError):
        asyncio.run(try_all([rule("a"), rule("b")], attempt, 2))
    assert ended == ["a"]


class Slow(Server):
    """Takes some time for each answer, and counts the requests that are under way."""

    seconds = 0.0
    now = most = 0

    async def __call__(self, scope, receive, send):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.take_time()
            await super().__call__(scope, receive, send)
        finally:
            self.now -= 1

    async def take_time(self):
        await asyncio.sleep(self.seconds)


class OneByOne(Slow):
    """Answers one request after another."""

    seconds = 0.15

    async def take_time(self):
        async with self.lock:
            await asyncio.sleep(self.seconds)

    def __init__(self):
        super().__init__()
        self.lock = asyncio.Lock()


def test_a_quick_server_gets_few_requests_at_a_time():
    app = Slow()
    run(app, only=("upload", "create", "fuzz"))
    assert 4 < app.most <= 16 + 1  # one may be closing while the next begins


def test_a_slow_server_gets_more():
    app = Slow()
    app.seconds = 0.3
    report = run(app, only=("upload.row", "create", "auth"))
    assert 16 < app.most <= 48 + 1
    assert report.findings == []


def test_a_server_that_answers_one_request_after_another_is_not_flooded():
    app = OneByOne()
    report = run(app, only=("auth.malformed",), patience=1)
    assert app.most < 8
    assert report.findings == []
