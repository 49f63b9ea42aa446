"""Who may ask, what is looked at first, and what lies outside the operations."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract import audio, judge
from scribe_mock.contract.probe import (
    DISCOVERY_PATH,
    LOGIN_PATH,
    REFRESH_PATH,
    UNKNOWN,
    WEBM,
    Headers,
    Probe,
)
from scribe_mock.contract.rule import CheckFunction, Faults, Grade, Rule, rule
from scribe_mock.contract.wire import Answer

_TEMPLATE = "/process/template/clinical_notes_template"

#: operationId → method and path under the base, for a session.
CALLS: dict[str, tuple[str, str]] = {
    "createSession": ("POST", "/sessions"),
    "uploadAudio": ("POST", "/sessions/{}/audio/audio_0.webm"),
    "endSession": ("POST", "/sessions/{}/end"),
    "getSession": ("GET", "/sessions/{}"),
    "updateSession": ("PATCH", "/sessions/{}"),
    "processTemplate": ("POST", "/sessions/{}" + _TEMPLATE),
}


def _rule(
    rule_id: str, sentence: str, grade: Grade, operation: str = "", *, read_only: bool = False
) -> Callable[[CheckFunction], Rule]:
    return rule(
        rule_id,
        sentence,
        source="Authentication",
        grade=grade,
        operation=operation,
        read_only=read_only,
    )


async def call(
    probe: Probe,
    operation: str,
    session_id: str,
    *,
    body: bytes | None = None,
    token: str | None = "",
    headers: Headers = (),
    label: str = "",
) -> Answer:
    """Call an operation in its plainest form."""
    method, path = CALLS[operation]
    sent = body
    if sent is None and method != "GET":
        sent = audio.tiny("webm") if operation == "uploadAudio" else _body(probe, operation)
    if method != "GET":
        mime = WEBM if operation == "uploadAudio" else "application/json"
        headers = (*headers, ("Content-Type", mime))
    request = probe.request(
        method,
        path.format(session_id),
        body=sent,
        headers=headers,
        token=token,
        operation=operation,
        label=label,
    )
    return await probe.send(request)


def _body(probe: Probe, operation: str) -> bytes:
    import json

    value: dict[str, Any] = {
        "createSession": probe.creation(),
        "endSession": {"audio_files_sent": 0},
        "updateSession": {"patient_details": {"name": "Asha Rao"}},
    }.get(operation, {})
    return json.dumps(value).encode()


def _without(name: str, sentence: str, authorizations: list[str | None]) -> list[Rule]:
    def make(operation: str) -> Rule:
        async def check(probe: Probe) -> Faults:
            needs_session = operation != "createSession"
            session_id = (await probe.create()).session_id if needs_session else ""
            for value in authorizations:
                headers = () if value is None else (("Authorization", value),)
                label = "without Authorization" if value is None else f"Authorization: {value}"
                answer = await call(
                    probe, operation, session_id, token=None, headers=headers, label=label
                )
                yield judge.refused(answer, 401, "authentication_failed")

        return _rule(f"auth.{name}.{operation}", sentence, Grade.PROTOCOL, operation)(check)

    return [make(operation) for operation in CALLS]


RULES = (
    *_without("missing", "Without Authorization: 401 authentication_failed.", [None]),
    *_without(
        "malformed",
        "An Authorization that is empty or not Bearer: 401 authentication_failed.",
        ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "abc"],
    ),
)


@_rule(
    "auth.discovery", "Discovery needs no token.", Grade.PROTOCOL, "getDiscovery", read_only=True
)
async def discovery_is_public(probe: Probe) -> Faults:
    """With one it works too."""
    for token in (None, ""):
        answer = await probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=token)
        yield judge.status_is(answer, 200, what="discovery")


@_rule(
    "order.path_first", "The path is looked at before the token.", Grade.INFERRED, read_only=True
)
async def path_first(probe: Probe) -> Faults:
    """What is nowhere is 404, whoever asks."""
    request = probe.request("GET", "/no-such-place", token=None, label="without a token")
    yield judge.refused(await probe.send(request), 404, "not_found")


@_rule(
    "order.method_before_token",
    "The method is looked at before the token.",
    Grade.INFERRED,
    read_only=True,
)
async def method_before_token(probe: Probe) -> Faults:
    """No token makes PUT work."""
    request = probe.request("PUT", "/sessions", token=None, body=b"", label="without a token")
    yield judge.refused(await probe.send(request), 405, "method_not_allowed")


def _order(name: str, sentence: str) -> Callable[[CheckFunction], Rule]:
    return _rule(f"order.{name}", sentence, Grade.INFERRED)


@_order("token_before_session", "The token is looked at before the session.")
async def token_before_session(probe: Probe) -> Faults:
    """A stranger does not learn which sessions there are."""
    for operation in CALLS:
        if operation not in ("createSession", "uploadAudio") and operation not in probe.run.missing:
            answer = await call(
                probe, operation, UNKNOWN, token=None, label=f"{operation} without a token"
            )
            yield judge.refused(answer, 401, "authentication_failed")


@_order("session_before_body", "The session is looked at before the body.")
async def session_before_body(probe: Probe) -> Faults:
    """A body that is no JSON does not matter to a session that is not there."""
    for operation in ("endSession", "updateSession"):
        if operation not in probe.run.missing:
            answer = await call(
                probe, operation, UNKNOWN, body=b"not JSON", label=f"{operation}, not JSON"
            )
            yield judge.refused(answer, 404, "session_not_found")


@_order("state_before_body", "The session's state is looked at before the body.")
async def state_before_body(probe: Probe) -> Faults:
    """What is over is over, whatever is sent."""
    session = await probe.finished("completed")
    answer = await call(probe, "endSession", session.session_id, body=b"not JSON")
    yield judge.refused(answer, 400, "session_completed")


@_order("token_before_body", "The token is looked at before the body.")
async def token_before_body(probe: Probe) -> Faults:
    """A stranger's body is not read."""
    answer = await call(
        probe, "createSession", "", body=b"not JSON", token=None, label="not JSON, without a token"
    )
    yield judge.refused(answer, 401, "authentication_failed")


