"""The shortest way to every answer that the contract knows, on any server, as data.

`{session}` stands for the id that the last Create session returned, `{expired}` for a session that
has expired. `following` takes the steps; documentation turns them into samples and run buttons.
"""

import json
from dataclasses import dataclass
from typing import Any

from scribe_mock.contract.core import samples
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.paths import BASE_PATH, DISCOVERY_PATH, LOGIN_PATH, REFRESH_PATH

#: Bytes of a JSON body that is too large.
TOO_MUCH_JSON = 1024 * 1024 + 1


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request of a recipe.

    Args:
        operation: The operationId; empty for a request that is meant for none.
        method, path: As documented, whole; `{session}` and `{expired}` are filled in.
        value: Sent as JSON; `...` for none.
        text: Sent as it is, labelled as JSON, instead.
        audio: The extension of the sample to send, instead.
        size: Bytes that the body is padded to: text with spaces, audio with zeros.
        headers: Beside Authorization.
        token: Whether the bearer token is sent.
        until: Repeat until the session has this status.
    """

    operation: str
    method: str
    path: str
    value: Any = ...
    text: str | None = None
    audio: str | None = None
    size: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    token: bool = True
    until: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """Header fields, with the type of a JSON body, without Authorization."""
        is_json = self.value is not ... or self.text is not None
        return ({"Content-Type": "application/json"} if is_json else {}) | dict(self.headers)

    def body(self) -> bytes | None:
        """The bytes to send."""
        if self.audio is not None:
            sample = samples.tiny(self.audio) if self.audio else b""
            return sample + bytes(max(0, self.size - len(sample)))
        if self.value is not ...:
            return json.dumps(self.value).encode()
        if self.text is not None:
            return self.text.encode() + b" " * (self.size - len(self.text))
        return b"" if self.method == "POST" else None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One answer, and the steps to it; the last step gets it.

    Args:
        operation: The operationId; empty for answers of no operation.
        status: The status code.
        code: `error.code`; for Get session the `status` in the body; else empty.
        steps: The requests, in order.
        why_not: Why no client can get there, instead.
    """

    operation: str
    status: int
    code: str = ""
    steps: tuple[Step, ...] = ()
    why_not: str = ""

    @property
    def name(self) -> str:
        """`uploadAudio 400 session_ended`."""
        return " ".join(filter(None, (self.operation or "(none)", str(self.status), self.code)))

    def summary(self) -> str:
        """The way there, in a line."""
        return " → ".join(
            f"{step.method} {step.path.removeprefix(BASE_PATH)}" for step in self.steps
        )


def _sessions(**more: Any) -> Step:
    return Step(operation="createSession", method="POST", path=f"{BASE_PATH}/sessions", **more)


def _create(upload_type: str = "chunked", **more: Any) -> Step:
    body = {"upload_type": upload_type, "communication_protocol": "http"} | more
    return _sessions(value=body)


def _upload(session: str = "{session}", name: str = "audio_0.webm", **more: Any) -> Step:
    more = {"audio": "webm", "headers": (("Content-Type", samples.WEBM),)} | more
    path = f"{BASE_PATH}/sessions/{session}/audio/{name}"
    return Step(operation="uploadAudio", method="POST", path=path, **more)


def _end(session: str = "{session}", **more: Any) -> Step:
    more = more or {"value": {"audio_files_sent": 0}}
    path = f"{BASE_PATH}/sessions/{session}/end"
    return Step(operation="endSession", method="POST", path=path, **more)


def _get(session: str = "{session}", until: str = "", query: str = "", **more: Any) -> Step:
    path = f"{BASE_PATH}/sessions/{session}{query}"
    return Step(operation="getSession", method="GET", path=path, until=until, **more)


def _patch(session: str = "{session}", **more: Any) -> Step:
    more = more or {"value": {"patient_details": {"name": "Asha Rao"}}}
    path = f"{BASE_PATH}/sessions/{session}"
    return Step(operation="updateSession", method="PATCH", path=path, **more)


