"""Whole runs: on correct servers that differ, on servers in trouble, and within bounds."""

import asyncio
import gzip
import json
import re
import time
from urllib.parse import quote

import pytest
from starlette.responses import JSONResponse, Response

from scribe_mock.contract.core.cleaning import estimate
from scribe_mock.contract.core.engine import check
from scribe_mock.contract.core.exceptions import CannotRun
from scribe_mock.contract.core.ledger import Verdict
from scribe_mock.contract.core.options import Options
from scribe_mock.contract.rules import all_rules
from scribe_mock.contract.transport.address import Address
from tests.contract.checking import named, run, serving
from tests.contract.independent_server import Refusal, Running, Server
from tests.support import PATIENCE


def skipped(report):
    return {one.rule.id: one.reason for one in report.results if one.verdict is Verdict.SKIPPED}


def summary(report):
    return [
        f"{one.rule.id}: expected {one.fault.expected}, got {one.fault.got}"
        for one in report.findings
    ]


def test_the_mock_keeps_the_contract():
    with serving("--processing-seconds", "0.3") as base:
        report = check(Options(base=Address.parse(base), patience=PATIENCE))
    assert not report.findings, summary(report)
    assert not skipped(report)
    assert report.left is not None
    assert estimate(all_rules()) / 2 < report.left.created < estimate(all_rules())
    assert report.left.left == 0
    assert report.sent_bytes <= 100_000_000
    unreached = [cell.recipe.name for cell in report.coverage if not cell.reached]
    assert unreached == [cell.recipe.name for cell in report.coverage if cell.recipe.why_not]


def test_a_correct_server_passes_without_a_note():
    report = run(Server(), patience=PATIENCE)
    assert summary(report) == []
    assert skipped(report) == {}


class Instant(Server):
    processing = 0.0


class Closing(Server):
    """As free as the contract allows: other words, more fields, terse header fields."""

    open_status = "initialized"

    def envelope(self, refusal, scope):
        answer = super().envelope(refusal, scope)
        answer.headers["connection"] = "close"
        answer.headers["content-type"] = "application/json; charset=utf-8"
        return answer

    def created(self, session, call):
        return super().created(session, call) | {"links": {"self": "x"}, "version": 3}

    def shown(self, session, state, call):
        return (
            super().shown(session, state, call)
            | {"transcript": None, "etag": "1"}
            | (super().shown(session, state, call))
        )

    def stamp(self, moment):
        return moment.isoformat(timespec="microseconds")


class WholeSeconds(Instant):
    """Completes at once, and tells when in whole seconds alone."""

    def stamp(self, moment):
        return moment.isoformat(timespec="microseconds")

    def results(self, session, state):
        completed = session.created.isoformat(timespec="seconds")
        return super().results(session, state) | {"completed_at": completed}


class Slow(Server):
    processing = 1.5

    async def respond(self, scope, receive):
        await asyncio.sleep(0.15)
        return await super().respond(scope, receive)


class AtV1(Server):
    base = "/v1"


class AtTheRoot(Server):
    base = ""


@pytest.mark.parametrize("server", [Instant, Closing, WholeSeconds, Slow, AtV1, AtTheRoot])
def test_freedoms_raise_no_alarm(server):
    report = run(server(), skip=("fuzz",), patience=PATIENCE)
    assert summary(report) == []


class FewerFormats(Server):
    types = Server.types[:3]


def test_fewer_formats_are_a_note_where_discovery_says_so():
    report = run(FewerFormats(), only=("discovery",))
    assert named(report) == {"discovery.formats_all"}
    assert report.exit_code == 0


class ChunkedOnly(Server):
    upload_types = ("chunked",)


def test_single_and_stream_may_be_refused():
    report = run(ChunkedOnly(), skip=("fuzz",))
    assert named(report) == {"create.type.single", "create.type.stream"}
    assert report.exit_code == 0
    reasons = skipped(report)
    assert "creates no single session" in reasons["single.format.wav"]
    assert "creates no stream session" in reasons["stream.connect"]


class WithToken(Server):
    token = "s3cret-token"


def test_a_token_is_needed_and_never_shown():
    with pytest.raises(CannotRun, match="--token"):
        run(WithToken())
    report = run(WithToken(), only=("auth", "upload.row"), token="s3cret-token")
    assert summary(report) == []
    assert "s3cret" not in repr(report.options)


def test_login_gets_a_token():
    report = run(WithToken(), only=("upload.success",), login=("id", "secret"))
    assert report.exit_code == 0


class LosesEveryFifth(Server):
    """Create session fails now and then."""

    created_so_far = 0

    async def before_create(self):
        self.created_so_far += 1
        if self.created_so_far % 5 == 0:
            raise Refusal(500, "internal_error")


