"""What a scenario does in the middle of a recording, when the second upload waits."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from scribe_mock.examine.relay import Relay
from scribe_mock.gauntlet.scenario import Deed
from scribe_mock.testing.control_client import ControlError
from scribe_mock.testing.scope_calls import ScopeCalls

#: Seconds between two looks whether an upload waits.
_LOOK_SECONDS = 0.05
OFFLINE_SECONDS = 10.0
#: A session expires after an hour, unless the mock says otherwise.
_EXPIRE_SECONDS = 366 * 86400
#: The part of a refused chunk that is accepted.
_ACCEPTED_PART = 0.6


async def held_upload(calls: ScopeCalls) -> Mapping[str, Any]:
    """The first upload that waits; it may never come."""
    while True:
        answer = await asyncio.to_thread(calls.ask, "/held")
        if answer["held"]:
            held: Mapping[str, Any] = answer["held"][0]
            return held
        await asyncio.sleep(_LOOK_SECONDS)


async def do(deed: Deed, held: Mapping[str, Any], calls: ScopeCalls, relay: Relay | None) -> None:
    """Do what the scenario does, but for a kill, and let the upload go on."""
    session_id = held["session_id"]
    if deed is Deed.OFFLINE and relay is not None:
        await relay.refuse()
        await asyncio.sleep(OFFLINE_SECONDS)
        await relay.accept()
    elif deed is Deed.EXPIRE:
        change = {"session_id": session_id, "advance_seconds": _EXPIRE_SECONDS}
        await asyncio.to_thread(calls.send, "POST", "/clock", change)
    elif deed is Deed.DELETE:
        await asyncio.to_thread(calls.send, "DELETE", f"/sessions/{session_id}")
    elif deed is Deed.LIMIT:
        await asyncio.to_thread(_limit, held, calls)
        return
    await release(held, calls)


async def release(held: Mapping[str, Any], calls: ScopeCalls) -> None:
    """Let an upload go on that may have gone away with its client."""
    with suppress(ControlError):
        path = f"/held/{held['request_id']}/release"
        await asyncio.to_thread(calls.send, "POST", path)


def _limit(held: Mapping[str, Any], calls: ScopeCalls) -> None:
    """Refuse the upload as too large, and whatever is nearly as large in its place."""
    entry = calls.send("GET", f"/requests/{held['request_id']}")
    most = int((entry["announced_bytes"] or 0) * _ACCEPTED_PART)
    match = {"operation": "uploadAudio"}
    if held["sequence"] is not None:
        match["sequence"] = held["sequence"]
    fault = {"match": match, "times": None, "action": {"limit": {"bytes": most}}}
    calls.send("POST", "/faults", {"scope": calls.scope, **fault})
    refusal = {"code": "chunk_too_large"}
    calls.send("POST", f"/held/{held['request_id']}/refuse", refusal)
