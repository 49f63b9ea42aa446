"""`scribe-mock check --against FILE`: how a server's own document differs from the contract."""

import copy
import json

import pytest
import yaml

from scribe_mock import cli
from scribe_mock.contract.against.comparison import compare
from scribe_mock.contract.against.difference import RULES
from tests.contract.independent_server import Running, Server
from tests.support import ROOT

RAW = yaml.load((ROOT / "openapi.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
CREATE = "/voice/v1/sessions"
UPLOAD = f"{CREATE}/{{session_id}}/audio/{{file_name}}"
GET = f"{CREATE}/{{session_id}}"


@pytest.fixture
def against(tmp_path):
    """A function: what is found in a copy of the contract that another function changed."""

    def found(change):
        document = copy.deepcopy(RAW)
        document = change(document) or document
        file = tmp_path / "theirs.yaml"
        file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper))
        return [(one.rule, str(one)) for one in compare(file)]

    return found


def schema(document, name):
    return document["components"]["schemas"][name]


def without_an_operation(document):
    del document["paths"][CREATE]["post"]


def without_a_status(document):
    del document["paths"][UPLOAD]["post"]["responses"]["413"]


def another_success(document):
    responses = document["paths"][CREATE]["post"]["responses"]
    responses["200"] = responses.pop("201")


def another_code(document):
    media = document["paths"][UPLOAD]["post"]["responses"]["413"]["content"]["application/json"]
    narrowed = media["schema"]["allOf"][1]
    narrowed["properties"]["error"]["properties"]["code"]["enum"] = ["too_big"]
    media["examples"] = {}


def more_is_required(document):
    schema(document, "CreateSessionRequest")["required"] = ["upload_type", "templates"]


def a_header_is_required(document):
    header = {"name": "flavour", "in": "header", "required": True, "schema": {"type": "string"}}
    document["paths"][CREATE]["post"]["parameters"] = [header]


def a_body_is_required(document):
    document["paths"][f"{GET}/end"]["post"]["requestBody"]["required"] = True


def a_field_is_not_allowed(document):
    del schema(document, "CreateSessionRequest")["properties"]["model"]
    schema(document, "CreateSessionRequest")["additionalProperties"] = False


def a_value_is_missing(document):
    schema(document, "CreateSessionRequest")["properties"]["upload_type"] = {
        "type": "string",
        "enum": ["chunked", "single"],
    }


def an_answer_lacks_a_field(document):
    created = schema(document, "CreatedSession")
    del created["properties"]["upload_url"]
    created["required"].remove("upload_url")


def a_field_has_another_type(document):
    schema(document, "UploadedAudio")["properties"]["success"] = {"type": "string"}


def another_limit(document):
    hint = schema(document, "TemplateNames")
    hint["maxItems"] = 5


def fewer_formats(document):
    content = document["paths"][UPLOAD]["post"]["requestBody"]["content"]
    del content["audio/mp3"], content["audio/ogg"]


CASES = [
    (without_an_operation, "against.operation", "createSession: the contract has POST"),
    (without_a_status, "against.status", "uploadAudio: the contract has the status 413"),
    (another_success, "against.status", "has 201 for a success; the document has 200"),
    (another_code, "against.code", "the code chunk_too_large; the document has too_big"),
    (more_is_required, "against.request.required", "`templates` as optional"),
    (a_header_is_required, "against.request.required", "no header parameter flavour"),
    (
        a_body_is_required,
        "against.request.required",
        "has a body that may be left out",
    ),
    (a_field_is_not_allowed, "against.request.field", "the field `model`; the document allows no"),
    (a_value_is_missing, "against.request.field", '`upload_type` = "stream", too'),
    (an_answer_lacks_a_field, "against.response.field", "createSession 201: the contract has the"),
    (
        a_field_has_another_type,
        "against.response.type",
        "`success` as boolean; the document has",
    ),
    (another_limit, "against.limit", "`templates` with maxItems 2; the document has 5"),
    (fewer_formats, "against.format", "the contract has audio/mp3"),
]


@pytest.mark.parametrize(("change", "rule", "words"), CASES)
def test_a_difference_is_found_and_nothing_else(against, change, rule, words):
    found = against(change)
    assert {one for one, _ in found} == {rule}
    assert any(one == rule and words in text for one, text in found), found


def test_every_rule_has_a_case():
    assert {rule for _, rule, _ in CASES} == set(RULES)


