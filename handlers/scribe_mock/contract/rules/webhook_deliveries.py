"""Rules about what webhooks deliver, seen by a receiver of the check's own.

They need a server on this machine: it alone can reach the receiver.
"""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.webhooks import delete, register, webhook_of
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.receiver import Receiver, Told
from scribe_mock.paths import DISCOVERY_PATH

_STARTED, _ENDED, _COMPLETED = "session.started", "session.ended", "session.completed"
_SECRET = "whsec_scribe_mock_check"
#: Seconds in which an event has to arrive after what it tells of.
_ARRIVES = 10.0
_SIGNATURE = re.compile(r"t=([0-9]{1,15}),v1=([0-9a-f]{64})")


def _rule(name: str, sentence: str) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"webhook.delivery.{name}",
        sentence,
        source="Webhooks, Delivery",
        grade=Grade.PROTOCOL,
        operation="registerWebhook",
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    """A session that was ended, and the receiver that is told of it."""

    probe: Probe
    receiver: Receiver
    session: ProbeSession
    ended: Answer

    async def told(self, event: str) -> Told | None:
        """The delivery of an event of the session; None if it does not arrive in time."""
        seconds = _ARRIVES * self.probe.options.slowness
        return await self.receiver.wait(lambda told: self._is(told, event), seconds)

    async def expect(self) -> Told:
        """The delivery of session.ended; another rule judges that it does not arrive."""
        told = await self.told(_ENDED)
        if told is None:
            raise Senseless("no delivery of session.ended arrived")
        return told

    def _is(self, told: Told, event: str) -> bool:
        found = _fields(told)
        return (found.get("event"), found.get("session_id")) == (event, self.session.session_id)

    def has(self, event: str) -> bool:
        """Whether an event of the session has arrived."""
        return any(self._is(told, event) for told in self.receiver.all())

    def fault(self, expected: str, got: str, key: str) -> Fault:
        """A fault that the receiver has seen."""
        return Fault(expected=expected, got=got, answer=self.ended, key=key)

    def missing(self, event: str) -> Fault:
        """An event did not arrive: a note if nothing did, since a container may be in between."""
        count = len(self.receiver.all())
        fault = self.fault(
            f"a POST to the webhook with event {event} and the session's id",
            f"none within {_ARRIVES * self.probe.options.slowness:g} s, and {count} others",
            event,
        )
        if count:
            return fault
        got = "nothing arrived; a server in a container may be unable to reach the receiver"
        return replace(fault, got=got, grade=Grade.INFERRED, group="nothing was delivered")


def _fields(told: Told) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        found = json.loads(told.body)
        return found if isinstance(found, dict) else {}
    return {}


async def _require_deliveries(probe: Probe) -> None:
    """Raise Senseless if the server cannot reach a receiver of the check, or delivers nothing."""
    if not _is_this_machine(probe.options.base.origin.host):
        raise Senseless("only a server on this machine can reach the check's receiver")
    answer = await probe.ask("getDiscovery", "GET", DISCOVERY_PATH, token=None)
    capabilities = answer.fields().get("capabilities")
    if isinstance(capabilities, dict) and capabilities.get("webhook_delivery") is False:
        raise Senseless("discovery says that the server does not deliver to webhooks")


def _is_this_machine(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


@asynccontextmanager
async def _watched(probe: Probe, *events: str) -> AsyncIterator[_Watched]:
    """A session whose webhook leads to a receiver of its own; raises Skip if that fails."""
    await _require_deliveries(probe)
    async with Receiver() as receiver:
        body = {"url": receiver.url, "events": list(events), "secret": _SECRET}
        registered = await register(probe, body)
        webhook = webhook_of(registered)
        try:
            session = await probe.create()
            session.history.insert(0, registered.request)
            await probe.upload(session)
            ended = await probe.end(session)
            if not ended.accepted:
                raise Skip(f"the server ends no session: {ended}")
            yield _Watched(probe, receiver, session, ended)
        finally:
            await delete(probe, webhook)


@_rule("events", "Create session, End session and the end of processing are told.")
async def events(probe: Probe) -> Faults:
    """A session is created, ended and processed."""
    async with _watched(probe, _STARTED, _ENDED, _COMPLETED) as watched:
        await probe.expect_done(watched.session)
        for event in (_COMPLETED, _ENDED, _STARTED):
            if await watched.told(event) is None:
                yield watched.missing(event)


@_rule("asked", "A webhook is told of the events that it asks for, and of no others.")
async def asked(probe: Probe) -> Faults:
    """session.started comes before session.ended, and only that was asked for."""
    async with _watched(probe, _ENDED) as watched:
        await watched.expect()
        if watched.has(_STARTED):
            yield watched.fault(f"only {_ENDED}, as was asked for", _STARTED, _STARTED)


@_rule("body", "A delivery is JSON with event, timestamp and session_id, and nothing else.")
async def body(probe: Probe) -> Faults:
    """The body of session.ended is looked at."""
    async with _watched(probe, _ENDED) as watched:
        told = await watched.expect()
        found = _fields(told)
        names = ["event", "session_id", "timestamp"]
        if sorted(found) != names:
            yield watched.fault(f"a body with {', '.join(names)}", ", ".join(sorted(found)), "body")
        if not _is_time(found.get("timestamp")):
            shown = repr(found.get("timestamp"))[:100]
            yield watched.fault("a `timestamp` as in RFC 3339", shown, "timestamp")
        kind = (told.header("content-type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            yield watched.fault("Content-Type: application/json", kind or "none", "type")


def _is_time(value: Any) -> bool:
    with suppress(ValueError, TypeError):
        return datetime.fromisoformat(value).tzinfo is not None
    return False


@_rule("signature", "With a secret, X-MSA-Signature has t and the HMAC-SHA256 of `<t>.<body>`.")
async def signature(probe: Probe) -> Faults:
    """The signature of session.ended is computed from its bytes."""
    async with _watched(probe, _ENDED) as watched:
        told = await watched.expect()
        sent = told.header("x-msa-signature") or "none"
        found = _SIGNATURE.fullmatch(sent)
        if found is None:
            form = "X-MSA-Signature: t=<seconds>,v1=<64 hexadecimal digits>"
            yield watched.fault(form, sent[:200], "form")
            return
        wanted = hmac.new(_SECRET.encode(), f"{found[1]}.".encode() + told.body, hashlib.sha256)
        if wanted.hexdigest() != found[2]:
            yield watched.fault(f"v1={wanted.hexdigest()}", f"v1={found[2]}", "value")
