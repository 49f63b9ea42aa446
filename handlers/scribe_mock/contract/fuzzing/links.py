"""Follows the links of openapi.yaml from Create session, in a random order."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.fuzzing.cases import request_to
from scribe_mock.contract.fuzzing.fuzz import objections, send_one
from scribe_mock.contract.fuzzing.values import valid
from scribe_mock.contract.transport.message import Request

#: Sessions that are created, and links that are followed from each.
SCENARIOS, STEPS = 6, 7


async def follow(probe: Probe, seed: int) -> list[Fault]:
    """Create a session and follow its links, one after another.

    Args:
        probe: The rule's.
        seed: Decides on the order and on the bodies.

    Raises:
        Skip: no session can be created, or the run stops.
    """
    random = Random(seed)
    session = await probe.create()
    faults: list[Fault] = []
    for link in random.choices(_links(), k=STEPS):
        request = _request(probe, link, session.created, random)
        answer = await send_one(probe, request, session)
        if answer is None:
            continue
        faults += objections(answer)
        if answer.accepted and request.method != "GET":
            session.history.append(request)
    return faults


def _links() -> list[Mapping[str, Any]]:
    created = specification.operations()["createSession"].responses["201"]
    return list(created["links"].values())


def _request(
    probe: Probe, link: Mapping[str, Any], created: Mapping[str, Any], random: Random
) -> Request:
    """The request of a link; half of the JSON bodies are the link's own, the others are random."""
    operation = specification.operations()[link["operationId"]]
    given = {name: _value(text, created) for name, text in link["parameters"].items()}
    if operation.operation_id == "uploadAudio":
        return probe.upload_request(given["session_id"], given["file_name"])
    if operation.request is None:
        return request_to(probe, operation, given, None)
    own = "requestBody" in link and random.random() < 0.5
    value = link["requestBody"] if own else valid(operation.request, random)
    headers = (("Content-Type", "application/json"),)
    return request_to(probe, operation, given, json.dumps(value).encode(), headers=headers)


def _value(expression: str, created: Mapping[str, Any]) -> str:
    """A parameter of a link: a text, or a field of the answer that it starts from."""
    before, found, name = expression.partition("$response.body#/")
    return str(created.get(name, "")) if found and not before else expression