def test_a_create_that_fails_now_and_then_is_one_finding():
    report = run(LosesEveryFifth(), skip=("fuzz",))
    assert [(one.rule.id, one.fault.got) for one in report.findings] == [
        ("server.no_5xx", "500 internal_error, now and then, from createSession")
    ]
    assert len(skipped(report)) <= 3


class NoneCreated(Server):
    async def before_create(self):
        raise Refusal(500, "internal_error")


def test_a_create_that_always_fails_leaves_what_needs_none():
    report = run(NoneCreated(), skip=("fuzz",))
    assert named(report) == {"server.no_5xx"}
    verdicts = {one.rule.id: one.verdict for one in report.results}
    assert verdicts["paths.unknown"] is Verdict.PASSED
    assert verdicts["upload.success"] is Verdict.SKIPPED


class Dies(Server):
    """Stops listening in the middle of a run."""

    running: Running

    async def respond(self, scope, receive):
        if self.calls == 150:
            self.running.stop()
        return await super().respond(scope, receive)


def test_a_server_that_dies_is_one_finding_and_the_rest_is_skipped():
    app = Dies()
    with Running(app) as running:
        app.running = running
        began = time.monotonic()
        report = check(Options(base=Address.parse(running.base_url), skip=("fuzz",)))
    assert "server.stays_up" in named(report)
    # uvicorn's parser refuses a request that arrives while it stops.
    alike = {"server.answers", "server.no_5xx", "errors.envelope"}
    assert named(report) <= {"server.stays_up"} | alike
    assert any("the server is gone" in reason for reason in skipped(report).values())
    assert time.monotonic() - began < 60


class Partial(Server):
    """Lacks whole operations."""

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler in (self.process, self.discovery, self.login, self.refresh):
            return None, (), []
        if handler == self.session:
            methods = ["GET"]
        return handler, arguments, methods


def test_missing_operations_are_notes_and_skips():
    report = run(Partial(), skip=("fuzz",))
    assert named(report) == {"server.operations"}
    assert report.exit_code == 0
    missing = {"getDiscovery", "processTemplate", "updateSession", "login", "refreshToken"}
    assert {one.fault.expected.split()[-1] for one in report.findings} == missing
    reasons = skipped(report)
    assert "the server has no updateSession" in reasons["patch.echo"]
    assert "the server has no getDiscovery" in reasons["discovery.cached"]


class ShortLived(Server):
    ttl = 2

    def __init__(self):
        super().__init__()
        self.sessions.clear()


def test_a_session_that_expires_soon_is_waited_for():
    report = run(ShortLived(), only=("upload.row.3", "state.expired"))
    assert summary(report) == []
    assert skipped(report) == {}


def test_without_an_expired_session_the_reason_says_what_to_do():
    app = Server()
    app.sessions.clear()
    report = run(app, only=("upload.row.3",))
    assert "--expired-session" in skipped(report)["upload.row.3.expired"]
    assert (report.exit_code, report.verdict.not_checked) == (3, 1)


class Weird(Server):
    """Answers JSON in which nothing has the type it should have."""

    count = 0

    async def respond(self, scope, receive):
        answer = await super().respond(scope, receive)
        body = json.loads(answer.body)
        self.count += 1
        if self.count > 40:
            body = {"list": [body], "null": None, "swap": swapped(body, self.count)}[
                ("list", "null", "swap", "swap", "swap", "swap")[self.count % 6]
            ]
        return JSONResponse(body, answer.status_code)


def swapped(value, count):
    if isinstance(value, dict):
        return {
            name: swapped(part, count + place) for place, (name, part) in enumerate(value.items())
        }
    odd: list = [value, 7, [value], {"a": value}, None, "\u00b2.webm", -1e300, [None, {}]]
    odd.append("x" * 5000)
    return odd[count % len(odd)]


def test_no_answer_upsets_the_check():
    report = run(Weird(), patience=1.0)
    assert report.exit_code == 1
    assert [
        reason for reason in skipped(report).values() if "the rule itself failed" in reason
    ] == []


def test_nobody_is_there():
    began = time.monotonic()
    with pytest.raises(CannotRun, match="can't be reached"):
        check(Options(base=Address.parse("http://127.0.0.1:9/v1")))
    assert time.monotonic() - began < 30


def test_another_base_is_named():
    with Running(Server()) as running, pytest.raises(CannotRun, match="voice/v1"):
        check(Options(base=Address.parse(running.url)))


def test_read_only_creates_nothing():
    app = Server()
    report = run(app, read_only=True)
    assert report.exit_code == 0
    assert list(app.sessions) == ["demo_session_expired"]
    assert report.sent_bytes < 1000


