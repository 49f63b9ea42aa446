"""Recipes: the shortest way to make each documented error happen, as data.

A recipe is a list of steps, and the last one is answered with the error. The sessions
`demo_session_…` are those that every fresh mock has (`fixtures/sessions.yaml`); where a session
must be open, the recipe makes its own, since the open demo session expires after an hour.

In paths and header fields, `{token}` stands for a bearer token and `{name}` for what an earlier
step saved under that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.audio.formats import MAX_UPLOAD_BYTES

_TOKEN = {"Authorization": "Bearer {token}"}
_MAX_JSON_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    Args:
        method: For instance POST.
        path: From the host's root, with a query where there is one.
        headers: Header fields to send.
        body: A str is sent as it is, anything else as JSON; None for no body.
        size: Send so many zero bytes instead.
        save: Name → JSON pointer into the answer, for later steps.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: _TOKEN)
    body: Any = None
    size: int | None = None
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make one error happen, or in `explanation` why a client can't.

    Args:
        operation: The operationId, or "outside" for errors of no operation.
        status: The status of the last step's answer.
        code: Its `error.code`.
        steps: The requests, in order.
        explanation: For errors that no well-behaved request brings about.
    """

    operation: str
    status: int
    code: str
    steps: tuple[Step, ...] = ()
    explanation: str = ""


_SESSIONS = "/voice/v1/sessions"
_LOGIN = "/connect-auth/v1/account/login"
_REFRESH = "/connect-auth/v1/account/refresh-token"
_OPEN = Step("POST", _SESSIONS, body={"upload_type": "chunked"}, save={"session_id": "/session_id"})
_NOT_JSON = "this is not JSON"

_BUG = (
    "A fault of the server itself: no request brings it about on purpose. Treat it like any 5xx, "
    "and report the X-Request-Id of the answer."
)
_FULL = (
    "Needs a server whose memory is full of sessions in use: start one with --max-memory 16MiB and "
    "upload chunks of 10 MB to sessions that are not ended."
)
_PARSER = {
    (400, "invalid_request"): "Needs bytes that are not HTTP, which no HTTP client sends.",
    (408, "request_timeout"): "Needs a client that stops in the middle of a request for 30 "
    "seconds: a laptop that falls asleep, or a network that goes away.",
    (431, "headers_too_large"): "Needs header fields of more than 64 KiB together, such as a "
    "cookie that grew without bound.",
}


def _upload(session: str, name: str, kind: str = "audio/webm;codecs=opus", **more: Any) -> Step:
    path, headers = f"{_SESSIONS}/{session}/audio/{name}", _TOKEN | {"Content-Type": kind}
    return Step("POST", path, headers, **{"body": "x"} | more)


def _of_state(operation: str, method: str, path: str, body: Any) -> list[Recipe]:
    """The recipes that all operations on a session share; `path` has {id} for the session."""

    def step(session: str, **more: Any) -> Step:
        return Step(method, path.replace("{id}", session), body=body, **more)

    found = [
        Recipe(
            operation, 401, "authentication_failed", (step("demo_session_completed", headers={}),)
        ),
        Recipe(operation, 404, "session_not_found", (step("no_such_session"),)),
    ]
    if operation != "getSession":
        found.append(Recipe(operation, 410, "session_expired", (step("demo_session_expired"),)))
    return found


def _of_json(
    operation: str, method: str, path: str, wrong: Any, before: tuple[Step, ...] = ()
) -> list[Recipe]:
    """The recipes that all operations with a JSON body share; `wrong` breaks its schema."""

    def recipe(status: int, code: str, **body: Any) -> Recipe:
        return Recipe(operation, status, code, (*before, Step(method, path, **body)))

    return [
        recipe(400, "invalid_request", body=_NOT_JSON),
        recipe(413, "request_too_large", size=_MAX_JSON_BYTES + 1),
        recipe(422, "invalid_request", body=wrong),
    ]


