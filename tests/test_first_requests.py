"""What the reference page fills in works: each operation's first request on a fresh mock."""

from functools import reduce

import pytest
import yaml

from scribe_mock.spec import resolved, shipped
from scribe_mock.web.docs.samples import TOKEN
from tests.support import ROOT

#: The token that the page fills in.
SHOWN_TOKEN = {"Authorization": f"Bearer {TOKEN}"}

SPECS = [
    yaml.safe_load(shipped(name).read_text("utf-8")) for name in ("openapi.yaml", "control.yaml")
]
OPERATIONS = {
    operation["operationId"]: (spec, method.upper(), path, operation)
    for spec in SPECS
    for path, methods in spec["paths"].items()
    for method, operation in methods.items()
}
#: Operations that need what no fresh mock has: a request in the journal, or one that is held.
NEEDING_MORE = {"getRequest", "releaseHeld", "refuseHeld", "releaseInOrder"}


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


def send_first(mock, name):
    """The answer to an operation's request with all that the spec fills in."""
    spec, method, path, operation = OPERATIONS[name]
    query: dict[str, str] | None = {}
    if source := operation.get("x-filled-from"):
        given = handed_out(send_first(mock, source["operationId"]), source)
        # The id goes into the last parameter of the path.
        begin, _, rest = path.rpartition("{")
        path = given if given.startswith("http") else f"{begin}{given}{rest.partition('}')[2]}"
    for part in operation.get("parameters", ()):
        parameter = resolved(spec, part)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        elif parameter["in"] == "query" and "example" in parameter and path.startswith("/"):
            query = (query or {}) | {parameter["name"]: parameter["example"]}
    sent = body(spec, operation)
    sent["headers"] = SHOWN_TOKEN | sent.get("headers", {})
    return mock.bare.request(method, path, params=query or None, **sent)


def handed_out(answer, source):
    """The address or the id that an answer hands out."""
    return reduce(lambda part, key: part[key], source["pointer"].split("/")[1:], answer.json())


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - NEEDING_MORE))
def test_the_first_request_of_an_operation_succeeds(mock, name):
    response = send_first(mock, name)
    assert response.is_success, f"{response.status_code} {response.text}"
