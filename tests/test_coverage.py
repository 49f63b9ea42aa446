"""What the specs document is what the mock does: no answer more, none less.

Each recipe makes the mock give one documented answer: an operation's status and error code. That
any operation may crash (500 internal_error) is documented too; test_pipeline.py lets them.
"""

import re
from functools import partial

import pytest
import yaml
from inflection import underscore

from scribe_mock import Settings, create_app
from scribe_mock.api import bodies, discovery
from scribe_mock.api.control.operations import Control
from scribe_mock.api.operations import Operations
from scribe_mock.audio import file_names, limits, media_types
from scribe_mock.sessions import session as session_module
from scribe_mock.sessions.tokens import ACCESS_SECONDS
from tests.support import AUDIO, LIMIT, PATIENCE, ROOT, comes_true, parallel, refusal, running

SPECS = [
    yaml.load((ROOT / path).read_text("utf-8"), Loader=yaml.CSafeLoader)
    for path in ("openapi.yaml", "handlers/scribe_mock/control.yaml")
]
SPEC = SPECS[0]
BIG = b'{"x": "' + b"x" * 1_048_576 + b'"}'
CREDENTIALS = {"client_id": "a", "client_secret": "b"}
TOKENS = {"access_token": "a", "refresh_token": "b"}


def resolved(spec, node):
    """What a node says, or what it refers to."""
    while "$ref" in node:
        target = spec
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations(spec):
    """operationId → operation."""
    found = [operation for path in spec["paths"].values() for operation in path.values()]
    return {operation["operationId"]: operation for operation in found}


def code_of(example):
    """The error code of an example; empty for another body."""
    error = example["value"].get("error")
    return error["code"] if isinstance(error, dict) else ""


def answers(spec, name, responses):
    """`name 409 session_exists` for each error code, `name 201` for what has none."""
    for status, response in responses.items():
        content = resolved(spec, response).get("content", {}).get("application/json", {})
        examples = [resolved(spec, example) for example in content.get("examples", {}).values()]
        codes = {code_of(example) for example in examples} or {""}
        yield from (f"{name} {status} {code}".strip() for code in codes)


DOCUMENTED = {
    answer
    for spec in SPECS
    for name, operation in operations(spec).items()
    for answer in answers(spec, name, operation["responses"])
} | set(answers(SPEC, "outside", SPEC["x-outside-operations"]))


# Recipes


def root(mock, method, path, **options):
    return mock.client.request(method, mock.url + path, **options)


def unauthorised(method, path):
    return lambda mock: mock.bare.request(method, f"/voice/v1/sessions{path}")


def unknown(method, path):
    return lambda mock: mock.client.request(method, f"/sessions/unknown{path}")


def account(name, **options):
    return lambda mock: root(mock, "POST", f"/connect-auth/v1/account/{name}", **options)


def control(method, path, **options):
    return lambda mock: root(mock, method, f"/_mock{path}", **options)


def below(data):
    """What the server says to bytes that are no request."""

    def send(mock):
        with mock.wire() as wire:
            wire.send(data)
            return wire.response()

    return send


def processed(mock):
    return mock.put("completed")


CHUNK = "/sessions/demo_session_recording/chunks"
DEMO = "/sessions/demo_session_created"
TEMPLATE = "/process/template/eka_emr_template"
TEMPLATES, DOCUMENTS = "/voice/api/v1/template", "/voice/api/v1/documents"
RECORD = "/voice/api/v1/sessions/demo_session_created"
HISTORY = "/voice/api/v2/transaction/history"
NO_TEMPLATE, NO_DOCUMENT = f"{TEMPLATES}/tpl_0", f"{DOCUMENTS}/doc_0"
CONVERT = "/voice/api/v1/transaction/{}/convert-to-template"


WEBHOOKS = "/voice/v1/webhooks"
HOOK = {"url": "http://localhost:9/hook", "events": ["session.expired"]}


def register(mock):
    return root(mock, "POST", WEBHOOKS, json=HOOK)


def at_root(method, path, **options):
    return lambda mock: root(mock, method, path, **options)


def without_token(method, path, **options):
    return lambda mock: mock.bare.request(method, path, **options)


REFERENCE = f"{DEMO}/reference"


def referenced(method, **options):
    """What a session is answered whose reference was put."""

    def ask(mock):
        control("PUT", REFERENCE, json={"fixture": "tiny.wav"})(mock)
        return control(method, REFERENCE, **options)(mock)

    return ask


FAULT = {"action": {"hold": {}}, "match": {"operation": "getSession"}}


def removed_fault(mock):
    fault_id = root(mock, "POST", "/_mock/faults", json=FAULT).json()["id"]
    return root(mock, "DELETE", f"/_mock/faults/{fault_id}")


def armed(method):
    """What a request for an examination is answered, which is armed by then."""

    def with_one_armed(mock):
        body = {"scenario": "plain", "token": "t"}
        name = root(mock, "POST", "/_mock/examinations", json=body).json()["id"]
        return root(mock, method, f"/_mock/examinations/{name}")

    return with_one_armed


def order(mock, ids):
    return root(mock, "POST", "/_mock/held/release", json={"order": ids, "wait_seconds": 0})


def released(release):
    """What a release of the request "a" is answered, which is held by then."""

    def with_one_held(mock):
        root(mock, "POST", "/_mock/faults", json=FAULT)

        def when_held():
            comes_true(lambda: mock.control("GET", "/held")["held"])
            return release(mock)

        asked = partial(mock.client.get, DEMO, headers={"X-Request-Id": "a"})
        return parallel([asked, when_held])[1]

    return with_one_held


