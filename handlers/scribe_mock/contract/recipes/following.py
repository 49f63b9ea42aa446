"""Sends the requests of a recipe to a server."""

import json
from typing import Any

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.marks import MARK
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, in_path
from scribe_mock.contract.recipes.recipe_list import Recipe, Step
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
    session_id, answer = "", None
    history: list[Request] = []
    for step in recipe.steps:
        if answer is not None and not answer.accepted and step.operation != "createSession":
            raise Skip(f"{answer.request.operation}, an earlier step, was answered {answer}")
        request = _request(probe, step, session_id)
        answer = await _send(probe, step, request, tuple(history))
        history.append(request)
        found = answer.fields().get("session_id")
        if step.operation == "createSession" and isinstance(found, str):
            session_id = found
    assert answer is not None
    return answer


async def _send(probe: Probe, step: Step, request: Request, history: tuple[Request, ...]) -> Answer:
    """Send the request of a step, again and again if the step waits for a status."""
    if not step.until:
        return await probe.run.send(request, history=history)
    patience = probe.options.patience
    answer = await poll_until(
        lambda: probe.run.send(request, history=history), _is_processed, patience
    )
    if not _is_processed(answer):
        raise Skip(f"processing took longer than --patience {patience:g} s")
    return answer


def _is_processed(answer: Answer) -> bool:
    return answer.fields().get("status") not in ("created", "processing")


def _request(probe: Probe, step: Step, session_id: str) -> Request:
    path = step.path.replace("{session}", in_path(session_id))
    path = path.replace("{expired}", in_path(probe.options.expired_session))
    under_base = path.startswith(BASE_PATH)
    headers = tuple(step.fields.items())
    body = step.body()
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
