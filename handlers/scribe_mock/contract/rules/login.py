"""Rules about login and refresh."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import LOGIN_PATH, REFRESH_PATH


def _login_rule(
    name: str, sentence: str, grade: Grade = Grade.INFERRED
) -> Callable[[CheckFunction], Rule]:
    operation = "refreshToken" if name.startswith("refresh") else "login"
    return rule(
        f"login.{name}",
        sentence,
        source="Authentication",
        grade=grade,
        operation=operation,
    )


async def _post(probe: Probe, path: str, value: Any = ..., **how: Any) -> Answer:
    operation = "login" if path == LOGIN_PATH else "refreshToken"
    return await probe.ask(operation, "POST", path, at=probe.root(), value=value, **how)


_TOKENS = {"refresh_token": "refresh_1"}


@_login_rule("answer", "Login with an id and a secret returns tokens.", Grade.PROTOCOL)
async def login_answer(probe: Probe) -> Faults:
    """Made-up credentials are sent; a server may refuse them."""
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


@_login_rule("schema", "Login without id or secret: 422.")
async def login_schema(probe: Probe) -> Faults:
    """Each is left out, empty, and of another type."""
    for body in (
        {},
        {"client_id": "a"},
        {"client_secret": "b"},
        {"client_id": "", "client_secret": "b"},
        {"client_id": 1, "client_secret": "b"},
    ):
        answer = await _post(probe, LOGIN_PATH, body, token=None, label=f"login with {body}")
        yield judge.refused(answer, 422, "invalid_request")


@_login_rule("not_json", "A login body that is not JSON: 400.")
async def login_not_json(probe: Probe) -> Faults:
    """A form is sent."""
    answer = await _post(probe, LOGIN_PATH, body=b"client_id=a&client_secret=b", token=None)
    yield judge.refused(answer, 400, "invalid_request")


@_login_rule(
    "refresh", "Refresh needs refresh_token alone, and returns new tokens.", Grade.PROTOCOL
)
async def refresh(probe: Probe) -> Faults:
    """A made-up token is sent, with access_token and without; a server may refuse it."""
    for body in (_TOKENS, _TOKENS | {"access_token": "access_1"}):
        answer = await _post(probe, REFRESH_PATH, body, label=f"refresh with {', '.join(body)}")
        if answer.status not in (400, 401, 403):
            yield judge.accepted(answer, what=f"refresh with {', '.join(body)}")


@_login_rule(
    "refresh_schema", "Refresh without refresh_token: 422, and 400 if the body is not JSON."
)
async def refresh_schema(probe: Probe) -> Faults:
    """The token is left out, and a body is sent that is no JSON."""
    answer = await _post(probe, REFRESH_PATH, {"access_token": "access_1"})
    yield judge.refused(answer, 422, "invalid_request")
    answer = await _post(probe, REFRESH_PATH, body=b"not JSON")
    yield judge.refused(answer, 400, "invalid_request")


@_login_rule("refresh_token", "Refresh needs a bearer token, and accepts any.")
async def refresh_without(probe: Probe) -> Faults:
    """Refresh is called without a bearer token, and with an invented one."""
    answer = await _post(probe, REFRESH_PATH, _TOKENS, token=None)
    yield judge.refused(answer, 401, "authentication_failed")
