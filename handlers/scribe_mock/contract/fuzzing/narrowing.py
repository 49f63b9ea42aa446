"""The OpenAPI document as Schemathesis gets it: the server's paths, and no freedom of a server."""

import copy
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.paths import BASE_PATH

#: Statuses that any operation may answer: no path decoded, too long a path, too many requests.
_ANYWHERE = ("400", "404", "405", "413", "414", "422", "429")

#: What audio is called in the document that Schemathesis gets: it has no serializer for audio.
BINARY = "application/octet-stream"


def narrowed(base_path: str) -> dict[str, Any]:
    """The document with the server's paths, narrowed to what is no freedom of a server."""
    spec = copy.deepcopy(specification.document())
    spec["servers"] = [{"url": "/"}]
    spec.pop("x-outside-operations", None)
    paths = {}
    for path, methods in spec["paths"].items():
        own = path.startswith(BASE_PATH)
        new = base_path + path.removeprefix(BASE_PATH) if own else path
        paths[new] = methods
        for operation in methods.values():
            _widen(operation["responses"])
            if operation["operationId"] == "uploadAudio":
                content = operation["requestBody"]["content"]
                operation["requestBody"]["content"] = {BINARY: content[WEBM]}
    spec["paths"] = paths
    created = spec["components"]["schemas"]["CreatedSession"]["properties"]["status"]
    created["enum"] = ["created", "initialized"]
    return spec


def _widen(responses: dict[str, Any]) -> None:
    """Every refusal is any envelope; no header is asked for."""
    envelope = {"$ref": "#/components/schemas/ErrorEnvelope"}
    session = responses.get("410", {}).get("description", "").startswith("The session expired")
    for status in [*responses, *_ANYWHERE]:
        if status.startswith("2") or (status == "410" and session):
            responses[status].pop("headers", None)
        else:
            responses[status] = {
                "description": "Refused.",
                "content": {"application/json": {"schema": envelope}},
            }