def _process(
    session: str = "{session}", template: str = "clinical_notes_template", **more: Any
) -> Step:
    path = f"{BASE_PATH}/sessions/{session}/process/template/{template}"
    return Step(operation="processTemplate", method="POST", path=path, **more)


def _login(**more: Any) -> Step:
    more.setdefault("value", {"client_id": "demo-clinic", "client_secret": "not-a-real-secret"})
    more = {key: value for key, value in more.items() if value is not None}
    return Step(operation="login", method="POST", path=LOGIN_PATH, token=False, **more)


def _refresh(**more: Any) -> Step:
    more.setdefault("value", {"access_token": "access_1", "refresh_token": "refresh_1"})
    more = {key: value for key, value in more.items() if value is not None}
    return Step(operation="refreshToken", method="POST", path=REFRESH_PATH, **more)


_OWN_ID = {"session_id": "ses_recipe_own_id_1"}
_NOT_JSON: dict[str, Any] = {"text": "not JSON", "value": ...}
_TOO_LARGE: dict[str, Any] = {"text": "{}", "size": TOO_MUCH_JSON, "value": ...}
_NO_CRASH = "a server that crashes has a bug; no request is known to cause one"
_NO_ROOM = "the server's memory would have to be filled"


def _of(operation: str, *entries: tuple[int, str, tuple[Step, ...] | str]) -> tuple[Recipe, ...]:
    return tuple(
        Recipe(operation=operation, status=status, code=code, why_not=way)
        if isinstance(way, str)
        else Recipe(operation=operation, status=status, code=code, steps=way)
        for status, code, way in entries
    )


_DISCOVER = Step(
    operation="getDiscovery",
    method="GET",
    path=f"{BASE_PATH}{DISCOVERY_PATH}",
    token=False,
)
_DONE = (_create(), _end(), _get(until="completed"))

