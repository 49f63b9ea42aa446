"""What every request meets before its operation: path, method, token, and how errors leave."""

import logging
import re

import pytest
from starlette.responses import JSONResponse

from scribe_mock.server.gateway import Gateway
from scribe_mock.server.observation import Observation
from scribe_mock.server.stack import Api
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.spec import SpecFile
from scribe_mock.steering.metrics import Metrics
from tests.support import MIB, ROOT, TOKEN, ask, refusal

SESSIONS = "/voice/v1/sessions"
CREATED = f"{SESSIONS}/demo_session_created"


# Path and method


@pytest.mark.parametrize(
    "target",
    [
        "/voice/v1",
        "/voice/v1/",
        f"{SESSIONS}/",
        f"{CREATED}/",
        f"{CREATED}/end/",
        f"/{SESSIONS}",
        f"/voice//v1{SESSIONS.removeprefix('/voice/v1')}",
        f"{CREATED}/audio/",
        f"{CREATED}/audio/a/b",
        f"{SESSIONS}%0A",
        f"{CREATED}/end%0A",
        f"{SESSIONS.upper()}",
        "/_mock",
        "/_mock/",
        "/_mock/nothing",
        "/docs/nothing",
        "/openapi.json",
        "*",
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(mock, target):
    for method in ("GET", "POST", "PATCH", "OPTIONS"):
        assert refusal(ask(mock, method, target)) == (404, "not_found")


@pytest.mark.parametrize("name", ["nothing.js", "..%5c..%5cpages.py", "..", "%00", "x" * 4000])
def test_an_asset_that_is_not_there_is_not_found(mock, name):
    assert refusal(ask(mock, "GET", f"/docs/assets/{name}")) == (404, "not_found")


@pytest.mark.parametrize(
    "target",
    [
        f"{SESSIONS}/%",
        f"{SESSIONS}/%4",
        f"{SESSIONS}/%zz",
        f"{SESSIONS}/%ff",
        f"{SESSIONS}/%ed%a0%80",
        f"{SESSIONS}/%c0%af",
        f"{SESSIONS}%2fdemo_session_created",
        f"{SESSIONS}%2Fdemo_session_created",
        f"{SESSIONS}/..%2fsessions",
        "/_mock/sessions%2Fdemo_session_created",
        "/docs%2f",
        "/%",
    ],
)
def test_broken_percent_encoding_and_encoded_slashes_lead_nowhere(mock, target):
    assert refusal(ask(mock, "GET", target)) == (404, "not_found")


def test_percent_encoding_that_hides_nothing_is_decoded(mock):
    assert ask(mock, "GET", f"{SESSIONS}/demo%5Fsession%5fcreated").status_code == 202


def test_a_path_is_looked_at_before_the_token(mock):
    assert refusal(ask(mock, "GET", "/nowhere", {"Authorization": ""})) == (404, "not_found")


METHODS = {
    "/voice/v1/.well-known/medscribealliance": {"GET", "HEAD"},
    SESSIONS: {"POST"},
    CREATED: {"GET", "HEAD", "PATCH"},
    f"{CREATED}/end": {"POST"},
    f"{CREATED}/audio/a_0.webm": {"POST"},
    f"{CREATED}/process/template/one": {"POST"},
    "/connect-auth/v1/account/login": {"POST"},
    "/connect-auth/v1/account/refresh-token": {"POST"},
    "/_mock/health": {"GET", "HEAD"},
    "/_mock/reset": {"POST"},
    "/_mock/clock": {"GET", "HEAD", "POST"},
    "/_mock/sessions": {"GET", "HEAD"},
    "/_mock/sessions/demo_session_created": {"GET", "HEAD", "PUT", "DELETE"},
    "/_mock/sessions/demo_session_created/finish": {"POST"},
    "/_mock/sessions/demo_session_recording/chunks/0.webm": {"GET", "HEAD"},
    "/docs": {"GET", "HEAD"},
    "/openapi.yaml": {"GET", "HEAD"},
    "/_mock/control.yaml": {"GET", "HEAD"},
}


@pytest.mark.parametrize("path", METHODS)
def test_another_method_is_told_those_that_work(mock, path):
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - METHODS[path]:
        response = ask(mock, method, path, {"Authorization": ""})  # before the token
        assert refusal(response) == (405, "method_not_allowed")
        assert METHODS[path] <= {name.strip() for name in response.headers["allow"].split(",")}


@pytest.mark.parametrize("path", [path for path, methods in METHODS.items() if "HEAD" in methods])
def test_head_answers_as_get_does_without_the_body(mock, path):
    shown = mock.client.get(mock.url + path)
    head = mock.client.head(mock.url + path)
    assert head.status_code == shown.status_code
    assert head.content == b""
    assert head.headers["content-type"] == shown.headers["content-type"]
    # Uptime has more digits at one time than at another, and the doctor may have come meanwhile.
    if path not in ("/_mock/health", "/_mock/sessions"):
        assert head.headers["content-length"] == shown.headers["content-length"]


def test_head_of_an_error_has_no_body_either(mock):
    response = mock.client.head(f"{mock.url}/nowhere")
    assert (response.status_code, response.content) == (404, b"")
    assert mock.client.get(f"{mock.url}/nowhere").status_code == 404  # the connection is in order


# Token


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Basic dXNlcjpwYXNz")],
        [("Authorization", "a-token")],
        [("Authorization", "Bearera-token")],
        [("Authorization", "Token a-token")],
        [("Authorization", "Bearer a"), ("Authorization", "Bearer a")],
        [("Authorization", "Bearer a"), ("Authorization", "Basic b")],
        [("X-Authorization", "Bearer a")],
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", SESSIONS),
        ("GET", CREATED),
        ("PATCH", CREATED),
        ("POST", f"{CREATED}/end"),
        ("POST", f"{CREATED}/audio/a_0.webm"),
        ("POST", f"{CREATED}/process/template/one"),
        ("POST", "/connect-auth/v1/account/refresh-token"),
    ],
)
def test_without_one_bearer_token_nothing_is_done(mock, method, path, headers):
    response = mock.bare.request(method, path, headers=headers)
    assert refusal(response) == (401, "authentication_failed")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_the_token_is_looked_at_before_the_session(mock):
    response = ask(mock, "GET", f"{SESSIONS}/unknown", {"Authorization": ""})
    assert refusal(response) == (401, "authentication_failed")


