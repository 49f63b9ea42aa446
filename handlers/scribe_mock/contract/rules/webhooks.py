"""Rules about webhooks: register, list, delete. What they deliver: `webhook_deliveries`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.transport.message import Answer

_PATH = "/webhooks"
_NOBODYS = "wh_no_such_webhook"
#: What is published allows https to any host, and the mock any port of its own machine. Nothing is
#: there in either case, and nothing that the check does brings the event about.
_URLS = ("https://scribe-mock-check.example.org/hook", "http://localhost:9/hook")
_EVENTS = ["session.expired", "session.failed"]
_SECRET = "whsec_scribe_mock_check"


def _rule(
    name: str, sentence: str, operation: str, grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    return rule(f"webhook.{name}", sentence, source="Webhooks", grade=grade, operation=operation)


async def register(probe: Probe, value: Any, **how: Any) -> Answer:
    """Send Register webhook."""
    return await probe.ask("registerWebhook", "POST", _PATH, value=value, **how)


async def delete(probe: Probe, webhook: str, **how: Any) -> Answer:
    """Send Delete webhook."""
    return await probe.ask("deleteWebhook", "DELETE", f"{_PATH}/{in_path(webhook)}", **how)


def webhook_of(answer: Answer) -> str:
    """The id of a webhook that was registered; raises Skip if there is none."""
    found = answer.fields().get("webhook_id")
    if answer.refused:
        raise Senseless(f"the server registers no webhook for this receiver: {answer}")
    if not answer.accepted or not isinstance(found, str):
        raise Skip(f"the server registers no webhook: {answer}")
    return found


async def _list(probe: Probe, **how: Any) -> Answer:
    return await probe.ask("listWebhooks", "GET", _PATH, **how)


async def _registered(probe: Probe, **more: Any) -> Answer:
    """The answer of Register webhook, with the first URL that the server accepts."""
    for url in _URLS:
        answer = await register(probe, {"url": url, "events": _EVENTS} | more)
        if answer.accepted:
            break
    return answer


async def _made(probe: Probe) -> str:
    return webhook_of(await _registered(probe))


def _found(answer: Answer, webhook: str) -> Mapping[str, Any] | None:
    """The webhook in a list."""
    listed = answer.fields().get("webhooks")
    entries = listed if isinstance(listed, list) else []
    return next(
        (one for one in entries if isinstance(one, dict) and one.get("webhook_id") == webhook), None
    )


@_rule("register", "A webhook is registered: 201 with webhook_id.", "registerWebhook")
async def registered(probe: Probe) -> Faults:
    """A webhook is registered; what was sent must be in the answer."""
    answer = await _registered(probe)
    if not answer.accepted:
        fault = judge.accepted(answer, what=f"a webhook for {' or '.join(_URLS)}")
        yield _as_note(fault)  # nothing published says that a server takes any host
        return
    yield judge.status_is(answer, 201, what="Register webhook")
    fields = answer.fields()
    for name, wanted in (("events", _EVENTS), ("status", "active")):
        if name in fields:
            yield judge.same(answer, f"`{name}`", wanted, fields[name])
    webhook = fields.get("webhook_id")
    if isinstance(webhook, str):
        await delete(probe, webhook)


def _as_note(fault: Fault | None) -> Fault | None:
    return fault and replace(fault, grade=Grade.INFERRED)


@_rule("list", "List webhooks has what was registered: 200.", "listWebhooks")
async def listed(probe: Probe) -> Faults:
    """A webhook is registered, and looked for in the list."""
    webhook = await _made(probe)
    answer = await _list(probe)
    yield judge.status_is(answer, 200, what="List webhooks")
    if answer.accepted and "webhooks" in answer.fields():
        found = _found(answer, webhook)
        yield judge.same(answer, f"the webhook {webhook} is listed", True, found is not None)
        if found is not None and "events" in found:
            yield judge.same(answer, "`events`", _EVENTS, found["events"])
    await delete(probe, webhook)


@_rule("secret", "The secret is in no answer.", "registerWebhook", Grade.INFERRED)
async def secret(probe: Probe) -> Faults:
    """A webhook with a secret is registered and listed."""
    answer = await _registered(probe, secret=_SECRET)
    webhook = webhook_of(answer)
    for shown in (answer, await _list(probe)):
        yield judge.same(shown, "the secret is shown", False, _SECRET.encode() in shown.body)
    await delete(probe, webhook)


@_rule("delete", "A deleted webhook is not listed: 204.", "deleteWebhook")
async def deleted(probe: Probe) -> Faults:
    """A webhook is registered and deleted."""
    webhook = await _made(probe)
    answer = await delete(probe, webhook)
    yield judge.status_is(answer, 204, what="Delete webhook")
    if answer.accepted and "listWebhooks" not in probe.run.missing:
        after = await _list(probe)
        found = _found(after, webhook) is not None
        yield judge.same(after, "the deleted webhook is listed", False, found)


@_rule(
    "delete_twice",
    "Deleting a webhook again: 404 webhook_not_found.",
    "deleteWebhook",
    Grade.INFERRED,
)
async def deleted_twice(probe: Probe) -> Faults:
    """A webhook is registered, and deleted two times."""
    webhook = await _made(probe)
    if (await delete(probe, webhook)).accepted:
        yield judge.refused(await delete(probe, webhook), 404, "webhook_not_found")


@_rule("unknown", "A webhook that does not exist: 404 webhook_not_found.", "deleteWebhook")
async def unknown(probe: Probe) -> Faults:
    """A made-up webhook is deleted."""
    answer = await delete(probe, _NOBODYS, label="of a made-up webhook")
    yield judge.refused(answer, 404, "webhook_not_found")


async def _refusals(probe: Probe, bodies: tuple[Any, ...]) -> Faults:
    """All of the bodies are 422; what is accepted is deleted again."""
    for value in bodies:
        answer = await register(probe, value, label=f"Register webhook with {value}")
        yield judge.refused(answer, 422, "invalid_request", code_grade=Grade.INFERRED)
        webhook = answer.fields().get("webhook_id")
        if answer.accepted and isinstance(webhook, str):
            await delete(probe, webhook)


@_rule("schema", "A webhook that breaks the schema: 422.", "registerWebhook")
async def schema(probe: Probe) -> Faults:
    """Fields are left out, and sent with other types."""
    url = _URLS[1]
    bodies: tuple[Any, ...] = (
        {"events": _EVENTS},
        {"url": url},
        {"url": 7, "events": _EVENTS},
        {"url": url, "events": "session.failed"},
        {"url": url, "events": [7]},
        {"url": url, "events": _EVENTS, "secret": ["x"]},
        [url],
    )
    async for fault in _refusals(probe, bodies):
        yield fault


@_rule(
    "events",
    "An unknown event, or none at all: 422 invalid_request.",
    "registerWebhook",
    Grade.INFERRED,
)
async def events(probe: Probe) -> Faults:
    """Lists of events that nobody can be told of are sent."""
    bodies = tuple({"url": _URLS[1], "events": wanted} for wanted in ([], ["session.paused"]))
    async for fault in _refusals(probe, bodies):
        yield fault


@_rule(
    "plain",
    "A `url` with http: that leads to another machine: 422 invalid_request.",
    "registerWebhook",
    Grade.INFERRED,
)
async def plain(probe: Probe) -> Faults:
    """A URL of a network that is kept for documentation (RFC 5737)."""
    async for fault in _refusals(probe, ({"url": "http://192.0.2.1/hook", "events": _EVENTS},)):
        yield fault


@_rule("token", "Without Authorization: 401 authentication_failed.", "registerWebhook")
async def token(probe: Probe) -> Faults:
    """Each of the three operations is called without a token."""
    webhook = await _made(probe)
    value = {"url": _URLS[1], "events": _EVENTS}
    for answer in (
        await _list(probe, token=None),
        await register(probe, value, token=None),
        await delete(probe, webhook, token=None),
    ):
        yield judge.refused(answer, 401, "authentication_failed")
    await delete(probe, webhook)
