"""Gathers the evidence of a scenario from the mock."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scribe_mock.gauntlet.evidence import UPLOAD, Evidence, Run
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.testing.reference import DECODING_SECONDS, put_reference
from scribe_mock.testing.scope_calls import ScopeCalls

#: How long requests that the client left may take until they are over.
_SETTLE_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_MOST_ENTRIES, _MOST_SESSIONS = 10_000, 1000


async def gather(
    calls: ScopeCalls,
    fault_ids: Collection[str],
    runs: Sequence[Run],
    spoken: bytes,
    *,
    cued: bool,
) -> Evidence:
    """What a client did.

    Args:
        calls: Those of its token.
        fault_ids: The faults of the scenario.
        runs: Its runs.
        spoken: The WAV that it was given.
        cued: Whether what the scenario does in the middle was done.
    """
    exchanges = await _settled(calls)
    faults = (await asyncio.to_thread(calls.ask, "/faults"))["faults"]
    answer = await asyncio.to_thread(calls.ask, "/sessions", limit=_MOST_SESSIONS)
    sessions = answer["sessions"]
    return Evidence(
        exchanges=[_of_faults(one, fault_ids) for one in exchanges],
        sessions=sessions,
        ledgers=await asyncio.to_thread(_ledgers, calls, sessions, spoken),
        faults=[fault for fault in faults if fault["id"] in fault_ids],
        runs=runs,
        cued=cued,
    )


async def _settled(calls: ScopeCalls) -> list[Exchange]:
    """The journal, once no upload is going on any more."""
    for _ in range(round(_SETTLE_SECONDS / _LOOK_SECONDS)):
        answer = await asyncio.to_thread(calls.ask, "/requests", limit=_MOST_ENTRIES)
        found = [Exchange.of(form) for form in answer["requests"]]
        if not any(one.operation == UPLOAD and one.outcome is None for one in found):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return found


def _of_faults(one: Exchange, fault_ids: Collection[str]) -> Exchange:
    """The exchange with the faults of the scenario alone."""
    return replace(one, faults=tuple(name for name in one.faults if name in fault_ids))


def _ledgers(
    calls: ScopeCalls, sessions: Sequence[Mapping[str, Any]], spoken: bytes
) -> dict[str, Any]:
    """The ledger of each session, which knows what was spoken."""
    found = {}
    for session in sessions:
        name = session["session_id"]
        if session["chunks"]:
            put_reference(calls, name, spoken, None)
        found[name] = calls.send("GET", f"/sessions/{name}/ledger", wait_seconds=DECODING_SECONDS)
    return found