@pytest.mark.parametrize("value", ["Bearer x", "bearer x", "BEARER x", "Bearer   x", "Bearer é"])
def test_any_bearer_token_is_taken_by_default(mock, value):
    assert ask(mock, "GET", CREATED, {"Authorization": value}).status_code == 202


def test_with_an_allow_list_only_its_tokens_are_taken(serve):
    mock = serve(token=("good", "better"))
    for token, status in [("good", 202), ("better", 202), ("bad", 401), ("Good", 401)]:
        assert ask(mock, "GET", CREATED, {"Authorization": f"Bearer {token}"}).status_code == status
        health = ask(mock, "GET", "/_mock/health", {"Authorization": f"Bearer {token}"})
        assert health.status_code == (200 if status == 202 else 401)
    bare = mock.bare.get("/_mock/health")
    assert refusal(bare) == (401, "authentication_failed")


def test_discovery_login_and_documentation_need_no_token(serve):
    mock = serve(token=("good",))
    for path in ("/voice/v1/.well-known/medscribealliance", "/docs", "/openapi.yaml"):
        assert mock.bare.get(path).status_code == 200
    login = {"client_id": "a", "client_secret": "b"}
    assert mock.bare.post("/connect-auth/v1/account/login", json=login).status_code == 200


def test_without_an_allow_list_the_control_api_needs_no_token(mock):
    assert mock.bare.get("/_mock/health").status_code == 200


# Session and state before the rest of the request


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/end"), ("PATCH", ""), ("GET", ""), ("POST", "/process/template/x")],
)
def test_the_session_is_looked_at_before_the_body(mock, method, path):
    unknown = mock.client.request(method, f"/sessions/unknown{path}", content=b"no json")
    assert refusal(unknown) == (404, "session_not_found")
    if method != "GET":
        expired = f"/sessions/demo_session_expired{path}"
        response = mock.client.request(method, expired, content=b"no json")
        assert refusal(response) == (410, "session_expired")


def test_the_state_is_looked_at_before_the_body(mock):
    for state, code in [("processing", "session_ended"), ("completed", "session_completed")]:
        response = mock.client.post(f"{mock.put(state).path}/end", content=b"no json")
        assert refusal(response) == (400, code)