def heard(mock):
    """The address of a session's audio."""
    chunked = mock.create()
    chunked.upload(content=(AUDIO / "tiny.webm").read_bytes())
    chunked.process_to_the_end()
    return mock.client.get(f"{chunked.path}/audio").json()["audio_url"]


def heard_session(mock):
    return heard(mock).partition("?")[0].removeprefix(mock.url).replace("recording.mp3", "audio")


def too_old(mock):
    """What an address gets that was asked for a minute after End session."""
    address = heard(mock)
    mock.advance(86_400 - 60)
    return mock.bare.get(address)


def converting(state, **body):
    return lambda mock: mock.put(state).convert(**({"transcript": "hello"} | body))


def own_template(mock):
    made = root(mock, "POST", TEMPLATES, json={"title": "Letter", "section_ids": []})
    return f"{TEMPLATES}/{made.json()['template_id']}"


def saved(mock):
    """The fields of a new document."""
    return mock.create().save_document().json()["data"]


def document(method):
    return lambda mock: root(mock, method, f"{DOCUMENTS}/{saved(mock)['document_id']}")


def read_address(mock, document_id):
    shown = root(mock, "GET", f"{DOCUMENTS}/{document_id}").json()
    return shown["data"]["presigned_url"]


def reading(deleted=False):
    def read(mock):
        document_id = saved(mock)["document_id"]
        address = read_address(mock, document_id)
        if deleted:
            root(mock, "DELETE", f"{DOCUMENTS}/{document_id}")
        return mock.bare.get(address)

    return read


def writing(content, deleted=False):
    def write(mock):
        fields = saved(mock)
        if deleted:
            root(mock, "DELETE", f"{DOCUMENTS}/{fields['document_id']}")
        return mock.bare.put(fields["presigned_url"], content=content)

    return write


def save_again(mock):
    session = mock.create()
    document_id = session.save_document().json()["data"]["document_id"]
    return session.save_document(document_id=document_id, status="success")


def an_old_token(call):
    """What a call gets with a token from login that has expired."""

    def ask(mock):
        tokens = account("login", json=CREDENTIALS)(mock).json()
        mock.advance(tokens["expires_in"])
        return call(mock, {"Authorization": f"Bearer {tokens['access_token']}"})

    return ask


def old_token(method, path):
    return an_old_token(lambda mock, headers: mock.bare.request(method, path, headers=headers))


def old_refresh_token(mock):
    tokens = account("login", json=CREDENTIALS)(mock).json()
    mock.advance(tokens["refresh_expires_in"])
    return account("refresh-token", json={"refresh_token": tokens["refresh_token"]})(mock)


#: Every operation that needs a token says so when it has expired.
EXPIRED_TOKENS = {
    f"{operation['operationId']} 401 token_expired": old_token(
        method.upper(), re.sub(r"{\w+}", "x", path)
    )
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
    if "security" not in operation
}

