"""OpenAPI 3.1 documents: converted where 3.0 can say the same, refused by line where it can't."""

import copy
from typing import Any, cast

import httpx
import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from scribe_mock import MockServer, Settings
from scribe_mock.errors import SpecError
from scribe_mock.spec import load_spec, shipped

HEAD = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
SCHEMA = "components:\n  schemas:\n    A:\n"
LICENSE = "https://spdx.org/licenses/MIT.html"


@pytest.fixture
def converted(tmp_path):
    """A function: what a document of 3.1 becomes."""

    def convert(**parts):
        file = tmp_path / "openapi.yaml"
        file.write_text(yaml.safe_dump(copy.deepcopy(HEAD | parts), sort_keys=False))
        document = load_spec(file)
        assert list(OpenAPIV30SpecValidator(cast(Any, document)).iter_errors()) == []
        return document

    return convert


@pytest.mark.parametrize(
    ("schema", "becomes"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["null"]}, {"nullable": True, "enum": [None]}),
        (
            {"type": ["string", "integer"], "minLength": 2},
            {"minLength": 2, "allOf": [{"anyOf": [{"type": "string"}, {"type": "integer"}]}]},
        ),
        (
            {"anyOf": [{"type": "object"}, {"type": "null"}]},
            {"anyOf": [{"type": "object"}, {"nullable": True, "enum": [None]}]},
        ),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"examples": ["a", "b"]}, {"example": "a"}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"minimum": 3, "exclusiveMinimum": 0}, {"minimum": 3}),
        ({"maximum": 9, "exclusiveMaximum": 9}, {"maximum": 9, "exclusiveMaximum": True}),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            {"type": "string", "format": "binary"},
        ),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "format": "byte"}),
        ({"properties": {"a": True, "b": False}}, {"properties": {"a": {}, "b": {"not": {}}}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"$comment": "x", "myOwn": 1, "x-own": 2}, {"x-own": 2}),
        (
            {"$ref": "#/components/schemas/Other", "description": "Both count."},
            {"description": "Both count.", "allOf": [{"$ref": "#/components/schemas/Other"}]},
        ),
        (
            {"$defs": {"n": {"const": 1}}, "$ref": "#/components/schemas/S/$defs/n"},
            {
                "x-defs": {"n": {"enum": [1]}},
                "allOf": [{"$ref": "#/components/schemas/S/x-defs/n"}],
            },
        ),
        ({"properties": {"schema": {"const": 1}}}, {"properties": {"schema": {"enum": [1]}}}),
        ({"default": {"const": 1}, "enum": [{"const": 1}]},) * 2,
    ],
)
def test_a_schema_says_the_same(converted, schema, becomes):
    document = converted(components={"schemas": {"S": schema, "Other": {}}})
    assert document["components"]["schemas"]["S"] == becomes


def test_the_rest_of_a_document_says_the_same(converted):
    answer = {"description": "D", "content": {"a/b": {"schema": {"const": 1}}}}
    item = {"get": {"operationId": "a", "responses": {"200": answer}}}
    document = converted(
        info={
            "title": "T",
            "summary": "S",
            "version": "1",
            "license": {"name": "M", "identifier": "MIT"},
        },
        jsonSchemaDialect="https://spec.openapis.org/oas/3.1/dialect/base",
        webhooks={"sent": {"post": {"responses": {}}}},
        paths={"/a": {"$ref": "#/components/pathItems/A"}},
        components={
            "pathItems": {"A": item},
            "examples": {"E": {"value": {"schema": {"const": 1}}}},
        },
    )
    assert document["info"] == {
        "title": "T",
        "version": "1",
        "license": {"name": "M", "url": LICENSE},
    }
    media = document["paths"]["/a"]["get"]["responses"]["200"]["content"]["a/b"]
    assert media["schema"] == {"enum": [1]}
    assert document["components"]["examples"]["E"]["value"] == {"schema": {"const": 1}}
    assert set(document) == {"openapi", "info", "paths", "components", "x-webhooks"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{SCHEMA}      if: {{}}\n", 7, "the keyword if"),
        (
            "components:\n  schemas:\n    A:\n      allOf:\n      - {}\n      - prefixItems: []\n",
            9,
            "prefixItems",
        ),
        ("components:\n  securitySchemes:\n    A:\n      type: mutualTLS\n", 7, "mutualTLS"),
        ("jsonSchemaDialect: https://example.org/mine\n", 4, "example.org/mine"),
        ("components: {schemas: {A: {$schema: 'https://example.org/x'}}}\n", 4, "example.org/x"),
        (
            "components:\n  responses:\n    schema:\n      content:\n        a/b:\n"
            "          schema:\n            contains: {}\n",
            10,
            "the keyword contains",
        ),
    ],
)
def test_what_30_lacks_is_told_with_its_line(tmp_path, text, line, words):
    file = tmp_path / "openapi.yaml"
    file.write_text(f"openapi: 3.1.0\ninfo: {{title: x, version: x}}\npaths: {{}}\n{text}")
    with pytest.raises(SpecError) as told:
        load_spec(file)
    assert str(told.value).startswith(f"{file}:{line}: ")
    assert words in str(told.value)


def test_a_circle_of_aliases_is_refused(tmp_path):
    file = tmp_path / "openapi.yaml"
    file.write_text(f"{yaml.safe_dump(HEAD)}components: {{schemas: {{A: &a {{not: *a}}}}}}\n")
    with pytest.raises(SpecError, match="it contains itself"):
        load_spec(file)


def upgraded(node):
    """The parts of a 3.0 document in the words of 3.1."""
    if isinstance(node, list):
        return [upgraded(part) for part in node]
    if not isinstance(node, dict):
        return node
    new = {key: upgraded(value) for key, value in node.items()}
    if new.get("nullable") is True:
        del new["nullable"]
        new["type"] = [new["type"], "null"]
    if new.get("exclusiveMinimum") is True:
        new["exclusiveMinimum"] = new.pop("minimum")
    if new.get("format") == "binary":
        del new["format"]
        new["contentMediaType"] = "application/octet-stream"
    return new


def test_a_mock_is_served_from_the_contract_in_31(tmp_path):
    original = load_spec(shipped("openapi.yaml"))
    newer = upgraded(original) | {"openapi": "3.1.1"}
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.dump(newer, sort_keys=False, Dumper=yaml.CSafeDumper))
    assert next(OpenAPIV31SpecValidator(newer).iter_errors(), None) is None
    assert load_spec(file) == original
    with MockServer(Settings(port=0, quiet=True, spec=file)) as server:
        api, token = f"{server.base_url}/sessions", {"Authorization": "Bearer any"}
        made = httpx.post(api, json={"upload_type": "chunked"}, headers=token)
        assert made.status_code == 201
        refused = httpx.post(api, json={"upload_type": 5}, headers=token)
        assert refused.json()["error"]["details"]["path"] == "$.upload_type"
        assert "3.1.1" in httpx.get(f"{server.url}/openapi.yaml").text
        assert "3.0.3" in httpx.get(f"{server.url}/docs/assets/api.js").text