@pytest.mark.parametrize(
    "session_id", ["x", "x" * 4000, "%22", "%00", "%F0%9F%8E%A4", "a'b", "..", "a%20b", "%0A"]
)
def test_any_other_session_id_is_unknown(mock, session_id):
    for method, suffix in [("GET", ""), ("POST", "/end"), ("POST", "/audio/a_0.webm")]:
        status, code = refusal(ask(mock, method, f"{SESSIONS}/{session_id}{suffix}"))
        assert (status, code) in [(404, "session_not_found"), (404, "not_found")]


# Browsers

ORIGINS = ["http://localhost:3000", "https://app.example.org", "null"]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", CREATED),
        ("GET", "/nowhere"),
        ("PUT", SESSIONS),
        ("GET", f"{SESSIONS}/unknown"),
        ("GET", f"{SESSIONS}/%zz"),
        ("POST", SESSIONS),
        ("GET", "/docs"),
        ("GET", "/_mock/health"),
    ],
)
def test_every_answer_may_be_read_by_the_page_that_asked(mock, origin, method, target):
    headers = ask(mock, method, target, {"Origin": origin}).headers
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"
    assert "origin" in headers["vary"].lower()
    exposed = {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")}
    assert exposed == {
        "retry-after",
        "x-request-id",
        "www-authenticate",
        "allow",
        "x-mock-diagnostics",
        "accept-ranges",
        "content-range",
    }


def test_a_401_may_be_read_by_the_page_that_asked(mock):
    response = ask(mock, "GET", CREATED, {"Origin": ORIGINS[0], "Authorization": ""})
    assert refusal(response) == (401, "authentication_failed")
    assert response.headers["access-control-allow-origin"] == ORIGINS[0]


def test_without_an_origin_nothing_is_said_of_origins(mock):
    headers = ask(mock, "GET", CREATED).headers
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "origin" in headers["vary"].lower()  # a cache must not mix the two up


def preflight(mock, target=f"{CREATED}/audio/a_0.webm", **asked):
    asked = {"Method": "POST"} | {name.replace("_", "-"): value for name, value in asked.items()}
    headers = {f"Access-Control-Request-{name}": value for name, value in asked.items()}
    return ask(mock, "OPTIONS", target, {"Origin": ORIGINS[0], "Authorization": ""} | headers)


def listed(response, name):
    values = response.headers[f"access-control-{name}"].split(",")
    return {value.strip().lower() for value in values} - {""}


def test_a_preflight_is_answered_and_cached(mock):
    response = preflight(mock)
    assert response.status_code == 204
    assert response.content == b""
    assert response.headers["access-control-allow-origin"] == ORIGINS[0]
    assert response.headers["access-control-allow-credentials"] == "true"
    assert {"get", "post", "put", "patch", "delete"} <= listed(response, "allow-methods")
    assert int(response.headers["access-control-max-age"]) >= 600
    assert "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize(
    "target",
    [SESSIONS, CREATED, f"{SESSIONS}/unknown/end", f"{SESSIONS}/%zz", "/nowhere", "/_mock/reset"],
)
def test_a_preflight_allows_every_header_that_it_asks_for(mock, target):
    asked = "authorization,content-type, Prefer , sentry-trace,idempotency-key,x-mock-fault,flavour"
    response = preflight(mock, target, Headers=asked)
    assert response.status_code == 204
    assert listed(response, "allow-headers") == {name.strip().lower() for name in asked.split(",")}


@pytest.mark.parametrize("name", ["two words", "a:b", "b\x80", "(c)", "", "d" * 129])
def test_a_preflight_allows_nothing_that_is_no_header_name(mock, name):
    response = preflight(mock, Headers=f"x-one,{name},x-two")
    assert listed(response, "allow-headers") == {"x-one", "x-two"}


def test_a_preflight_allows_at_most_a_hundred_headers(mock):
    response = preflight(mock, Headers=",".join(f"x-{number}" for number in range(1000)))
    assert listed(response, "allow-headers") == {f"x-{number}" for number in range(100)}


def test_a_private_network_is_allowed_when_asked_for(mock):
    name = "access-control-allow-private-network"
    assert preflight(mock, Private_Network="true").headers[name] == "true"
    assert name not in preflight(mock).headers


