"""The OpenAPI document for Schemathesis: it must object to nothing that a server is free to do."""

import copy
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.paths import BASE_PATH, WEBHOOKS_PATH

#: Statuses that any operation may answer, such as for a path that is too long.
_ANYWHERE = ("400", "404", "405", "413", "414", "422", "429")

#: The type of audio in this document: Schemathesis has no serializer for audio types.
BINARY = "application/octet-stream"


def narrowed(base_path: str) -> dict[str, Any]:
    """The document with the paths of the server, without what a server may choose.

    Args:
        base_path: The path under which the server has `/sessions`.
    """
    spec = copy.deepcopy(specification.document())
    spec["servers"] = [{"url": "/"}]
    spec.pop("x-outside-operations", None)
    paths = {}
    for path, methods in spec["paths"].items():
        if path.startswith(WEBHOOKS_PATH):
            continue  # the server would tell made-up hosts about sessions
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
    """Allow every refusal with any error envelope, and any header fields."""
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