def _outside(
    name: str, sentence: str, *, read_only: bool = True
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"paths.{name}",
        sentence,
        source="Authentication, order of what is looked at",
        grade=Grade.INFERRED,
        read_only=read_only,
    )


@_outside("unknown", "An unknown path is 404 not_found.")
async def unknown_path(probe: Probe) -> Faults:
    """Near misses of paths that there are."""
    for method, path in (
        ("GET", "/session"),
        ("GET", "/no-such-place"),
        ("POST", f"/sessions/{UNKNOWN}/audio"),
        ("POST", f"/sessions/{UNKNOWN}/finish"),
        ("GET", f"/sessions/{UNKNOWN}/audio/audio_0.webm/more"),
    ):
        body = b"" if method == "POST" else None
        answer = await probe.send(probe.request(method, path, body=body))
        yield judge.refused(answer, 404, "not_found")


@_outside("method", "A wrong method is 405 method_not_allowed.")
async def wrong_method(probe: Probe) -> Faults:
    """The path is right."""
    for method, path, operation in (
        ("PUT", "/sessions", "createSession"),
        ("DELETE", f"/sessions/{UNKNOWN}", "getSession"),
        ("GET", f"/sessions/{UNKNOWN}/end", "endSession"),
        ("PUT", f"/sessions/{UNKNOWN}/audio/audio_0.webm", "uploadAudio"),
        ("POST", DISCOVERY_PATH, "getDiscovery"),
    ):
        if operation in probe.run.missing:
            continue
        body = b"" if method in ("PUT", "POST") else None
        answer = await probe.send(probe.request(method, path, body=body))
        yield judge.refused(answer, 405, "method_not_allowed")


_HOSTILE_IDS = (
    "..",
    "%2e%2e",
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "ses_%00",
    "%0A",
    "'%20OR%20'1'='1",
    "%F0%9F%8E%A4",
    "%FF",
    "x" * 4000,
    "ses_0000000000000000000%30",
    "null",
    "undefined",
    "{session_id}",
    "*",
    "0",
    "-1",
)


@rule(
    "session.hostile_id",
    "An id that no session has is refused, whatever it looks like.",
    source="Upload audio, table, row 2",
    grade=Grade.PROTOCOL,
    operation="getSession",
    read_only=True,
)
async def hostile_id(probe: Probe) -> Faults:
    """404, or 400 where it is no id at all."""
    for raw in _HOSTILE_IDS:
        request = probe.request("GET", f"/sessions/{raw}", operation="getSession", label=raw[:60])
        yield judge.status_is(await probe.send(request), 404, 400, what="an id that nobody has")