def test_options_that_are_no_preflight_are_like_any_method(mock):
    response = ask(mock, "OPTIONS", SESSIONS, {"Origin": ORIGINS[0]})
    assert refusal(response) == (405, "method_not_allowed")


# Request ids


@pytest.mark.parametrize("request_id", ["a", "7c1f0d52-3b8e-4a66", "A.b_c-9", "x" * 128])
def test_a_sane_request_id_is_taken_over(mock, request_id):
    for target in (CREATED, "/nowhere", "/docs", f"{SESSIONS}/%zz"):
        response = ask(mock, "GET", target, {"X-Request-Id": request_id})
        assert response.headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", [None, "", "x" * 129, "a b", "a/b", "é", "a;b", '"a"'])
def test_another_request_id_is_replaced(mock, request_id):
    headers = {} if request_id is None else {"X-Request-Id": request_id}
    ids = {ask(mock, "GET", CREATED, headers).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
    assert request_id not in ids
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,128}", found) for found in ids)


# A crash of our own


class Broken:
    """Operations of which none works."""

    def __getattr__(self, name):
        async def fail(request, **arguments):
            raise ZeroDivisionError("a secret of the server")

        fail.__name__ = name
        return fail


def control_api_of(operations):
    """The stations of the control API, in front of operations of the test's own."""
    api = Api(
        SpecFile(ROOT / "handlers/scribe_mock/control.yaml"),
        operations,
        admission=None,
        accepted=(),
        tokens=Tokens(Clocks()),
        validate_responses=True,
        steering=None,
    )

    async def start():
        pass

    observation = Observation(Metrics({}, float), None)
    apps = {"": api}
    return Gateway(
        apps, streams=api, start=start, stop=start, recorder=None, observation=observation
    )


@pytest.fixture
def broken_mock(serving):
    return serving(control_api_of(Broken()))[0]


def test_a_crash_is_500_and_its_cause_stays_in_the_log(broken_mock, caplog):
    with caplog.at_level(logging.ERROR):
        response = broken_mock.client.get(
            f"{broken_mock.url}/_mock/health", headers={"Origin": ORIGINS[0]}
        )
    assert refusal(response) == (500, "internal_error")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "ZeroDivisionError: a secret of the server" in caplog.text
    assert response.headers["access-control-allow-origin"] == ORIGINS[0]
    assert response.headers["x-request-id"]


def test_a_crash_does_not_end_the_server(broken_mock):
    for _ in range(3):
        response = broken_mock.client.get(f"{broken_mock.url}/_mock/clock")
        assert response.status_code == 500


class Lying(Broken):
    """Operations whose answers break the spec."""

    async def get_health(self, request):
        return JSONResponse({"status": "splendid"})

    async def get_clock(self, request):
        clock = {"now": "2026-01-31T09:30:00.000Z", "frozen": False}
        return JSONResponse(clock, 203 if request.query_params else 200, {"X-Unheard-Of": "1"})


@pytest.mark.parametrize("path", ["/_mock/health", "/_mock/clock", "/_mock/clock?other"])
def test_a_server_that_validates_its_answers_does_not_send_wrong_ones(serving, path):
    mock, _ = serving(control_api_of(Lying()))
    assert refusal(mock.bare.get(path)) == (500, "internal_error")


# What still comes after an early answer


@pytest.fixture
def answered_early(mock):
    """A connection in mid-upload, 1 GB announced and none of it sent, that has read its 404."""
    with mock.wire() as wire:
        size = {"Content-Type": "audio/mp3", "Content-Length": 10**9}
        wire.request("POST", f"{SESSIONS}/no_such_session_at_all/audio/a_0.mp3", TOKEN | size)
        assert refusal(wire.response()) == (404, "session_not_found")
        yield wire


def test_what_comes_after_an_early_answer_is_read_up_to_64_mib(answered_early):
    part, sent = bytes(MIB), 0
    with pytest.raises(ConnectionError):  # noqa: PT012
        while sent < 10**9:
            answered_early.send(part)
            sent += len(part)
    assert 64 * MIB <= sent < 96 * MIB  # with what lies in the sockets' buffers


def test_a_client_that_stops_after_an_early_answer_is_not_waited_for(answered_early):
    answered_early.send(bytes(MIB))
    assert answered_early.closed()
