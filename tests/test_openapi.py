"""The spec by itself: it is valid, its examples are true, and every rule has its grade."""

import json
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft4Validator
from openapi_spec_validator import validate

with warnings.catch_warnings():
    # Connexion imports Starlette's test client and jsonschema's RefResolver; both are deprecated.
    warnings.simplefilter("ignore")
    from connexion.json_schema import Draft4ResponseValidator
    from connexion.spec import Specification

ROOT = Path(__file__).parents[1]
LINT = ROOT / "tests" / "lint"
RAW = yaml.load((ROOT / "openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
SPEC = Specification.from_dict(RAW)  # all references resolved

OPERATIONS = {
    operation["operationId"]: operation
    for path in SPEC["paths"].values()
    for operation in path.values()
}
#: Every response, those of no operation included, under a name such as "uploadAudio 413".
RESPONSES = {
    f"{name} {status}": response
    for name, responses in [
        *((name, operation["responses"]) for name, operation in OPERATIONS.items()),
        ("outside", SPEC["x-outside-operations"]),
    ]
    for status, response in responses.items()
}
#: Refusals whose body is not the envelope: an expired session, and an empty history.
OWN_BODIES = {"getSession 410", "listSessions 404"}
ERRORS = {
    name: response
    for name, response in RESPONSES.items()
    if name.split()[1] >= "400" and name not in OWN_BODIES
}
BODIES = RESPONSES | {
    f"{name} request": operation["requestBody"]
    for name, operation in OPERATIONS.items()
    if "requestBody" in operation
}
STRENGTH = {None: 2, "protocol": 1, "inferred": 0}

BAD_JSON = {"400": {"invalid_request"}, "413": {"request_too_large"}, "422": {"invalid_request"}}
NO_TOKEN = {"401": {"authentication_failed", "token_expired"}}
NO_ROOM = {"503": {"service_unavailable"}}
NO_SESSION = {"404": {"session_not_found"}, "410": {"session_expired"}}
BAD_TEMPLATE = {"400": {"invalid_request", "invalid_template"}}
NO_TEMPLATE = {"404": {"template_not_found"}}
NO_DOCUMENT = {"404": {"document_not_found"}}
NOT_ONES_OWN = {"403": {"forbidden"}}
OVER = {"session_ended", "session_completed"}
CODES = {
    "uploadAudio": NO_TOKEN
    | NO_SESSION
    | NO_ROOM
    | {"400": OVER | {"invalid_audio_format", "invalid_request"}, "413": {"chunk_too_large"}},
    "createSession": NO_TOKEN | BAD_JSON | BAD_TEMPLATE | NO_ROOM | {"409": {"session_exists"}},
    "endSession": NO_TOKEN | NO_SESSION | BAD_JSON | {"400": OVER | {"invalid_request"}},
    "getSession": NO_TOKEN
    | {"404": {"session_not_found", "template_not_found", "document_not_found"}},
    "updateSession": NO_TOKEN
    | NO_SESSION
    | BAD_JSON
    | BAD_TEMPLATE
    | NO_ROOM
    | {"409": {"session_already_committed"}},
    "processTemplate": NO_TOKEN
    | NO_SESSION
    | NO_ROOM
    | {"404": {"session_not_found", "template_not_found"}, "409": {"session_not_ended"}},
    "getSessionAudio": NO_TOKEN
    | NO_SESSION
    | {"403": {"audio_not_enabled"}, "404": {"session_not_found", "audio_not_available"}},
    "getRecording": NOT_ONES_OWN
    | {"404": {"session_not_found", "audio_not_available"}, "416": {"range_not_satisfiable"}},
    "getSessionRecord": NO_TOKEN | {"404": {"session_not_found"}, "422": {"invalid_request"}},
    "listSessions": NO_TOKEN | {"422": {"invalid_request"}},
    "uploadTranscript": NO_TOKEN
    | NO_SESSION
    | BAD_JSON
    | NO_ROOM
    | {
        "400": OVER | {"invalid_request"},
        "404": {"session_not_found", "template_not_found"},
        "409": {"session_not_completed"},
    },
    "listTemplates": NO_TOKEN,
    "createTemplate": NO_TOKEN | BAD_JSON | NO_ROOM,
    "updateTemplate": NO_TOKEN | BAD_JSON | NO_ROOM | NOT_ONES_OWN | NO_TEMPLATE,
    "deleteTemplate": NO_TOKEN | NOT_ONES_OWN | NO_TEMPLATE,
    "saveDocument": NO_TOKEN
    | BAD_JSON
    | NO_ROOM
    | {"404": {"session_not_found", "document_not_found"}},
    "getDocument": NO_TOKEN | NO_DOCUMENT,
    "deleteDocument": NO_TOKEN | NO_DOCUMENT,
    "getDocumentContent": NOT_ONES_OWN | NO_DOCUMENT,
    "putDocumentContent": NOT_ONES_OWN
    | NO_DOCUMENT
    | NO_ROOM
    | {"400": {"invalid_request"}, "413": {"request_too_large"}},
    "registerWebhook": NO_TOKEN | BAD_JSON | NO_ROOM,
    "listWebhooks": NO_TOKEN,
    "deleteWebhook": NO_TOKEN | {"404": {"webhook_not_found"}},
    "getDiscovery": {},
    "login": BAD_JSON,
    "refreshToken": NO_TOKEN | BAD_JSON,
    "outside": {
        "400": {"invalid_request"},
        "404": {"not_found"},
        "405": {"method_not_allowed"},
        "408": {"request_timeout"},
        "429": {"rate_limit_exceeded"},
        "431": {"headers_too_large"},
        "503": {"service_unavailable"},
    },
}


def walk(node: object) -> Iterator[dict]:
    """Every mapping in a document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from walk(part)


def contents(body: dict) -> Iterator[tuple[dict, str, dict]]:
    """Schema, name and example of every example of a request or response."""
    for content in body.get("content", {}).values():
        for name, example in content["examples"].items():
            yield content["schema"], name, example


def codes_of(schema: dict) -> set[str]:
    """What a response's schema allows as `error.code`."""
    codes = schema
    for key in ("properties", "error", "properties", "code", "enum"):
        codes = codes.get(key, {})
    return set(codes).union(*map(codes_of, schema.get("allOf", [])))


def is_valid(schema: dict, value: object) -> bool:
    checker = Draft4Validator.FORMAT_CHECKER
    return bool(Draft4ResponseValidator(schema, format_checker=checker).is_valid(value))


def test_is_valid_openapi():
    validate(RAW)


def test_paths_are_in_the_routers_order_and_declare_nothing_themselves():
    assert next(iter(RAW["paths"])) == "/voice/v1/sessions/{session_id}/audio/{file_name}"
    assert all(
        set(path) <= {"get", "post", "put", "patch", "delete"} for path in RAW["paths"].values()
    )


def test_servers_begin_with_the_server_itself():
    urls = [server["url"] for server in RAW["servers"]]
    assert urls == ["/", "https://api.eka.care", "https://api.dev.eka.care"]


def test_operations_and_their_error_codes_are_the_contracts():
    found: dict[str, dict[str, set[str]]] = {name: {} for name in CODES}
    for key, response in ERRORS.items():
        name, status = key.split()
        found[name][status] = codes_of(response["content"]["application/json"]["schema"])
    crash = {"500": {"internal_error"}}
    assert found == {
        name: codes if name == "outside" else codes | crash for name, codes in CODES.items()
    }


def test_operation_ids_are_plain_names():
    assert set(OPERATIONS) == set(CODES) - {"outside"}
    assert all(re.fullmatch(r"[a-z][a-zA-Z]+", name) for name in OPERATIONS)


def fits(schema: dict, example: dict) -> bool:
    """Whether an example is as its schema says, or its file exists."""
    if "externalValue" in example:
        return Path(ROOT, example["externalValue"]).is_file()
    return is_valid(schema, example["value"])


def test_examples_fit_their_schemas():
    lacking = [name for name, body in BODIES.items() if not list(contents(body))]
    assert lacking == ["deleteWebhook 204"]
    wrong = [
        f"{name}: {key}"
        for name, body in BODIES.items()
        for schema, key, example in contents(body)
        if not fits(schema, example)
    ]
    assert wrong == []


def faults_of_keys(content: dict) -> Iterator[str]:
    """What is wrong with the names of an error's examples, and with the codes of its schema."""
    codes = set()
    for key, example in content["examples"].items():
        error = example["value"]["error"]
        codes.add(error["code"])
        if key != error["code"] and not key.startswith(f"{error['code']}_"):
            yield f"the example {key} has the code {error['code']}"
        if is_valid(content["schema"], {"error": error | {"code": "not_documented"}}):
            yield f"the schema allows {key} another code"
    if codes != codes_of(content["schema"]):
        yield f"the schema allows {codes_of(content['schema'])}, the examples have {codes}"
    if missing := codes - set(content["examples"]):
        yield f"no example is named {missing}"


def test_errors_are_keyed_by_their_code_and_allow_no_other():
    wrong = [
        f"{name}: {fault}"
        for name, response in ERRORS.items()
        for fault in faults_of_keys(response["content"]["application/json"])
    ]
    assert wrong == []


def test_grades_are_spelled_right():
    grades = {node["x-grade"] for node in walk(RAW) if "x-grade" in node}
    assert grades == {"protocol", "inferred"}


def test_all_but_the_upload_endpoint_is_graded():
    for name, operation in OPERATIONS.items():
        if name != "uploadAudio":
            assert operation["x-grade"]
            assert all(parameter["x-grade"] for parameter in operation.get("parameters", []))
    for name, body in BODIES.items():
        assert all(header["x-grade"] for header in body.get("headers", {}).values())
        if not name.startswith("uploadAudio"):
            assert body["x-grade"]
            assert all(example["x-grade"] for _, _, example in contents(body))
    for schema in walk(SPEC["components"]["schemas"]):
        if "type" in schema:  # else it only narrows what another schema grades
            assert all(part["x-grade"] for part in schema.get("properties", {}).values())


def strength(node: dict) -> int:
    return STRENGTH[node.get("x-grade")]


def test_no_response_is_graded_weaker_than_its_examples():
    weaker = [
        name
        for name, response in RESPONSES.items()
        if any(strength(response) < strength(example) for *_, example in contents(response))
    ]
    assert weaker == []


def test_responses_name_their_headers():
    special = {"401": {"WWW-Authenticate"}, "405": {"Allow"}, "503": {"Retry-After"}}
    missing = {
        name: {"X-Request-Id", *special.get(name.split()[1], ())} - set(response["headers"])
        for name, response in RESPONSES.items()
    }
    assert {name: headers for name, headers in missing.items() if headers} == {}


def test_links_lead_from_create_session_to_all_that_take_its_session():
    links = OPERATIONS["createSession"]["responses"]["201"]["links"].values()
    taking = {
        name
        for name, operation in OPERATIONS.items()
        if any(parameter["name"] == "session_id" for parameter in operation.get("parameters", []))
        and name != "getRecording"  # its address is signed, so it comes from getSessionAudio
    }
    assert {link["operationId"] for link in links} == taking
    for link in links:
        operation = OPERATIONS[link["operationId"]]
        required = {p["name"] for p in operation.get("parameters", []) if p.get("required")}
        assert set(link["parameters"]) == required
        if "requestBody" in link:
            content = operation["requestBody"]["content"]["application/json"]
            assert is_valid(content["schema"], link["requestBody"])


def test_the_linter_finds_nothing():
    if shutil.which("npm") is None:
        cannot_lint("npm is not installed; Node.js 20.19 or newer brings it")
    installed, locked = LINT / "node_modules/.package-lock.json", LINT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        done = npm("ci")
        if done.returncode:
            cannot_lint(f"npm ci failed: {done.stderr}")
    done = npm("run", "--silent", "lint", "--", "--format=json")
    assert done.stdout.startswith("{"), done.stderr
    assert json.loads(done.stdout)["problems"] == []


def npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments], cwd=LINT, capture_output=True, text=True, timeout=300, check=False
    )


def cannot_lint(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
