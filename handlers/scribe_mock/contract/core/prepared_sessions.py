"""Sessions past uploading, which take a while to make: each state is made once a run."""

import asyncio
import math
from typing import Any, Literal

from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.watch import timestamp


async def finished(probe: Probe, state: Literal["completed", "partial", "failed"]) -> ProbeSession:
    """A session in a final state; raises Skip."""
    session: ProbeSession = await probe.run.shared(state, lambda: _finish(Probe(probe.run), state))
    return session


async def expired(probe: Probe) -> ProbeSession:
    """A session that has expired, found or waited for; raises Skip."""
    session: ProbeSession = await probe.run.shared("expired", lambda: _expire(Probe(probe.run)))
    return session


async def _finish(probe: Probe, state: str) -> ProbeSession:
    fields: dict[str, Any] = {}
    if state == "failed":  # scribe-mock reads this; to others it is data like any other
        fields["additional_data"] = {"_mock": {"scenario": "failed"}}
    session = await probe.create(templates=["eka_emr_template"], **fields)
    await probe.upload(session)
    await probe.end(session, sent=3 if state == "partial" else None)
    answer = await probe.done(session)
    found = answer.fields().get("status")
    if found != state:
        raise Skip(f"no way was found to make a session {state}; it became {found}")
    return session


async def _expire(probe: Probe) -> ProbeSession:
    known = ProbeSession(session_id=probe.options.expired_session)
    if (await probe.get(known)).status == 410:
        return known
    return await _outlive(probe)


async def _outlive(probe: Probe) -> ProbeSession:
    """Wait for a session of our own to expire, where that is soon."""
    session = await probe.create()
    created = timestamp(session.created.get("created_at"))
    expires = timestamp(session.created.get("expires_at"))
    life = (expires - created).total_seconds() if created and expires else math.inf
    if not life <= probe.options.patience:
        raise Skip(
            "no expired session is at hand: sessions outlive --patience, and the server"
            f" does not know {probe.options.expired_session}; name one with --expired-session"
        )
    await asyncio.sleep(max(life, 0) + 1)
    return session
