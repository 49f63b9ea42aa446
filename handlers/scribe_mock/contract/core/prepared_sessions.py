"""Sessions in final states; each takes a while, so it is made once a run, for all rules."""

import asyncio
import math
from typing import Any, Literal

from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.watch import timestamp


async def finished(probe: Probe, state: Literal["completed", "partial", "failed"]) -> ProbeSession:
    """A session in a final state; raises Skip."""
    session: ProbeSession = await probe.run.shared(state, lambda: _finish(Probe(probe.run), state))
    return session


async def expired(probe: Probe) -> ProbeSession:
    """A session that has expired: the known one, or one of the run's own; raises Skip."""
    session: ProbeSession = await probe.run.shared("expired", lambda: _expire(Probe(probe.run)))
    return session


async def _finish(probe: Probe, state: str) -> ProbeSession:
    fields: dict[str, Any] = {}
    if state != "completed":  # scribe-mock reads this; other servers just store it
        fields["additional_data"] = {"_mock": {"scenario": state}}
    session = await probe.create(templates=[probe.template("eka_emr_template")], **fields)
    await probe.upload(session)
    await probe.end(session, sent=3 if state == "partial" else None)
    answer = await probe.done(session)
    found = answer.fields().get("status")
    if found != state:
        # No request of the contract makes a session fail, so a server is free never to.
        kind = Skip if state == "completed" else Senseless
        raise kind(f"the session did not become {state}, but {found}")
    return session


async def _expire(probe: Probe) -> ProbeSession:
    known = ProbeSession(session_id=probe.options.expired_session)
    if (await probe.get(known)).status == 410:
        return known
    return await _outlive(probe)


async def _outlive(probe: Probe) -> ProbeSession:
    """A session of the run's own, once it has expired; raises Skip if that takes too long."""
    session = await probe.create()
    created = timestamp(session.created.get("created_at"))
    expires = timestamp(session.created.get("expires_at"))
    life = (expires - created).total_seconds() if created and expires else math.inf
    if not life <= probe.options.patience:
        raise Skip(
            "there is no expired session: sessions live longer than --patience, and the server"
            f" does not know {probe.options.expired_session}; give one with --expired-session"
        )
    await asyncio.sleep(max(life, 0) + 1)
    return session