@rule(
    "odd.headers",
    "Fields that come twice are answered like any others, never with a 5xx.",
    source="The wire contract, preamble",
    grade=Grade.PROTOCOL,
    operation="uploadAudio",
)
async def odd_headers(probe: Probe) -> Faults:
    """Two types, two tokens: whether they are taken is the server's to say."""
    session = await probe.create()
    for headers in (
        (("Content-Type", "audio/wav"),),
        (("Authorization", "Bearer other"),),
        (("X-Filler", "x" * 4000),),
        (("X-Odd", "caf\u00e9 \u00ff"),),
        (("Accept", "text/html"), ("Accept-Encoding", "gzip")),
    ):
        await probe.upload(session, headers=headers, label=f"with {headers[0][0]} too")
    request = probe.request("GET", session.path, operation="getSession", headers=(("X-A", ""),))
    yield judge.accepted(await probe.send(request, session), what="Get session afterwards")


@rule(
    "odd.methods",
    "A method that nobody uses is refused, never answered with a 5xx.",
    source="The wire contract, preamble",
    grade=Grade.PROTOCOL,
    read_only=True,
)
async def odd_methods(probe: Probe) -> Faults:
    """The HTTP parser may refuse it."""
    for method in ("TRACE", "PROPFIND", "BREW"):
        request = probe.request(method, f"/sessions/{UNKNOWN}", exempt=True)
        answer = await probe.send(request)
        if answer.status >= 500:
            yield judge.status_is(answer, 405, 404, 400, what=f"the method {method}")
    for headers in ((("Content-Length", "abc"),), (("X-Filler", "x" * 200_000),)):
        request = probe.request("POST", "/sessions", headers=headers, exempt=True)
        await probe.send(request)
        yield None


def _login_rule(name: str, sentence: str) -> Callable[[CheckFunction], Rule]:
    operation = "refreshToken" if name.startswith("refresh") else "login"
    return _rule(f"login.{name}", sentence, Grade.INFERRED, operation)


async def _post(probe: Probe, path: str, value: Any = ..., **how: Any) -> Answer:
    operation = "login" if path == LOGIN_PATH else "refreshToken"
    return await probe.ask(operation, "POST", path, at=probe.root(), value=value, **how)


_TOKENS = {"access_token": "access_1", "refresh_token": "refresh_1"}


@_login_rule("answer", "Login trades an id and a secret for tokens.")
async def login_answer(probe: Probe) -> Faults:
    """Credentials that nobody gave us may be refused."""
    given = probe.options.login
    client_id, secret = given or ("scribe-mock-check", "not-a-real-secret")
    body = {"client_id": client_id, "client_secret": secret}
    answer = await _post(probe, LOGIN_PATH, body, token=None)
    if given or answer.status not in (400, 401, 403):
        yield judge.accepted(answer, what="login")
    token = answer.fields().get("access_token")
    if answer.accepted and isinstance(token, str):
        used = await probe.ask(
            "createSession", "POST", "/sessions", value=probe.creation(), token=token
        )
        yield judge.accepted(used, what="a session with the token of login")


@_login_rule("schema", "Login without id or secret is 422.")
async def login_schema(probe: Probe) -> Faults:
    """Both are wanted, as texts that are not empty."""
    for body in (
        {},
        {"client_id": "a"},
        {"client_secret": "b"},
        {"client_id": "", "client_secret": "b"},
        {"client_id": 1, "client_secret": "b"},
    ):
        answer = await _post(probe, LOGIN_PATH, body, token=None, label=f"login with {body}")
        yield judge.refused(answer, 422, "invalid_request")


@_login_rule("not_json", "A login that is not JSON is 400.")
async def login_not_json(probe: Probe) -> Faults:
    """A form is not JSON."""
    answer = await _post(probe, LOGIN_PATH, body=b"client_id=a&client_secret=b", token=None)
    yield judge.refused(answer, 400, "invalid_request")


@_login_rule("refresh", "Refresh trades tokens for new ones.")
async def refresh(probe: Probe) -> Faults:
    """Tokens that were made up may be refused."""
    answer = await _post(probe, REFRESH_PATH, _TOKENS)
    if answer.status not in (400, 401, 403):
        yield judge.accepted(answer, what="refresh")


@_login_rule("refresh_schema", "Refresh without tokens is 422, and 400 when it is not JSON.")
async def refresh_schema(probe: Probe) -> Faults:
    """Both tokens are wanted."""
    answer = await _post(probe, REFRESH_PATH, {"access_token": "access_1"})
    yield judge.refused(answer, 422, "invalid_request")
    answer = await _post(probe, REFRESH_PATH, body=b"not JSON")
    yield judge.refused(answer, 400, "invalid_request")


@_login_rule("refresh_token", "Refresh asks for a bearer token, whichever.")
async def refresh_without(probe: Probe) -> Faults:
    """The one at hand may have expired, but there is one."""
    answer = await _post(probe, REFRESH_PATH, _TOKENS, token=None)
    yield judge.refused(answer, 401, "authentication_failed")
