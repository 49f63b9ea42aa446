"""Recipes for transcripts, templates and documents; see `recipe_list`."""

from typing import Any

from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.recipes.session_steps import CREATE, DONE, END
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
from scribe_mock.paths import (
    DOCUMENTS_PATH,
    TEMPLATES_PATH,
    document_content_path,
    transcript_path,
)

_UNKNOWN_TEMPLATE = "tpl_000000000000"
_UNKNOWN_DOCUMENT = "doc_00000000000000000000"
#: A template that every published server has.
_DEFAULT_TEMPLATE = "clinical_notes_template"

_TEXT = {"transcript": "Patient: I have had a cough for five days."}


def _transcript(session: str = "{session}", **more: Any) -> Step:
    more = {"value": _TEXT} | more
    path = transcript_path(session)
    return Step(operation="uploadTranscript", method="POST", path=path, **more)


def _template(operation: str, method: str, template: str = "", **more: Any) -> Step:
    path = f"{TEMPLATES_PATH}/{template}".rstrip("/")
    return Step(operation=operation, method=method, path=path, **more)


def _create_template(**more: Any) -> Step:
    more = {"value": {"title": "Discharge letter", "section_ids": []}} | more
    return _template("createTemplate", "POST", **more)


def _update_template(template: str = "{template}", **more: Any) -> Step:
    more = {"value": {"title": "Letter"}} | more
    return _template("updateTemplate", "PATCH", template, **more)


def _delete_template(template: str = "{template}", **more: Any) -> Step:
    return _template("deleteTemplate", "DELETE", template, **more)


def _save(**more: Any) -> Step:
    more = {"value": {"session_id": "{session}"}} | more
    return Step(operation="saveDocument", method="POST", path=DOCUMENTS_PATH, **more)


def _document(operation: str, method: str, document: str = "{document}", **more: Any) -> Step:
    path = f"{DOCUMENTS_PATH}/{document}"
    return Step(operation=operation, method=method, path=path, **more)


def _content(method: str, path: str = "{address}", **more: Any) -> Step:
    operation = f"{method.lower()}DocumentContent"
    more = ({"text": "**Plan**: rest."} if method == "PUT" else {}) | more
    return Step(operation=operation, method=method, path=path, token=False, **more)


_SAVED = (CREATE, _save())
_SAVE_AGAIN = _save(value={"session_id": "{session}", "document_id": "{document}"})
_READ = (*_SAVED, _document("getDocument", "GET"))
_DELETE = _document("deleteDocument", "DELETE")
_UNSIGNED = document_content_path(_UNKNOWN_DOCUMENT)

DOCUMENT_RECIPES: tuple[Recipe, ...] = (
    *recipes_of(
        "uploadTranscript",
        (202, "", (CREATE, _transcript())),
        (400, "session_ended", (CREATE, END, _transcript())),
        (400, "session_completed", (CREATE, END, DONE, _transcript())),
        (400, "invalid_request", (CREATE, _transcript(value={}))),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_transcript(UNKNOWN_SESSION, token=False),)),
        (404, "session_not_found", (_transcript(UNKNOWN_SESSION),)),
        (
            404,
            "template_not_found",
            (CREATE, _transcript(value=_TEXT | {"template_id": "no_such_template"})),
        ),
        (409, "session_not_completed", (CREATE, _transcript(value={"target_language": "hi"}))),
        (410, "session_expired", (_transcript("{expired}"),)),
        (413, "request_too_large", (CREATE, _transcript(**TOO_LARGE))),
        (422, "invalid_request", (CREATE, _transcript(value={"target_language": "english"}))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "listTemplates",
        (200, "", (_template("listTemplates", "GET"),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_template("listTemplates", "GET", token=False),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "createTemplate",
        (201, "", (_create_template(),)),
        (400, "invalid_request", (_create_template(**NOT_JSON),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_create_template(token=False),)),
        (413, "request_too_large", (_create_template(**TOO_LARGE),)),
        (422, "invalid_request", (_create_template(value={"section_ids": []}),)),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "updateTemplate",
        (200, "", (_create_template(), _update_template())),
        (400, "invalid_request", (_create_template(), _update_template(**NOT_JSON))),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_update_template(_UNKNOWN_TEMPLATE, token=False),)),
        (403, "forbidden", (_update_template(_DEFAULT_TEMPLATE),)),
        (404, "template_not_found", (_update_template(_UNKNOWN_TEMPLATE),)),
        (413, "request_too_large", (_create_template(), _update_template(**TOO_LARGE))),
        (422, "invalid_request", (_create_template(), _update_template(value={"title": 7}))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "deleteTemplate",
        (200, "", (_create_template(), _delete_template())),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_delete_template(_UNKNOWN_TEMPLATE, token=False),)),
        (403, "forbidden", (_delete_template(_DEFAULT_TEMPLATE),)),
        (404, "template_not_found", (_delete_template(_UNKNOWN_TEMPLATE),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "saveDocument",
        (201, "", _SAVED),
        (
            200,
            "",
            (*_SAVED, _SAVE_AGAIN),
        ),
        (400, "invalid_request", (_save(**NOT_JSON),)),
        (401, "token_expired", NO_WAIT),
        (401, "authentication_failed", (_save(value={}, token=False),)),
        (404, "session_not_found", (_save(value={"session_id": UNKNOWN_SESSION}),)),
        (
            404,
            "document_not_found",
            (
                CREATE,
                _save(value={"session_id": "{session}", "document_id": _UNKNOWN_DOCUMENT}),
            ),
        ),
        (413, "request_too_large", (_save(**TOO_LARGE),)),
        (422, "invalid_request", (CREATE, _save(value={"session_id": "{session}", "type": "x"}))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
    *recipes_of(
        "getDocument",
        (200, "", _READ),
        (401, "token_expired", NO_WAIT),
        (
            401,
            "authentication_failed",
            (_document("getDocument", "GET", _UNKNOWN_DOCUMENT, token=False),),
        ),
        (404, "document_not_found", (_document("getDocument", "GET", _UNKNOWN_DOCUMENT),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "deleteDocument",
        (200, "", (*_SAVED, _DELETE)),
        (401, "token_expired", NO_WAIT),
        (
            401,
            "authentication_failed",
            (_document("deleteDocument", "DELETE", _UNKNOWN_DOCUMENT, token=False),),
        ),
        (404, "document_not_found", (_document("deleteDocument", "DELETE", _UNKNOWN_DOCUMENT),)),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "getDocumentContent",
        (200, "", (*_READ, _content("GET"))),
        (403, "forbidden", (_content("GET", _UNSIGNED),)),
        (404, "document_not_found", (*_READ, _DELETE, _content("GET"))),
        (500, "internal_error", NO_CRASH),
    ),
    *recipes_of(
        "putDocumentContent",
        (200, "", (*_SAVED, _content("PUT"))),
        (400, "invalid_request", "the body would have to be bytes that are not UTF-8"),
        (403, "forbidden", (_content("PUT", _UNSIGNED),)),
        (404, "document_not_found", (*_SAVED, _SAVE_AGAIN, _DELETE, _content("PUT"))),
        (413, "request_too_large", (*_SAVED, _content("PUT", **TOO_LARGE))),
        (500, "internal_error", NO_CRASH),
        (503, "service_unavailable", NO_ROOM),
    ),
)