def _of_upload() -> list[Recipe]:
    def recipe(status: int, code: str, *steps: Step) -> Recipe:
        return Recipe("uploadAudio", status, code, steps)

    return [
        recipe(400, "session_ended", _upload("demo_session_processing", "audio_9.webm")),
        recipe(400, "session_completed", _upload("demo_session_completed", "audio_9.webm")),
        recipe(
            400,
            "invalid_audio_format",
            _OPEN,
            _upload("{session_id}", "audio_0.flac", "audio/flac"),
        ),
        recipe(400, "invalid_request", _OPEN, _upload("{session_id}", "recording.webm")),
        *_of_state("uploadAudio", "POST", f"{_SESSIONS}/{{id}}/audio/audio_0.webm", "x"),
        recipe(
            413,
            "chunk_too_large",
            _OPEN,
            _upload("{session_id}", "audio_0.webm", body=None, size=MAX_UPLOAD_BYTES + 1),
        ),
    ]


def _of_sessions() -> list[Recipe]:
    taken = {"session_id": "demo_session_completed", "upload_type": "chunked"}
    no_token = Step("POST", _SESSIONS, {}, {"upload_type": "chunked"})
    end, one = f"{_SESSIONS}/{{id}}/end", f"{_SESSIONS}/{{id}}"
    process = f"{_SESSIONS}/{{id}}/process/template/eka_emr_template"
    made = "{session_id}"

    def recipe(operation: str, status: int, code: str, *steps: Step) -> Recipe:
        return Recipe(operation, status, code, steps)

    def at(method: str, path: str, session: str, body: Any = None) -> Step:
        return Step(method, path.replace("{id}", session), body=body)

    sent = {"audio_files_sent": 1}
    unknown = f"{_SESSIONS}/demo_session_completed?template_id=no_such_template"
    return [
        recipe("createSession", 401, "authentication_failed", no_token),
        recipe("createSession", 409, "session_exists", Step("POST", _SESSIONS, body=taken)),
        *_of_json("createSession", "POST", _SESSIONS, {"upload_type": "fax"}),
        recipe(
            "endSession", 400, "session_ended", at("POST", end, "demo_session_processing", sent)
        ),
        recipe(
            "endSession", 400, "session_completed", at("POST", end, "demo_session_completed", sent)
        ),
        *_of_state("endSession", "POST", end, sent),
        *_of_json("endSession", "POST", end.format(id=made), {"audio_files_sent": -1}, (_OPEN,)),
        *_of_state("getSession", "GET", one, None),
        recipe("getSession", 404, "template_not_found", Step("GET", unknown)),
        *_of_state("updateSession", "PATCH", one, {"model": "pro"}),
        recipe(
            "updateSession",
            409,
            "session_already_committed",
            at("PATCH", one, "demo_session_completed", {"model": "pro"}),
        ),
        *_of_json("updateSession", "PATCH", one.format(id=made), {"colour": "red"}, (_OPEN,)),
        *_of_state("processTemplate", "POST", process, None),
        recipe("processTemplate", 409, "session_not_completed", _OPEN, at("POST", process, made)),
    ]


def _of_login() -> list[Recipe]:
    without = Step("POST", _REFRESH, {}, {"access_token": "old", "refresh_token": "r"})
    return [
        *_of_json("login", "POST", _LOGIN, {"client_id": 7}),
        Recipe("refreshToken", 401, "authentication_failed", (without,)),
        *_of_json("refreshToken", "POST", _REFRESH, {"refresh_token": 7}),
    ]


def _of_nothing() -> list[Recipe]:
    nowhere = Step("GET", "/voice/v1/nowhere")
    wrong = Step("DELETE", _SESSIONS)
    return [
        Recipe("outside", 404, "not_found", (nowhere,)),
        Recipe("outside", 405, "method_not_allowed", (wrong,)),
        *(Recipe("outside", *error, explanation=text) for error, text in _PARSER.items()),
    ]


def recipes() -> dict[tuple[str, int, str], Recipe]:
    """Every recipe by operation, status and code."""
    found = [*_of_upload(), *_of_sessions(), *_of_login(), *_of_nothing()]
    return {(recipe.operation, recipe.status, recipe.code): recipe for recipe in found}


def recipe_for(
    known: Mapping[tuple[str, int, str], Recipe], operation: str, status: int, code: str
) -> Recipe | None:
    """The recipe of one error; for 500 and 503 it is an explanation."""
    if status == 500:
        return Recipe(operation, status, code, explanation=_BUG)
    if status == 503:
        return Recipe(operation, status, code, explanation=_FULL)
    return known.get((operation, status, code))