def test_bounds_are_kept():
    report = run(Server(), only=("upload.limit",), max_bytes=1_000_000)
    assert report.sent_bytes <= 1_000_000
    assert any("--max-bytes" in reason for reason in skipped(report).values())
    report = run(Server(), only=("upload.limit", "stream"), max_bytes=25_000_000)
    assert 10_000_000 < report.sent_bytes <= 25_000_000
    report = run(Server(), only=("stream",), max_bytes=100_000)
    assert report.sent_bytes <= 100_000
    report = run(Server(), time_budget=0.0)
    assert report.exit_code == 3
    assert f"not checked: {report.verdict.not_checked} of" in report.verdict.sentence
    assert all("--time-budget" in reason for reason in skipped(report).values())
    unreached = [one for one in report.coverage if not one.reached and not one.recipe.why_not]
    assert {one.reason for one in unreached} == {"--time-budget 0 s is used up"}


class Counting(Server):
    now = most = 0

    async def __call__(self, scope, receive, send):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.now -= 1


def test_no_more_requests_at_once_than_allowed():
    app = Counting()
    report = run(app, only=("upload.row", "together", "race"), concurrency=3)
    assert summary(report) == []
    assert app.most <= 4  # one may be closing while the next begins


def test_sessions_carry_a_mark():
    app = Server()
    run(app, only=("upload", "create", "state", "fuzz.schema", "fuzz.links"))
    unmarked = [
        session.body
        for name, session in app.sessions.items()
        if name != "demo_session_expired"
        and "scribe_mock_check" not in session.body.get("additional_data", {})
    ]
    assert unmarked == []


def test_the_seed_replays():
    first, second = (
        run(Server(), only=("fuzz.schema.createSession",), seed=7),
        run(Server(), only=("fuzz.schema.createSession",), seed=7),
    )
    assert first.requests == second.requests


class OneFails(Server):
    """One operation answers 500, whatever it is asked."""

    async def process(self, call, session_id, template):
        raise Refusal(500, "internal_error")


def test_an_operation_that_always_fails_leaves_the_others():
    report = run(OneFails(), only=("upload.row", "process", "server"))
    assert named(report) == {"server.no_5xx"}
    assert set(skipped(report)) == {"process.document", "process.unknown"}


class CreatesNothing(Server):
    """Refuses every session, in good form."""

    def check_create(self, body):
        raise Refusal(400, "quota_used_up")


def test_a_server_that_creates_no_session_does_not_keep_the_contract():
    report = run(CreatesNothing(), skip=("fuzz",))
    assert "create.type.chunked" in named(report)
    assert report.exit_code == 2


@pytest.mark.parametrize("server", [CreatesNothing, NoneCreated])
def test_what_needs_a_session_can_not_pass_without_one(server):
    report = run(server(), only=("upload.row",))
    assert report.exit_code == 2
    assert re.search("could not be checked: .*(400|500)", report.verdict.sentence)
    assert run(server(), only=("discovery.cached",)).exit_code == 0


class Compressing(Server):
    """Sends gzip to whoever asks for it."""

    async def respond(self, scope, receive):
        answer = await super().respond(scope, receive)
        if b"gzip" not in dict(scope["headers"]).get(b"accept-encoding", b""):
            return answer
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        return Response(gzip.compress(answer.body), answer.status_code, headers)


def test_a_server_that_compresses_raises_no_alarm():
    report = run(Compressing(), only=("answers", "odd", "fuzz.schema.createSession", "fuzz.links"))
    assert summary(report) == []


class OddIds(Server):
    """Its ids are texts of any kind, and so is the token that login gives."""

    def new_id(self, body):
        self.calls += 1
        return body.get("session_id") or f"a b/\u2603?{self.calls}"

    def tokens(self):
        return super().tokens() | {"access_token": "\u2603"}

    def check_path(self, path):
        pass

    def upload_url(self, session, call):
        return super().upload_url(session, call).replace(session.id, quote(session.id, safe=""))


class HalfCharacters(Server):
    """Its ids are no texts at all, though JSON can write them."""

    async def create(self, call):
        answer = await super().create(call)
        body = json.loads(answer.body)
        body["session_id"] = "\ud83d" + body["session_id"]
        return Response(json.dumps(body), answer.status_code, {"content-type": "application/json"})


@pytest.mark.parametrize("server", [OddIds, HalfCharacters])
def test_ids_of_any_kind_upset_nothing(server):
    report = run(server(), skip=("fuzz", "upload.limit", "upload.order", "upload.early"))
    upset = [reason for reason in skipped(report).values() if "the rule itself failed" in reason]
    assert upset == []
    reached = {cell.recipe.name for cell in report.coverage if cell.reached}
    assert "createSession 201" in reached


def test_odd_ids_are_ids():
    report = run(OddIds(), only=("upload.row", "auth.missing", "session.upload_url.works"))
    assert summary(report) == []