RECIPES = {
    "uploadAudio 200": lambda mock: mock.create().upload(),
    "uploadAudio 400 session_ended": lambda mock: mock.put("processing").upload(),
    "uploadAudio 400 session_completed": lambda mock: mock.put("failed").upload(),
    "uploadAudio 400 invalid_audio_format": lambda mock: mock.create().upload(kind="audio/flac"),
    "uploadAudio 400 invalid_request": lambda mock: mock.create().upload("audio.webm"),
    "uploadAudio 401 authentication_failed": unauthorised("POST", "/x/audio/a_0.webm"),
    "uploadAudio 404 session_not_found": unknown("POST", "/audio/a_0.webm"),
    "uploadAudio 410 session_expired": lambda mock: mock.put("expired").upload(),
    "uploadAudio 413 chunk_too_large": lambda mock: mock.create().upload(content=bytes(LIMIT + 1)),
    "createSession 201": lambda mock: mock.client.post("/sessions", json={"upload_type": "single"}),
    "createSession 400 invalid_request": lambda mock: mock.client.post("/sessions", content=b"x"),
    "createSession 400 invalid_template": lambda mock: mock.client.post(
        "/sessions", json={"upload_type": "single", "templates": ["x"]}
    ),
    "createSession 401 authentication_failed": unauthorised("POST", ""),
    "createSession 409 session_exists": lambda mock: mock.client.post(
        "/sessions", json={"upload_type": "single", "session_id": "demo_session_created"}
    ),
    "createSession 413 request_too_large": lambda mock: mock.client.post("/sessions", content=BIG),
    "createSession 422 invalid_request": lambda mock: mock.client.post("/sessions", json={}),
    "endSession 202": lambda mock: mock.create().end(),
    "endSession 400 session_ended": lambda mock: mock.put("processing").end(),
    "endSession 400 session_completed": lambda mock: mock.put("partial").end(),
    "endSession 400 invalid_request": lambda mock: mock.client.post(f"{DEMO}/end", content=b"x"),
    "endSession 401 authentication_failed": unauthorised("POST", "/x/end"),
    "endSession 404 session_not_found": unknown("POST", "/end"),
    "endSession 410 session_expired": lambda mock: mock.put("expired").end(),
    "endSession 413 request_too_large": lambda mock: mock.client.post(f"{DEMO}/end", content=BIG),
    "endSession 422 invalid_request": lambda mock: mock.create().end(sent=-1),
    "getSession 200": lambda mock: mock.put("completed").get(),
    "getSession 202": lambda mock: mock.create().get(),
    "getSession 206": lambda mock: mock.put("partial").get(),
    "getSession 401 authentication_failed": unauthorised("GET", "/x"),
    "getSession 404 session_not_found": unknown("GET", ""),
    "getSession 404 template_not_found": lambda mock: mock.create().get(template_id="x"),
    "getSession 404 document_not_found": lambda mock: mock.create().get(document_id="x"),
    "getSession 410": lambda mock: mock.put("expired").get(),
    "updateSession 200": lambda mock: mock.create().patch(model="pro"),
    "updateSession 400 invalid_request": lambda mock: mock.create().patch(),
    "updateSession 400 invalid_template": lambda mock: mock.create().patch(templates=["x"]),
    "updateSession 401 authentication_failed": unauthorised("PATCH", "/x"),
    "updateSession 404 session_not_found": unknown("PATCH", ""),
    "updateSession 409 session_already_committed": lambda mock: processed(mock).patch(model="pro"),
    "updateSession 410 session_expired": lambda mock: mock.put("expired").patch(model="pro"),
    "updateSession 413 request_too_large": lambda mock: mock.client.patch(DEMO, content=BIG),
    "updateSession 422 invalid_request": lambda mock: mock.create().patch(unknown=1),
    "processTemplate 202": lambda mock: processed(mock).process("eka_emr_template"),
    "processTemplate 404 template_not_found": lambda mock: processed(mock).process("x"),
    "processTemplate 401 authentication_failed": unauthorised("POST", f"/x{TEMPLATE}"),
    "processTemplate 404 session_not_found": unknown("POST", TEMPLATE),
    "processTemplate 409 session_not_ended": lambda mock: mock.create().process("one"),
    "processTemplate 410 session_expired": lambda mock: mock.put("expired").process("one"),
    "getSessionAudio 200": lambda mock: root(mock, "GET", heard_session(mock)),
    "getSessionAudio 401 authentication_failed": unauthorised("GET", "/x/audio"),
    "getSessionAudio 404 session_not_found": unknown("GET", "/audio"),
    "getSessionAudio 404 audio_not_available": lambda mock: mock.client.get(f"{DEMO}/audio"),
    "getSessionAudio 410 session_expired": lambda mock: mock.client.get(
        f"{mock.put('expired').path}/audio"
    ),
    "getRecording 200": lambda mock: mock.bare.get(heard(mock)),
    "getRecording 206": lambda mock: mock.bare.get(heard(mock), headers={"Range": "bytes=0-9"}),
    "getRecording 403 forbidden": without_token("GET", f"/voice/v1{DEMO}/recording.mp3"),
    "getRecording 404 session_not_found": without_token(
        "GET", "/voice/v1/sessions/x/recording.mp3"
    ),
    "getRecording 404 audio_not_available": too_old,
    "getRecording 416 range_not_satisfiable": lambda mock: mock.bare.get(
        heard(mock), headers={"Range": "bytes=99999999-"}
    ),
    "getSessionRecord 200": at_root("GET", RECORD),
    "getSessionRecord 401 authentication_failed": without_token("GET", RECORD),
    "getSessionRecord 404 session_not_found": at_root("GET", "/voice/api/v1/sessions/x"),
    "getSessionRecord 422 invalid_request": at_root("GET", f"{RECORD}?presigned=x"),
    "listSessions 200": lambda mock: (mock.create(), root(mock, "GET", HISTORY))[1],
    "listSessions 401 authentication_failed": without_token("GET", HISTORY),
    "listSessions 404": at_root("GET", f"{HISTORY}?oid=nobody"),
    "listSessions 422 invalid_request": at_root("GET", f"{HISTORY}?count=x"),
    "uploadTranscript 202": converting("created"),
    "uploadTranscript 400 invalid_request": lambda mock: mock.create().convert(),
    "uploadTranscript 400 session_ended": converting("processing"),
    "uploadTranscript 400 session_completed": converting("completed"),
    "uploadTranscript 401 authentication_failed": without_token("POST", CONVERT.format("x")),
    "uploadTranscript 404 session_not_found": at_root("POST", CONVERT.format("x")),
    "uploadTranscript 404 template_not_found": converting("created", template_id="x"),
    "uploadTranscript 409 session_not_completed": converting(
        "created", transcript="", target_language="hi"
    ),
    "uploadTranscript 410 session_expired": converting("expired"),
    "uploadTranscript 413 request_too_large": at_root(
        "POST", CONVERT.format("demo_session_created"), content=BIG
    ),
    "uploadTranscript 422 invalid_request": converting("created", target_language="english"),
    "listTemplates 200": at_root("GET", TEMPLATES),
    "listTemplates 401 authentication_failed": without_token("GET", TEMPLATES),
    "createTemplate 201": at_root("POST", TEMPLATES, json={"title": "a", "section_ids": []}),
    "createTemplate 400 invalid_request": at_root("POST", TEMPLATES, content=b"x"),
    "createTemplate 401 authentication_failed": without_token("POST", TEMPLATES),
    "createTemplate 413 request_too_large": at_root("POST", TEMPLATES, content=BIG),
    "createTemplate 422 invalid_request": at_root("POST", TEMPLATES, json={}),
    "updateTemplate 200": lambda mock: root(mock, "PATCH", own_template(mock), json={"desc": "a"}),
    "updateTemplate 400 invalid_request": lambda mock: root(
        mock, "PATCH", own_template(mock), json={}
    ),
    "updateTemplate 401 authentication_failed": without_token("PATCH", NO_TEMPLATE),
    "updateTemplate 403 forbidden": at_root(
        "PATCH", f"{TEMPLATES}/eka_emr_template", json={"title": "a"}
    ),
    "updateTemplate 404 template_not_found": at_root("PATCH", NO_TEMPLATE, json={"title": "a"}),
    "updateTemplate 413 request_too_large": at_root("PATCH", NO_TEMPLATE, content=BIG),
    "updateTemplate 422 invalid_request": at_root("PATCH", NO_TEMPLATE, json={"title": 7}),
    "deleteTemplate 200": lambda mock: root(mock, "DELETE", own_template(mock)),
    "deleteTemplate 401 authentication_failed": without_token("DELETE", NO_TEMPLATE),
    "deleteTemplate 403 forbidden": at_root("DELETE", f"{TEMPLATES}/eka_emr_template"),
    "deleteTemplate 404 template_not_found": at_root("DELETE", NO_TEMPLATE),
    "saveDocument 201": lambda mock: mock.create().save_document(),
    "saveDocument 200": save_again,
    "saveDocument 400 invalid_request": at_root("POST", DOCUMENTS, content=b"x"),
    "saveDocument 401 authentication_failed": without_token("POST", DOCUMENTS),
    "saveDocument 404 session_not_found": at_root("POST", DOCUMENTS, json={"session_id": "x"}),
    "saveDocument 404 document_not_found": lambda mock: mock.create().save_document(
        document_id="x"
    ),
    "saveDocument 413 request_too_large": at_root("POST", DOCUMENTS, content=BIG),
    "saveDocument 422 invalid_request": lambda mock: mock.create().save_document(type="letter"),
    "getDocument 200": document("GET"),
    "getDocument 401 authentication_failed": without_token("GET", NO_DOCUMENT),
    "getDocument 404 document_not_found": at_root("GET", NO_DOCUMENT),
    "deleteDocument 200": document("DELETE"),
    "deleteDocument 401 authentication_failed": without_token("DELETE", NO_DOCUMENT),
    "deleteDocument 404 document_not_found": at_root("DELETE", NO_DOCUMENT),
    "getDocumentContent 200": reading(),
    "getDocumentContent 403 forbidden": without_token("GET", f"{NO_DOCUMENT}/content"),
    "getDocumentContent 404 document_not_found": reading(deleted=True),
    "putDocumentContent 200": writing(b"a note"),
    "putDocumentContent 400 invalid_request": writing(b"\xff"),
    "putDocumentContent 403 forbidden": without_token("PUT", f"{NO_DOCUMENT}/content"),
    "putDocumentContent 404 document_not_found": writing(b"a note", deleted=True),
    "putDocumentContent 413 request_too_large": writing(BIG),
    "registerWebhook 201": lambda mock: register(mock),
    "registerWebhook 400 invalid_request": at_root("POST", WEBHOOKS, content=b"x"),
    "registerWebhook 401 authentication_failed": without_token("POST", WEBHOOKS),
    "registerWebhook 413 request_too_large": at_root("POST", WEBHOOKS, content=BIG),
    "registerWebhook 422 invalid_request": at_root("POST", WEBHOOKS, json={}),
    "listWebhooks 200": at_root("GET", WEBHOOKS),
    "listWebhooks 401 authentication_failed": without_token("GET", WEBHOOKS),
    "deleteWebhook 204": lambda mock: root(
        mock, "DELETE", f"{WEBHOOKS}/{register(mock).json()['webhook_id']}"
    ),
    "deleteWebhook 401 authentication_failed": without_token("DELETE", f"{WEBHOOKS}/wh_0"),
    "deleteWebhook 404 webhook_not_found": at_root("DELETE", f"{WEBHOOKS}/wh_0"),
    "getDiscovery 200": lambda mock: mock.client.get("/.well-known/medscribealliance"),
    "login 200": account("login", json=CREDENTIALS),
    "login 400 invalid_request": account("login", content=b"x"),
    "login 413 request_too_large": account("login", content=BIG),
    "login 422 invalid_request": account("login", json={}),
    "refreshToken 200": account("refresh-token", json=TOKENS),
    "refreshToken 400 invalid_request": account("refresh-token", content=b"x"),
    "refreshToken 401 authentication_failed": lambda mock: mock.bare.post(
        "/connect-auth/v1/account/refresh-token", json=TOKENS
    ),
    "refreshToken 401 token_expired": old_refresh_token,
    "refreshToken 413 request_too_large": account("refresh-token", content=BIG),
    "refreshToken 422 invalid_request": account("refresh-token", json={}),
    "outside 400 invalid_request": below(b"no request\r\n\r\n"),
    "outside 404 not_found": lambda mock: mock.client.get("/nowhere"),
    "outside 405 method_not_allowed": lambda mock: mock.client.put("/sessions"),
    "outside 429 rate_limit_exceeded": lambda mock: mock.client.get(
        DEMO, headers={"Prefer": "code=429"}
    ),
    "outside 431 headers_too_large": below(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"),
    "getHealth 200": control("GET", "/health"),
    "getLive 204": control("GET", "/live"),
    "getReady 204": control("GET", "/ready"),
    "getMetrics 200": control("GET", "/metrics"),
    "reset 204": control("POST", "/reset"),
    "reset 400 invalid_request": control("POST", "/reset", content=b"x"),
    "reset 404 session_not_found": control("POST", "/reset", json={"session_id": "unknown"}),
    "reset 413 request_too_large": control("POST", "/reset", content=BIG),
    "reset 422 invalid_request": control("POST", "/reset", json={"token": ""}),
    "listStoredSessions 200": control("GET", "/sessions"),
    "listStoredSessions 400 invalid_request": control("GET", "/sessions?state=gone"),
    "inspectSession 200": control("GET", DEMO),
    "inspectSession 400 invalid_request": control("GET", f"{DEMO}?limit=0"),
    "inspectSession 404 session_not_found": control("GET", "/sessions/unknown"),
    "putSession 200": control("PUT", DEMO, json={"state": "expired"}),
    "putSession 201": control("PUT", "/sessions/one-of-the-tests", json={"state": "created"}),
    "putSession 400 invalid_request": control("PUT", DEMO, content=b"x"),
    "putSession 413 request_too_large": control("PUT", DEMO, content=BIG),
    "putSession 422 invalid_request": control("PUT", DEMO, json={"state": "gone"}),
    "deleteSession 204": control("DELETE", DEMO),
    "deleteSession 404 session_not_found": control("DELETE", "/sessions/unknown"),
    "getChunk 200": control("GET", f"{CHUNK}/0.webm"),
    "getChunk 206": control("GET", f"{CHUNK}/0.webm", headers={"Range": "bytes=0-9"}),
    "getChunk 404 session_not_found": control("GET", "/sessions/unknown/chunks/0.webm"),
    "getChunk 404 chunk_not_found": control("GET", f"{CHUNK}/9.webm"),
    "getChunk 416 range_not_satisfiable": control(
        "GET", f"{CHUNK}/0.webm", headers={"Range": "bytes=99999999-"}
    ),
    "finishSession 200": control(
        "POST", "/sessions/demo_session_processing/finish", json={"outcome": "failed"}
    ),
    "finishSession 400 invalid_request": control("POST", f"{DEMO}/finish", content=b"x"),
    "finishSession 404 session_not_found": control(
        "POST", "/sessions/unknown/finish", json={"outcome": "failed"}
    ),
    "finishSession 409 session_not_processing": control(
        "POST", f"{DEMO}/finish", json={"outcome": "failed"}
    ),
    "finishSession 413 request_too_large": control("POST", f"{DEMO}/finish", content=BIG),
    "finishSession 422 invalid_request": control("POST", f"{DEMO}/finish", json={}),
    "getOverview 200": control("GET", "/overview"),
    "getOverview 400 invalid_request": control("GET", "/overview?limit=x"),
    "listWebhookDeliveries 200": control("GET", "/webhook-deliveries"),
    "listWebhookDeliveries 400 invalid_request": control("GET", "/webhook-deliveries?limit=x"),
    "awaitChange 200": control("GET", "/changes?since=0&wait_seconds=0"),
    "awaitChange 400 invalid_request": control("GET", "/changes"),
    "listFaults 200": control("GET", "/faults"),
    "listFaults 400 invalid_request": control("GET", "/faults?token=a&session_id=b"),
    "addFault 201": control("POST", "/faults", json=FAULT),
    "addFault 400 invalid_request": control("POST", "/faults", content=b"x"),
    "addFault 413 request_too_large": control("POST", "/faults", content=BIG),
    "addFault 422 invalid_request": control("POST", "/faults", json={}),
    "removeFaults 204": control("DELETE", "/faults"),
    "removeFaults 400 invalid_request": control("DELETE", "/faults?token=a&session_id=b"),
    "removeFault 204": removed_fault,
    "removeFault 404 fault_not_found": control("DELETE", "/faults/x"),
    "listExaminations 200": control("GET", "/examinations"),
    "listExaminations 400 invalid_request": control("GET", "/examinations?token="),
    "armExamination 201": control("POST", "/examinations", json={"scenario": "plain"}),
    "armExamination 400 invalid_request": control("POST", "/examinations", content=b"x"),
    "armExamination 413 request_too_large": control("POST", "/examinations", content=BIG),
    "armExamination 422 invalid_request": control("POST", "/examinations", json={}),
    "getExamination 200": armed("GET"),
    "getExamination 400 invalid_request": control("GET", "/examinations/x?told=perhaps"),
    "getExamination 404 examination_not_found": control("GET", "/examinations/x"),
    "removeExamination 204": armed("DELETE"),
    "removeExamination 404 examination_not_found": control("DELETE", "/examinations/x"),
    "listHeld 200": control("GET", "/held"),
    "listHeld 400 invalid_request": control("GET", "/held?token=a&session_id=b"),
    "releaseInOrder 200": released(lambda mock: order(mock, ["a"])),
    "releaseInOrder 400 invalid_request": control("POST", "/held/release", content=b"x"),
    "releaseInOrder 404 request_not_held": lambda mock: order(mock, ["x"]),
    "releaseInOrder 413 request_too_large": control("POST", "/held/release", content=BIG),
    "releaseInOrder 422 invalid_request": control("POST", "/held/release", json={}),
    "releaseHeld 200": released(lambda mock: root(mock, "POST", "/_mock/held/a/release")),
    "releaseHeld 404 request_not_held": control("POST", "/held/x/release"),
    "refuseHeld 200": released(lambda mock: root(mock, "POST", "/_mock/held/a/refuse", json={})),
    "refuseHeld 400 invalid_request": control("POST", "/held/x/refuse", content=b"x"),
    "refuseHeld 404 request_not_held": control("POST", "/held/x/refuse", json={}),
    "refuseHeld 413 request_too_large": control("POST", "/held/x/refuse", content=BIG),
    "refuseHeld 422 invalid_request": control("POST", "/held/x/refuse", json={"code": "x"}),
    "listRequests 200": control("GET", "/requests"),
    "listRequests 400 invalid_request": control("GET", "/requests?since=soon"),
    "forgetRequests 204": control("DELETE", "/requests"),
    "forgetRequests 400 invalid_request": control("DELETE", "/requests?session_id="),
    "verifyRequests 200": control("POST", "/requests/verify", json={"count": {"at_least": 0}}),
    "verifyRequests 400 invalid_request": control("POST", "/requests/verify", content=b"x"),
    "verifyRequests 409 verification_failed": control(
        "POST", "/requests/verify", json={"match": {"operation": "login"}, "count": 1}
    ),
    "verifyRequests 413 request_too_large": control("POST", "/requests/verify", content=BIG),
    "verifyRequests 422 invalid_request": control("POST", "/requests/verify", json={"count": {}}),
    "getRequest 200": lambda mock: control(
        "GET", f"/requests/{mock.client.get(DEMO).headers['x-request-id']}"
    )(mock),
    "getRequest 404 request_not_found": control("GET", "/requests/unknown"),
    "getHar 200": control("GET", "/requests.har"),
    "getHar 400 invalid_request": control("GET", "/requests.har?since=soon"),
    "getLedger 200": control("GET", f"{DEMO}/ledger"),
    "getLedger 400 invalid_request": control("GET", f"{DEMO}/ledger?offset=-1"),
    "getLevels 200": control("GET", f"{DEMO}/ledger/levels"),
    "getLevels 404 session_not_found": control("GET", "/sessions/unknown/ledger/levels"),
    "getLedger 404 session_not_found": control("GET", "/sessions/unknown/ledger"),
    "putReference 200": control("PUT", REFERENCE, json={"fixture": "tiny.wav"}),
    "putReference 400 invalid_audio_format": control("PUT", REFERENCE, content=b"no audio"),
    "putReference 400 invalid_request": control("PUT", REFERENCE, content=b""),
    "putReference 404 session_not_found": control("PUT", "/sessions/unknown/reference"),
    "putReference 413 request_too_large": control(
        "PUT", REFERENCE, content=BIG, headers={"Content-Type": "application/json"}
    ),
    "putReference 422 invalid_request": control("PUT", REFERENCE, json={"fixture": "x"}),
    "getReference 200": referenced("GET"),
    "getReference 206": referenced("GET", headers={"Range": "bytes=0-9"}),
    "getReference 404 session_not_found": control("GET", "/sessions/unknown/reference"),
    "getReference 404 reference_not_found": control("GET", REFERENCE),
    "getReference 416 range_not_satisfiable": referenced(
        "GET", headers={"Range": "bytes=99999999-"}
    ),
    "deleteReference 204": control("DELETE", REFERENCE),
    "deleteReference 404 session_not_found": control("DELETE", "/sessions/unknown/reference"),
    "verifyLedger 200": control("POST", f"{DEMO}/ledger/verify", json={"sha256": []}),
    "verifyLedger 400 invalid_request": control("POST", f"{DEMO}/ledger/verify", content=b"x"),
    "verifyLedger 404 session_not_found": control(
        "POST", "/sessions/unknown/ledger/verify", json={"sha256": []}
    ),
    "verifyLedger 409 verification_failed": control(
        "POST", f"{DEMO}/ledger/verify", json={"sha256": ["0" * 64]}
    ),
    "verifyLedger 413 request_too_large": control("POST", f"{DEMO}/ledger/verify", content=BIG),
    "verifyLedger 422 invalid_request": control(
        "POST", f"{DEMO}/ledger/verify", json={"sha256": ["x"]}
    ),
    "getClock 200": control("GET", "/clock"),
    "getClock 400 invalid_request": control("GET", "/clock?token=a&session_id=b"),
    "getClock 404 session_not_found": control("GET", "/clock?session_id=unknown"),
    "setClock 200": control("POST", "/clock", json={"freeze": False}),
    "setClock 400 invalid_request": control("POST", "/clock", content=b"x"),
    "setClock 404 session_not_found": control(
        "POST", "/clock", json={"freeze": True, "session_id": "unknown"}
    ),
    "setClock 413 request_too_large": control("POST", "/clock", content=BIG),
    "setClock 422 invalid_request": control("POST", "/clock", json={}),
}

#: What only a server with a list of tokens says: the control API is open without one.
GUARDED = {
    f"{operation['operationId']} 401 authentication_failed": (method.upper(), path)
    for path, item in SPECS[1]["paths"].items()
    for method, operation in item.items()
    if operation.get("security") != []
}

#: What a browser is told that asks for a page of another site.
CROSS_SITE = {
    f"{operation['operationId']} 403 cross_site_refused": (method.upper(), path)
    for path, item in SPECS[1]["paths"].items()
    for method, operation in item.items()
}

#: What only a server says that does not let its audio be heard; see test_recordings.py.
NOT_ENABLED = "getSessionAudio 403 audio_not_enabled"

#: What only a server says whose memory is full of live sessions; one of them is given.
FULL = {
    "uploadAudio 503 service_unavailable": lambda live: live.upload("a_9.webm"),
    "createSession 503 service_unavailable": lambda live: live.mock.client.post(
        "/sessions", json={"upload_type": "single"}
    ),
    "updateSession 503 service_unavailable": lambda live: live.patch(
        patient_details={"name": "x" * 10_000}
    ),
    "uploadTranscript 503 service_unavailable": lambda live: live.convert(transcript="x" * 10_000),
    "createTemplate 503 service_unavailable": lambda live: root(
        live.mock, "POST", TEMPLATES, json={"title": "a", "section_ids": [], "desc": "x" * 10_000}
    ),
    "updateTemplate 503 service_unavailable": lambda live: root(
        live.mock, "PATCH", live.template, json={"desc": "x" * 10_000}
    ),
    "saveDocument 503 service_unavailable": lambda live: live.save_document(),
    "putDocumentContent 503 service_unavailable": lambda live: live.mock.bare.put(
        live.address, content=b"x" * 10_000
    ),
    "registerWebhook 503 service_unavailable": lambda live: register(live.mock),
    "putReference 503 service_unavailable": lambda live: control(
        "PUT", f"/sessions/{live.id}/reference", json={"fixture": "speech.wav"}
    )(live.mock),
    "putSession 503 service_unavailable": lambda live: control(
        "PUT", "/sessions/one-of-the-tests", json={"state": "created"}
    )(live.mock),
}

#: Documents are only for sessions that are done, and these go first to make room for others.
FULL_BUT_ONE = "processTemplate 503 service_unavailable"

#: The sessions of the fixtures do not fit any more beside those of other tokens.
FULL_OF_OTHERS = "reset 503 service_unavailable"

#: The sweep that finds stalled connections comes once a second.
STALLED = "outside 408 request_timeout"

#: A server that stops waits for requests, but not for ever.
STOPPED = "outside 503 service_unavailable"

#: What only a server says that is about to stop.
LEAVES = "getReady 503 service_unavailable"

#: What only a server says whose journal has lost entries; see test_journal.py.
EVICTED = "verifyRequests 409 journal_incomplete"


def test_the_recipes_are_for_what_is_documented():
    crashes = {f"{name} 500 internal_error" for spec in SPECS for name in operations(spec)}
    assert {
        *RECIPES,
        *EXPIRED_TOKENS,
        *GUARDED,
        *CROSS_SITE,
        *FULL,
        FULL_BUT_ONE,
        FULL_OF_OTHERS,
        NOT_ENABLED,
        STALLED,
        STOPPED,
        LEAVES,
        EVICTED,
    } | crashes == DOCUMENTED


def assert_is(response, answer):
    _, status, *code = answer.split()
    if code:
        assert refusal(response) == (int(status), code[0])
    else:
        assert response.status_code == int(status)


@pytest.mark.parametrize("answer", EXPIRED_TOKENS)
def test_a_token_that_has_expired_is_refused_everywhere(mock, answer):
    assert_is(EXPIRED_TOKENS[answer](mock), answer)


@pytest.mark.parametrize("answer", RECIPES)
def test_what_is_documented_is_answered(mock, answer):
    assert_is(RECIPES[answer](mock), answer)


def test_what_is_documented_is_answered_by_a_guarded_control_api(serve):
    mock = serve(token=("good",))
    for answer, (method, path) in GUARDED.items():
        path = path.replace("{session_id}", "x").replace("{stored_name}", "0.webm")
        assert_is(mock.bare.request(method, path), answer)


def test_what_is_documented_is_answered_to_pages_of_other_sites(mock):
    for answer, (method, path) in CROSS_SITE.items():
        path = path.replace("{session_id}", "x").replace("{stored_name}", "0.webm")
        headers = {"Origin": "https://example.org"}
        assert_is(mock.bare.request(method, path, headers=headers), answer)


def test_a_stalled_request_is_answered(mock, monkeypatch):
    monkeypatch.setattr("scribe_mock.server.uvicorn_internals.http.HEAD_SECONDS", 0.0)
    assert_is(below(b"GET")(mock), STALLED)


def test_a_request_is_answered_that_the_server_stops_waiting_for(serving):
    mock, server = serving(create_app(Settings(quiet=True)))
    server.config.timeout_graceful_shutdown = 1
    with mock.create().begin_upload() as wire:
        server.should_exit = True
        assert_is(wire.response(), STOPPED)


def test_a_server_that_is_about_to_stop_is_not_ready(serving):
    mock, server = serving(create_app(Settings(quiet=True)))
    with mock.wire() as wire:
        wire.request("GET", "/_mock/ready")
        assert wire.response().status_code == 204
        server.leave(PATIENCE)
        assert_is(control("GET", "/ready")(mock), LEAVES)
        wire.request("GET", "/_mock/live")
        assert wire.response().headers["connection"] == "close"
        assert wire.closed()


@pytest.fixture
def full():
    """A session of a server whose memory is full of live sessions, and another one."""
    with running(max_memory=1_000_000) as mock:
        live, other = mock.create(), mock.put("processing", templates=["one"])
        live.template = own_template(mock)
        live.address = live.save_document().json()["data"]["presigned_url"]
        for size in (100_000, 10_000, 1_000, 100, 1):
            number = size * 10_000
            while live.upload(f"a_{number}.webm", bytes(size)).status_code == 200:
                number += 1
        yield live, other


def assert_full(response, answer):
    assert_is(response, answer)
    assert int(response.headers["retry-after"]) > 0


def test_what_is_documented_is_answered_when_memory_is_full(full):
    live, other = full
    for answer, recipe in FULL.items():
        assert_full(recipe(live), answer)
    other.finish("completed")
    assert_full(other.process("eka_emr_template"), FULL_BUT_ONE)
    assert_full(control("POST", "/reset", json={"token": "any"})(live.mock), FULL_OF_OTHERS)


# Names and limits


def test_operation_ids_are_the_methods():
    for spec, implementation in zip(SPECS, (Operations, Control), strict=True):
        methods = {name for name in dir(implementation) if not name.startswith("_")}
        assert {underscore(name) for name in operations(spec)} == methods


UPLOAD = operations(SPEC)["uploadAudio"]
SCHEMAS = SPEC["components"]["schemas"]


def test_the_limits_of_an_upload_are_the_specs():
    assert SCHEMAS["AudioBytes"]["maxLength"] == limits.MAX_UPLOAD_BYTES == LIMIT
    file_name = next(p for p in UPLOAD["parameters"] if p["name"] == "file_name")
    assert file_name["schema"]["maxLength"] == file_names.MAX_NAME_LENGTH == 255
    assert f"{limits.MAX_UPLOAD_BYTES:,}" in UPLOAD["description"]


def test_the_audio_types_are_the_specs():
    assert tuple(UPLOAD["requestBody"]["content"]) == media_types.SUPPORTED_TYPES
    assert set(media_types.TYPE_OF_EXTENSION.values()) < set(media_types.SUPPORTED_TYPES)


def test_the_limits_of_json_are_the_specs():
    prose = SPEC["info"]["description"]
    assert "more than 1 MiB is 413" in prose.replace("\n", " ")
    assert bodies.MAX_JSON_BYTES == 2**20
    assert f"deeper than {bodies.MAX_JSON_DEPTH} levels" in prose


def test_the_ids_that_clients_may_choose_are_the_specs():
    schema = SCHEMAS["CreateSessionRequest"]["properties"]["session_id"]
    form = re.compile(session_module.SESSION_ID_PATTERN)
    for length in (schema["minLength"], schema["maxLength"]):
        assert form.search("x" * length)
    assert not form.search("x" * (schema["minLength"] - 1))
    assert not form.search("x" * (schema["maxLength"] + 1))
    for character in map(chr, range(256)):
        own = "x" * 16 + character
        assert bool(form.search(own)) == bool(re.fullmatch(schema["pattern"].strip("^$"), own))


def test_times_are_the_specs():
    found = operations(SPEC)["getDiscovery"]["responses"]["200"]["headers"]["Cache-Control"]
    assert f"max-age={discovery.MAX_AGE}" in found["example"]
    login = operations(SPEC)["login"]["responses"]["200"]["content"]["application/json"]
    assert login["examples"]["tokens"]["value"]["expires_in"] == ACCESS_SECONDS
    assert f"{limits.MAX_CHUNK_SECONDS} seconds" in UPLOAD["description"]
    assert "takes two seconds" in operations(SPEC)["getSession"]["description"]
    assert "an hour after its creation" in SCHEMAS["ExpiresAt"]["description"]
    assert (Settings().processing_seconds, Settings().session_ttl) == (2, 3600)


def test_the_scenarios_are_the_specs():
    shipped = {path.stem for path in (ROOT / "fixtures/scenarios").glob("*.yaml")}
    for prose in (
        SCHEMAS["AdditionalData"]["description"].partition("are those of")[2],
        operations(SPEC)["createSession"]["description"].partition("_mock.scenario")[2],
    ):
        assert shipped == set(re.findall(r"`([a-z]+)`", prose)[: len(shipped)])


# Examples


def example(spec_response, name):
    return spec_response["content"]["application/json"]["examples"][name]["value"]


def test_the_discovery_of_the_examples_is_what_the_mock_says(mock):
    shown = example(operations(SPEC)["getDiscovery"]["responses"]["200"], "mock")
    found = mock.client.get("/.well-known/medscribealliance", headers={"Host": "127.0.0.1:8080"})
    assert found.json() == shown


THREE = {"upload_type": "chunked", "templates": ["a", "b", "c"]}
EXAMPLES = {
    "createSession invalid_request_too_many_templates": lambda mock: mock.client.post(
        "/sessions", json=THREE
    ),
    "createSession invalid_request": lambda mock: mock.client.post(
        "/sessions", json={"upload_type": "chunk"}
    ),
    "endSession invalid_request": lambda mock: mock.create().end(sent=-1),
    "updateSession invalid_request": lambda mock: mock.create().patch(upload_type="single"),
    "login invalid_request": account("login", json={"client_id": "a"}),
    "refreshToken invalid_request": account("refresh-token", json=TOKENS | {"refresh_token": ""}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_paths_of_faults_in_the_examples_are_what_the_mock_says(mock, name):
    operation, key = name.split()
    shown = example(operations(SPEC)[operation]["responses"]["422"], key)
    assert EXAMPLES[name](mock).json()["error"]["details"] == shown["error"]["details"]
