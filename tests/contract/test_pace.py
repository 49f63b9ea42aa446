"""How fast the check sends, and how it waits when a server says 429."""

import asyncio
import time
from email.utils import formatdate

import pytest
from starlette.responses import JSONResponse

from scribe_mock import cli
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.core.run import Run
from scribe_mock.contract.transport.address import Address, Origin
from scribe_mock.contract.transport.message import Answer, Request
from scribe_mock.contract.transport.pace import Pace, retry_after
from tests.contract.checking import named, run
from tests.contract.independent_server import Running, Server

TOO_MANY = {"error": {"code": "rate_limit_exceeded", "message": "Later."}}


class Limited(Server):
    """Takes so many requests a second, and answers 429 to others."""

    limit = 20

    def __init__(self):
        super().__init__()
        self.headers = {"Retry-After": "1"}
        self.taken, self.refused = [], 0

    async def respond(self, scope, receive):
        now = time.monotonic()
        if sum(moment > now - 1 for moment in self.taken) >= self.limit:
            self.refused += 1
            return JSONResponse(TOO_MANY, 429, self.headers)
        self.taken.append(now)
        return await super().respond(scope, receive)


RULES = ("upload.row.7", "create", "state.created")


def test_429_is_waited_for_and_the_request_is_sent_again():
    server = Limited()
    report = run(server, only=RULES)
    assert server.refused
    assert named(report) == set()
    assert {result.reason for result in report.results} == {""}


@pytest.mark.parametrize("asked", ["seconds", "date"])
def test_a_wait_that_is_too_long_is_not_waited_for(asked):
    server = Limited()
    wait = "3600" if asked == "seconds" else formatdate(time.time() + 3600, usegmt=True)
    server.limit, server.headers = 10, {"Retry-After": wait}
    began = time.monotonic()
    report = run(server, only=RULES)
    assert time.monotonic() - began < 30
    reasons = {result.reason for result in report.results}
    assert any("answers 429 and asks for 3" in reason for reason in reasons), reasons
    assert named(report) == set()


class Unyielding(Server):
    """Once it has answered a few requests it answers nothing but 429."""

    async def respond(self, scope, receive):
        if self.calls > 10:
            return JSONResponse(TOO_MANY, 429, {"Retry-After": "0"})
        return await super().respond(scope, receive)


def test_a_server_that_says_429_for_ever_is_not_asked_for_ever():
    server = Unyielding()
    report = run(server)
    assert report.exit_code in (2, 3)
    assert any("nothing but 429" in result.reason for result in report.results)
    assert server.calls < 200


class Timed(Server):
    """Notes when each request and each WebSocket arrives."""

    def __init__(self):
        super().__init__()
        self.arrived = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "lifespan":
            self.arrived.append(time.monotonic())
        await super().__call__(scope, receive, send)

    def busiest(self, seconds):
        """The most arrivals within so many seconds."""
        return max(
            sum(start <= moment < start + seconds for moment in self.arrived)
            for start in self.arrived
        )


def test_rate_bounds_every_kind_of_request():
    rate, app = 40, Timed()
    only = ("fuzz.schema.createSession", "stream.connect", "upload.row.2", "race.two_ends")
    report = run(app, only=only, rate=rate)
    assert len(app.arrived) > 60
    # The machine may hold up some requests, so that they arrive together with later ones.
    assert app.busiest(1) <= rate * 1.25
    assert {one.verdict.value for one in report.results} == {"passed"}


def test_what_has_to_be_sent_at_once_is_skipped_where_the_rate_forbids_it():
    base = Address(Origin("http", "127.0.0.1", 9), "")
    request = Request(origin=base.origin, method="GET", target="/")
    with pytest.raises(Skip, match=r"needs 2 requests at once, and --rate is 1\.9"):
        asyncio.run(Run(Options(base=base, rate=1.9), {}, {}).together([(request, ())] * 2))


def answer(**headers):
    request = Request(origin=Origin("http", "h", 80), method="GET", target="/")
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(request=request, status=429, headers=fields)


NOW = "Fri, 27 Nov 2026 20:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": " 0.5 "}, 0.5),
        ({"Retry_After": "Fri, 27 Nov 2026 20:00:09 GMT", "Date": NOW}, 9),
        ({"Retry_After": "Fri, 27 Nov 2026 19:00:00 GMT", "Date": NOW}, 0),
        ({"Retry_After": "-5"}, 1),
        ({"Retry_After": "nan"}, 1),
        ({"Retry_After": "9" * 500}, 1),
        ({"Retry_After": "soon"}, 1),
        ({"Retry_After": "Fri, 99 Nov 99999999999 99:99:99 +9999"}, 1),
        ({}, 1),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    assert retry_after(answer(**headers)) == seconds


def test_turns_are_spaced_and_in_order():
    async def take():
        pace, order = Pace(100), []

        async def one(number):
            await pace.turn()
            order.append(number)

        began = time.monotonic()
        await asyncio.gather(*(one(number) for number in range(21)))
        return order, time.monotonic() - began

    order, seconds = asyncio.run(take())
    assert order == list(range(21))
    assert seconds >= 0.2


@pytest.mark.parametrize("rate", ["0", "-1", "nan"])
def test_a_rate_is_above_0(capsys, rate):
    assert cli.main(["check", "http://127.0.0.1:9/v1", "--rate", rate]) == 2
    assert "--rate is above 0" in capsys.readouterr().err


def test_the_rate_is_an_option_and_a_variable(monkeypatch):
    monkeypatch.setenv("SCRIBE_MOCK_CHECK_RATE", "20")
    app = Timed()
    with Running(app) as running:
        assert cli.main(["check", running.base_url, "--only", "upload.row.2"]) == 0
    assert app.busiest(0.5) <= 20 * 0.5 * 1.5
