"""The shortest way to every answer that the contract knows, on any server, as data.

`{session}` stands for the id that the last Create session returned, `{expired}` for a session that
has expired; see `step`. `following` takes the steps; documentation turns them into samples and run
buttons.
"""

from typing import Any

from scribe_mock.contract.core import samples
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.recipes.document_recipes import DOCUMENT_RECIPES
from scribe_mock.contract.recipes.record_recipes import RECORD_RECIPES
from scribe_mock.contract.recipes.step import (
    NO_CRASH,
    NO_ROOM,
    NO_WAIT,
    NOT_JSON,
    TOO_LARGE,
    Recipe,
    Step,
    recipes_of,
)
from scribe_mock.contract.recipes.webhook_recipes import WEBHOOK_RECIPES
from scribe_mock.paths import BASE_PATH, DISCOVERY_PATH, LOGIN_PATH, REFRESH_PATH


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
    more.setdefault("value", {"refresh_token": "refresh_1"})
    more = {key: value for key, value in more.items() if value is not None}
    return Step(operation="refreshToken", method="POST", path=REFRESH_PATH, **more)


_OWN_ID = {"session_id": "ses_recipe_own_id_1"}
_DISCOVER = Step(
    operation="getDiscovery",
    method="GET",
    path=f"{BASE_PATH}{DISCOVERY_PATH}",
    token=False,
)
_DONE = (_create(), _end(), _get(until="completed"))

RECIPES: tuple[Recipe, ...] = (
    *recipes_of(
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
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_upload(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_upload(UNKNOWN_SESSION),)),
        (410, "session_expired", (_upload("{expired}"),)),
        (413, "chunk_too_large", (_create(), _upload(size=samples.TEN_MIB + 1))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "createSession",
        (201, "", (_create(),)),
        (400, "invalid_request", (_sessions(**NOT_JSON),)),
        (400, "invalid_template", (_create(templates=["no_such_template"]),)),
        (401, "token_expired", NO_WAIT),
        (
            401,
            "authentication_failed",
            (_sessions(value={"upload_type": "chunked"}, token=False),),
        ),
        (409, "session_exists", (_create(**_OWN_ID), _create(**_OWN_ID))),
        (413, "request_too_large", (_sessions(**TOO_LARGE),)),
        (422, "invalid_request", (_create("chunk"),)),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "endSession",
        (202, "", (_create(), _end())),
        (400, "session_ended", (_create(), _end(), _end())),
        (400, "session_completed", (*_DONE, _end())),
        (400, "invalid_request", (_create(), _end(**NOT_JSON))),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_end(UNKNOWN_SESSION, value={}, token=False),)),
        (404, "session_not_found", (_end(UNKNOWN_SESSION),)),
        (410, "session_expired", (_end("{expired}"),)),
        (413, "request_too_large", (_create(), _end(**TOO_LARGE))),
        (422, "invalid_request", (_create(), _end(value={"audio_files_sent": -1}))),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "getSession",
        (202, "created", (_create(), _get())),
        (202, "recording", (_create(), _upload(), _get())),
        (202, "processing", (_create(), _end(), _get())),
        (200, "completed", _DONE),
        (
            206,
            "partial",
            (
                _create(additional_data={"_mock": {"scenario": "partial"}}),
                _end(),
                _get(until="partial"),
            ),
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
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_get(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_get(UNKNOWN_SESSION),)),
        (404, "template_not_found", (_create(), _get(query="?template_id=no_such_template"))),
        (404, "document_not_found", (_create(), _get(query="?document_id=no_such_document"))),
        (410, "expired", (_get("{expired}"),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "updateSession",
        (200, "", (_create(), _patch())),
        (400, "invalid_request", (_create(), _patch(**NOT_JSON))),
        (
            400,
            "invalid_template",
            (_create(), _patch(value={"templates": ["no_such_template"]})),
        ),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_patch(UNKNOWN_SESSION, value={}, token=False),)),
        (404, "session_not_found", (_patch(UNKNOWN_SESSION),)),
        (409, "session_already_committed", (_create(), _end(), _patch(value={"model": "pro"}))),
        (410, "session_expired", (_patch("{expired}"),)),
        (413, "request_too_large", (_create(), _patch(**TOO_LARGE))),
        (422, "invalid_request", (_create(), _patch(value={"upload_type": "single"}))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "processTemplate",
        (202, "", (_create(), _end(), _process())),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_process(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_process(UNKNOWN_SESSION),)),
        (404, "template_not_found", (_create(), _end(), _process(template="no_such_template"))),
        (409, "session_not_ended", (_create(), _process())),
        (410, "session_expired", (_process("{expired}"),)),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *RECORD_RECIPES,
    *DOCUMENT_RECIPES,
    *WEBHOOK_RECIPES,
    *recipes_of(
        "getDiscovery",
        (200, "", (_DISCOVER,)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "login",
        (200, "", (_login(),)),
        (400, "invalid_request", (_login(**NOT_JSON),)),
        (413, "request_too_large", (_login(**TOO_LARGE),)),
        (422, "invalid_request", (_login(value={"client_id": "demo-clinic"}),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "refreshToken",
        (200, "", (_refresh(),)),
        (400, "invalid_request", (_refresh(**NOT_JSON),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_refresh(token=False),)),
        (413, "request_too_large", (_refresh(**TOO_LARGE),)),
        (422, "invalid_request", (_refresh(value={"access_token": "access_1"}),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
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
        (429, "rate_limit_exceeded", "a server has no limit that every client can reach"),
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
