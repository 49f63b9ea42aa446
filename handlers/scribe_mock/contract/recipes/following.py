"""Sends the requests of a recipe to a server."""

import json
from collections.abc import Mapping
from typing import Any

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, in_path
from scribe_mock.contract.recipes.step import NAMED, Recipe, Step, filled
from scribe_mock.contract.transport.message import Answer, Request
from scribe_mock.paths import BASE_PATH


async def follow(probe: Probe, recipe: Recipe) -> Answer:
    """Send the requests of a recipe.

    Args:
        probe: What sends them.
        recipe: The recipe; it has steps.

    Returns:
        The answer to the last request.

    Raises:
        Skip: a request before the last was refused, or processing took too long.
    """
    values = {"expired": probe.options.expired_session}
    answer = None
    history: list[Request] = []
    for step in recipe.steps:
        if answer is not None and not answer.accepted and step.operation != "createSession":
            raise Skip(f"{answer.request.operation}, an earlier step, was answered {answer}")
        request = _request(probe, step, values)
        answer = await _send(probe, step, request, tuple(history))
        history.append(request)
        values |= _named(step, answer)
    assert answer is not None
    return answer


async def _send(probe: Probe, step: Step, request: Request, history: tuple[Request, ...]) -> Answer:
    """Send the request of a step, again and again if the step waits for a status."""
    if not step.until:
        return await probe.run.send(request, history=history)
    answer = await poll_until(
        lambda: probe.run.send(request, history=history), _is_processed, probe.patience
    )
    if not _is_processed(answer):
        raise probe.never_ends(answer)
    return answer


def _is_processed(answer: Answer) -> bool:
    return answer.fields().get("status") not in ("created", "processing")


def _named(step: Step, answer: Answer) -> dict[str, str]:
    """What later steps need of an answer."""
    values: dict[str, str] = {}
    for name, keys in NAMED.get(step.operation, ()):
        found: Any = answer.fields()
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, str):
            values[name] = found
    return values


def _path(probe: Probe, step: Step, values: Mapping[str, str]) -> str:
    if step.path != "{address}":
        return filled(step.path, {name: in_path(value) for name, value in values.items()})
    address = values.get("address", "")
    origin = str(probe.root())
    if not address.startswith(f"{origin}/"):
        raise Skip("the address in an earlier answer leads to another host")
    return address.removeprefix(origin)


def _request(probe: Probe, step: Step, values: Mapping[str, str]) -> Request:
    path = _path(probe, step, values)
    under_base = path.startswith(BASE_PATH)
    headers = tuple(step.fields.items())
    body = step.body(values)
    if step.operation == "createSession" and isinstance(step.value, dict):
        body = json.dumps(_marked(step.value, probe)).encode()
    framed = any(name == "Content-Length" for name, _ in headers)
    return probe.request(
        step.method,
        path.removeprefix(BASE_PATH),
        body=None if framed else body,
        headers=headers,
        token="" if step.token else None,
        at=None if under_base else probe.root(),
        operation=step.operation,
        exempt=not step.operation and bool(step.headers),
    )


def _marked(value: dict[str, Any], probe: Probe) -> dict[str, Any]:
    data = {MARK: probe.run.name} | value.get("additional_data", {})
    marked = value | {"additional_data": data}
    if "session_id" in value:
        marked["session_id"] = f"{value['session_id']}-{probe.run.name[-12:]}"
    return marked
