"""Rules about tokens, and about the order of checks."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract.core import judge, prepared_sessions, samples
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Headers, Probe, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import DISCOVERY_PATH

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
    """Call an operation with a minimal valid request."""
    method, path = CALLS[operation]
    sent = body
    if sent is None and method != "GET":
        sent = samples.tiny("webm") if operation == "uploadAudio" else _body(probe, operation)
    if method != "GET":
        mime = WEBM if operation == "uploadAudio" else "application/json"
        headers = (*headers, ("Content-Type", mime))
    request = probe.request(
        method,
        path.format(in_path(session_id)),
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
    """Discovery is requested with and without a token."""
    for token in (None, ""):
        answer = await probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=token)
        yield judge.status_is(answer, 200, what="discovery")


@_rule("order.path_first", "The path is checked before the token.", Grade.INFERRED, read_only=True)
async def path_first(probe: Probe) -> Faults:
    """An unknown path is requested without a token: 404 and not 401."""
    request = probe.request("GET", "/no-such-place", token=None, label="without a token")
    yield judge.refused(await probe.send(request), 404, "not_found")


@_rule(
    "order.method_before_token",
    "The method is checked before the token.",
    Grade.INFERRED,
    read_only=True,
)
async def method_before_token(probe: Probe) -> Faults:
    """A wrong method is sent without a token: 405 and not 401."""
    request = probe.request("PUT", "/sessions", token=None, body=b"", label="without a token")
    yield judge.refused(await probe.send(request), 405, "method_not_allowed")


def _order(
    name: str, sentence: str, needs: tuple[str, ...] = ()
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"order.{name}",
        sentence,
        source="Order of checks",
        grade=Grade.INFERRED,
        needs=needs,
    )


@_order("token_before_session", "The token is checked before the session.")
async def token_before_session(probe: Probe) -> Faults:
    """An unknown session is requested without a token: 401 and not 404."""
    for operation in CALLS:
        if operation not in ("createSession", "uploadAudio") and operation not in probe.run.missing:
            answer = await call(
                probe, operation, UNKNOWN_SESSION, token=None, label=f"{operation} without a token"
            )
            yield judge.refused(answer, 401, "authentication_failed")


@_order("session_before_body", "The session is checked before the body.")
async def session_before_body(probe: Probe) -> Faults:
    """A body that is not JSON is sent to an unknown session: 404 and not 400."""
    for operation in ("endSession", "updateSession"):
        if operation not in probe.run.missing:
            answer = await call(
                probe, operation, UNKNOWN_SESSION, body=b"not JSON", label=f"{operation}, not JSON"
            )
            yield judge.refused(answer, 404, "session_not_found")


@_order(
    "state_before_body",
    "The session's state is checked before the body.",
    ("state.completed.end",),
)
async def state_before_body(probe: Probe) -> Faults:
    """Invalid bodies are sent to a completed session: the answer is about its state."""
    session = await prepared_sessions.finished(probe, "completed")
    answer = await call(probe, "endSession", session.session_id, body=b"not JSON")
    yield judge.refused(answer, 400, "session_completed")


@_order("token_before_body", "The token is checked before the body.")
async def token_before_body(probe: Probe) -> Faults:
    """A body that is not JSON is sent without a token: 401 and not 400."""
    answer = await call(
        probe, "createSession", "", body=b"not JSON", token=None, label="not JSON, without a token"
    )
    yield judge.refused(answer, 401, "authentication_failed")
