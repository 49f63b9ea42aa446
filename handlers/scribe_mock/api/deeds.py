"""What a scenario does in the middle of a recording, on the mock itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from scribe_mock.errors import ApiError
from scribe_mock.gauntlet.scenario import Deed
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Refusal
from scribe_mock.steering.lock_step import LockStep, Waiting
from scribe_mock.steering.reading import UPLOAD, FaultReader
from scribe_mock.store.session_store import SessionStore

_OFFLINE_SECONDS = 10.0
#: The part of a refused chunk that is accepted.
_ACCEPTED_PART = 0.6
_RESET: Mapping[str, Any] = {
    "times": None,
    "action": {"cut": {"at": "upload", "after_bytes": 0, "how": "reset"}},
}


class Deeds:
    """Does it.

    Args:
        faults: All faults.
        reader: Reads faults from JSON.
        lock_step: Releases the requests that wait.
        store: The sessions.
        clocks: All clocks.
        sharing: What other servers have of this one.
    """

    def __init__(
        self,
        faults: Faults,
        reader: FaultReader,
        lock_step: LockStep,
        store: SessionStore,
        clocks: Clocks,
        sharing: Sharing,
    ) -> None:
        self._faults = faults
        self._reader = reader
        self._lock_step = lock_step
        self._store = store
        self._clocks = clocks
        self._sharing = sharing

    async def do(self, deed: Deed, held: Waiting, token: str) -> AsyncIterator[str]:
        """Do it while an upload waits, and let that go on; yields the ids of faults that it sets.

        Raises:
            ApiError: the session or the upload is gone.
        """
        session_id = held.session_id or ""
        if deed is Deed.LIMIT:
            yield await self._set(self._limit(held), token)
            await self._lock_step.release(held.request_id, Refusal(code="chunk_too_large"))
            return
        if deed is Deed.OFFLINE:
            fault_id = await self._set(_RESET, token)
            yield fault_id
            await self._reset_all(held, fault_id)
            return
        if deed is Deed.EXPIRE:
            await self._store.change(
                session_id, lambda session: session.expire(self._clocks.of(session).now())
            )
        elif deed is Deed.DELETE:
            async with self._sharing.changing():
                await self._store.delete(session_id)
        await self._lock_step.release(held.request_id)

    async def _set(self, fault: Mapping[str, Any], token: str) -> str:
        read = await self._reader.read({"scope": {"token": token}, **fault})
        async with self._sharing.changing():
            return self._faults.add(read).fault_id

    async def _reset_all(self, held: Waiting, fault_id: str) -> None:
        """Let every request of the token be reset for ten seconds."""
        await self._lock_step.release(held.request_id, Refusal(503))
        await asyncio.sleep(_OFFLINE_SECONDS)
        with suppress(ApiError):
            async with self._sharing.changing():
                self._faults.remove(fault_id)

    def _limit(self, held: Waiting) -> Mapping[str, Any]:
        """The fault that refuses whatever is nearly as large as this upload, in its place."""
        match: dict[str, Any] = {"operation": UPLOAD}
        if held.sequence is not None:
            match["sequence"] = held.sequence
        limit = {"bytes": int(held.announced * _ACCEPTED_PART)}
        return {"match": match, "times": None, "action": {"limit": limit}}