def test_the_contract_does_not_differ_from_itself(against):
    assert against(lambda document: None) == []


def under_another_base(document):
    document["servers"] = [{"url": "https://api.example.com/other"}]
    document["paths"] = {
        path.replace("/voice/v1/", "/").replace("{session_id}", "{id}"): item
        for path, item in document["paths"].items()
        if path.startswith("/voice/v1/sessions")
    }


def test_a_document_may_have_another_base_and_other_names(against):
    found = against(under_another_base)
    assert {rule for rule, _ in found} == {"against.operation"}
    assert not any("createSession" in text or "getSession:" in text for _, text in found)


def test_a_difference_in_many_places_is_one(against):
    def change(document):
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("401", None)

    found = against(change)
    assert len(found) == 1
    assert "and " in found[0][1]
    assert "more: the contract has the status 401" in found[0][1]


def test_a_document_that_says_little_differs_little(against):
    def change(document):
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] = {"default": {"description": "Any."}}
                operation.pop("requestBody", None)

    assert against(change) == []


def test_openapi_31_is_read_with_all_that_30_lacks(against):
    def change(document):
        more_is_required(document)
        request = schema(document, "CreateSessionRequest")
        request["properties"]["model"] = {"type": ["string", "null"], "if": {}, "examples": ["pro"]}
        return document | {"openapi": "3.1.0"}

    assert "`templates` as optional" in str(against(change))


def hostile(name):
    yield "references in a circle", {"$ref": f"#/components/schemas/{name}"}
    yield "a schema in itself", {"properties": {"a": {"$ref": f"#/components/schemas/{name}"}}}
    twice = [{"$ref": f"#/components/schemas/{name}"}] * 2
    yield "a schema in itself, twice", {"allOf": twice, "properties": {"a": {"anyOf": twice}}}
    yield "no schema", 5
    yield "nonsense", {"properties": [], "required": "x", "enum": 5, "allOf": {}, "type": {}}
    yield "another file", {"$ref": "other.yaml#/A"}


@pytest.mark.parametrize(("kind", "value"), list(hostile("CreateSessionRequest")))
def test_a_hostile_document_comes_to_an_end(against, kind, value):
    def change(document):
        document["components"]["schemas"]["CreateSessionRequest"] = value

    assert isinstance(against(change), list), kind


def check(capsys, *arguments):
    code = cli.main(["check", *arguments])
    return code, capsys.readouterr()


def test_the_differences_come_before_the_run_and_are_in_the_report(capsys, tmp_path):
    document = copy.deepcopy(RAW)
    more_is_required(document)
    document["paths"][UPLOAD]["post"]["responses"]["2\x1b[31m"] = {"description": "Red."}
    theirs, report = tmp_path / "theirs.json", tmp_path / "report.json"
    theirs.write_text(json.dumps(document))
    with Running(Server()) as running:
        chosen = (running.base_url, "--only", "upload.row.7")
        written = f"--report=json={report}"
        code, shown = check(capsys, *chosen, "--against", str(theirs), written)
        assert code == 0  # a document is no answer of the server
        assert check(capsys, *chosen, f"--report=json={tmp_path / 'other.json'}")[0] == 0
    assert "\x1b" not in shown.out
    assert shown.out.index("against.request.required") < shown.out.index("keeps the contract")
    (one,) = [
        one
        for one in json.loads(report.read_text())["against"]
        if one["rule"] == "against.request.required"
    ]
    assert one["contract"] == "`templates` as optional"
    assert one["places"] == ["createSession"]
    assert json.loads((tmp_path / "other.json").read_text())["against"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("openapi: [", "expected YAML"),
        ("swagger: '2.0'\n", "expected OpenAPI 3.0 or 3.1"),
        ("openapi: 3.2.0\n", "expected OpenAPI 3.0 or 3.1, not 3.2.0"),
        ("- a list\n", "not a mapping"),
        (f"openapi: 3.0.3\nx: {'x' * 10_000_000}\n", "at most 10000000 bytes"),
    ],
)
def test_a_broken_file_is_told_before_anything_is_sent(capsys, tmp_path, text, words):
    file = tmp_path / "theirs.yaml"
    if text is not None:
        file.write_text(text)
    code, shown = check(capsys, "http://127.0.0.1:9/v1", "--against", str(file))
    assert code == 2
    assert words in shown.err
    assert str(file) in shown.err
    assert len(shown.err.splitlines()) == 1
