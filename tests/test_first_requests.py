"""What the reference page fills in works: each operation's first request on a fresh mock."""

import pytest
import yaml

from scribe_mock.spec import resolved, shipped
from tests.support import ROOT, TOKEN

SPECS = [
    yaml.safe_load(shipped(name).read_text("utf-8")) for name in ("openapi.yaml", "control.yaml")
]
OPERATIONS = {
    operation["operationId"]: (spec, method.upper(), path, operation)
    for spec in SPECS
    for path, methods in spec["paths"].items()
    for method, operation in methods.items()
}


def body(spec, operation):
    """Content and media type of the first example."""
    content = resolved(spec, operation.get("requestBody", {})).get("content", {})
    for kind, media in content.items():
        if "example" in media:
            return {"json": media["example"]}
        example = resolved(spec, next(iter(media["examples"].values())))
        if "externalValue" in example:
            data = (ROOT / example["externalValue"]).read_bytes()
            return {"content": data, "headers": {"Content-Type": kind}}
        return {"json": example["value"]}
    return {}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_first_request_of_an_operation_succeeds(mock, name):
    spec, method, path, operation = OPERATIONS[name]
    query = {}
    for part in operation.get("parameters", ()):
        parameter = resolved(spec, part)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        elif parameter["in"] == "query" and "example" in parameter:
            query[parameter["name"]] = parameter["example"]
    sent = body(spec, operation)
    sent["headers"] = TOKEN | sent.get("headers", {})
    response = mock.bare.request(method, path, params=query, **sent)
    assert response.is_success, f"{response.status_code} {response.text}"