RECIPES: tuple[Recipe, ...] = (
    *_of(
        "uploadAudio",
        (200, "", (_create(), _upload())),
        (400, "session_ended", (_create(), _end(), _upload())),
        (400, "session_completed", (*_DONE, _upload())),
        (
            400,
            "invalid_audio_format",
            (_create(), _upload(headers=(("Content-Type", "audio/flac"),))),
        ),
        (400, "invalid_request", (_create(), _upload(name="consultation.webm"))),
        (401, "authentication_failed", (_upload(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_upload(UNKNOWN_SESSION),)),
        (410, "session_expired", (_upload("{expired}"),)),
        (413, "chunk_too_large", (_create(), _upload(size=samples.TEN_MIB + 1))),
        (500, "internal_error", _NO_CRASH),
        (503, "service_unavailable", _NO_ROOM),
    ),
    *_of(
        "createSession",
        (201, "", (_create(),)),
        (400, "invalid_request", (_sessions(**_NOT_JSON),)),
        (
            401,
            "authentication_failed",
            (_sessions(value={"upload_type": "chunked"}, token=False),),
        ),
        (409, "session_exists", (_create(**_OWN_ID), _create(**_OWN_ID))),
        (413, "request_too_large", (_sessions(**_TOO_LARGE),)),
        (422, "invalid_request", (_create("chunk"),)),
        (500, "internal_error", _NO_CRASH),
        (503, "service_unavailable", _NO_ROOM),
    ),
    *_of(
        "endSession",
        (202, "", (_create(), _end())),
        (400, "session_ended", (_create(), _end(), _end())),
        (400, "session_completed", (*_DONE, _end())),
        (400, "invalid_request", (_create(), _end(**_NOT_JSON))),
        (401, "authentication_failed", (_end(UNKNOWN_SESSION, value={}, token=False),)),
        (404, "session_not_found", (_end(UNKNOWN_SESSION),)),
        (410, "session_expired", (_end("{expired}"),)),
        (413, "request_too_large", (_create(), _end(**_TOO_LARGE))),
        (422, "invalid_request", (_create(), _end(value={"audio_files_sent": -1}))),
        (500, "internal_error", _NO_CRASH),
    ),
    *_of(
        "getSession",
        (202, "created", (_create(), _get())),
        (202, "recording", (_create(), _upload(), _get())),
        (202, "processing", (_create(), _end(), _get())),
        (200, "completed", _DONE),
        (
            206,
            "partial",
            (_create(), _end(value={"audio_files_sent": 1}), _get(until="partial")),
        ),
        (
            200,
            "failed",
            (
                _create(additional_data={"_mock": {"scenario": "failed"}}),
                _end(),
                _get(until="failed"),
            ),
        ),
        (401, "authentication_failed", (_get(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_get(UNKNOWN_SESSION),)),
        (404, "template_not_found", (_create(), _get(query="?template_id=no_such_template"))),
        (410, "expired", (_get("{expired}"),)),
        (500, "internal_error", _NO_CRASH),
    ),
    *_of(
        "updateSession",
        (200, "", (_create(), _patch())),
        (400, "invalid_request", (_create(), _patch(value={}))),
        (401, "authentication_failed", (_patch(UNKNOWN_SESSION, value={}, token=False),)),
        (404, "session_not_found", (_patch(UNKNOWN_SESSION),)),
        (409, "session_already_committed", (_create(), _end(), _patch(value={"model": "pro"}))),
        (410, "session_expired", (_patch("{expired}"),)),
        (413, "request_too_large", (_create(), _patch(**_TOO_LARGE))),
        (422, "invalid_request", (_create(), _patch(value={"upload_type": "single"}))),
        (500, "internal_error", _NO_CRASH),
        (503, "service_unavailable", _NO_ROOM),
    ),
    *_of(
        "processTemplate",
        (202, "", (*_DONE, _process())),
        (400, "invalid_request", (*_DONE, _process(template="x" * 129))),
        (401, "authentication_failed", (_process(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_process(UNKNOWN_SESSION),)),
        (409, "session_not_completed", (_create(), _process())),
        (410, "session_expired", (_process("{expired}"),)),
        (500, "internal_error", _NO_CRASH),
        (503, "service_unavailable", _NO_ROOM),
    ),
    *_of(
        "getDiscovery",
        (200, "", (_DISCOVER,)),
        (500, "internal_error", _NO_CRASH),
    ),
    *_of(
        "login",
        (200, "", (_login(),)),
        (400, "invalid_request", (_login(**_NOT_JSON),)),
        (413, "request_too_large", (_login(**_TOO_LARGE),)),
        (422, "invalid_request", (_login(value={"client_id": "demo-clinic"}),)),
        (500, "internal_error", _NO_CRASH),
    ),
    *_of(
        "refreshToken",
        (200, "", (_refresh(),)),
        (400, "invalid_request", (_refresh(**_NOT_JSON),)),
        (401, "authentication_failed", (_refresh(token=False),)),
        (413, "request_too_large", (_refresh(**_TOO_LARGE),)),
        (422, "invalid_request", (_refresh(value={"access_token": "access_1"}),)),
        (500, "internal_error", _NO_CRASH),
    ),
    *_of(
        "",
        (
            400,
            "invalid_request",
            (
                Step(
                    operation="",
                    method="POST",
                    path=f"{BASE_PATH}/sessions",
                    audio="",
                    headers=(("Content-Length", "abc"),),
                ),
            ),
        ),
        (404, "not_found", (Step(operation="", method="GET", path=f"{BASE_PATH}/session"),)),
        (
            405,
            "method_not_allowed",
            (Step(operation="", method="PUT", path=f"{BASE_PATH}/sessions"),),
        ),
        (408, "request_timeout", "the server would have to be kept waiting for half a minute"),
        (
            431,
            "headers_too_large",
            (
                Step(
                    operation="",
                    method="GET",
                    path=f"{BASE_PATH}/sessions/x",
                    headers=(("X-Filler", "x" * 70_000),),
                ),
            ),
        ),
        (503, "service_unavailable", "the server would have to be stopped"),
    ),
)
