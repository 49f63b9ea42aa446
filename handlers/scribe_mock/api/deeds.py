"""What a scenario does in the middle of a recording, on the mock itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from scribe_mock.errors import ApiError
from scribe_mock.gauntlet.scenario import Deed
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held, HeldRequest, Refusal
from scribe_mock.steering.journal import Journal
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
        held: The requests that wait.
        store: The sessions.
        clocks: All clocks.
        journal: Knows how large a waiting upload is.
    """

    def __init__(
        self,
        faults: Faults,
        reader: FaultReader,
        held: Held,
        store: SessionStore,
        clocks: Clocks,
        journal: Journal,
    ) -> None:
        self._faults = faults
        self._reader = reader
        self._held = held
        self._store = store
        self._clocks = clocks
        self._journal = journal

    async def do(self, deed: Deed, held: HeldRequest, token: str) -> AsyncIterator[str]:
        """Do it while an upload waits, and let that go on; yields the ids of faults that it sets.

        Raises:
            ApiError: the session or the upload is gone.
        """
        session_id = held.target.session_id or ""
        if deed is Deed.LIMIT:
            yield await self._set(self._limit(held), token)
            self._held.release(held.request_id, Refusal(code="chunk_too_large"))
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
            await self._store.delete(session_id)
        self._held.release(held.request_id)

    async def _set(self, fault: Mapping[str, Any], token: str) -> str:
        read = await self._reader.read({"scope": {"token": token}, **fault})
        return self._faults.add(read).fault_id

    async def _reset_all(self, held: HeldRequest, fault_id: str) -> None:
        """Let every request of the token be reset for ten seconds."""
        self._held.release(held.request_id, Refusal(503))
        await asyncio.sleep(_OFFLINE_SECONDS)
        with suppress(ApiError):
            self._faults.remove(fault_id)

    def _limit(self, held: HeldRequest) -> Mapping[str, Any]:
        """The fault that refuses whatever is nearly as large as this upload, in its place."""
        record = self._journal.find(held.request_id)
        announced = int(record.announced or 0) if record is not None else 0
        match: dict[str, Any] = {"operation": UPLOAD}
        if held.target.sequence is not None:
            match["sequence"] = held.target.sequence
        limit = {"bytes": int(announced * _ACCEPTED_PART)}
        return {"match": match, "times": None, "action": {"limit": limit}}
