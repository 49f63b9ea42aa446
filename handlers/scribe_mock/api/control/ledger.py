"""The operations of the control API on the ledger of a session."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer, encode
from scribe_mock.api.control.session_forms import MOST_CHUNKS
from scribe_mock.api.services import OperationGroup
from scribe_mock.audio.examination import session_findings
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.journal import Entries
from scribe_mock.steering.ledger import Ledger
from scribe_mock.steering.ledger_verification import verify_digests

#: A ledger of so many chunks and requests is made in a thread.
_FEW = 100


class LedgerControl(OperationGroup):
    """The operations with the tag ledger."""

    async def get_ledger(
        self,
        request: Request,
        session_id: str,
        limit: str = str(MOST_CHUNKS),
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with what became of a session's audio, and a page of its chunks."""
        ledger = await self._ledger(session_id)
        return await _page(ledger, int(offset), int(limit))

    async def get_levels(self, request: Request, session_id: str) -> JsonAnswer:
        """Answer with how loud what was spoken is, and what arrived."""
        levels = await self._services.comparisons.levels(session_id)
        return JsonAnswer(levels.form())

    async def verify_ledger(
        self, request: Request, session_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Answer with the ledger if the session has exactly the expected bytes."""
        ledger = await self._ledger(session_id)
        stored = [line.sha256 for line in ledger.lines if line.stored]
        verify_digests(stored, body["sha256"])
        return await _page(ledger, 0, MOST_CHUNKS)

    async def _ledger(self, session_id: str) -> Ledger:
        services, scope = self._services, Scope(session_id=session_id)
        await services.examiner.examine_new_chunks(session_id)
        heard = await services.comparisons.of(session_id)
        journal = await services.journal.read()
        # A copy: computing digests awaits, and uploads may change the session meanwhile.
        session = (await services.store.get(session_id)).snapshot()
        records = journal.records(scope)
        digests = await services.store.digests(session)
        await journal.learn_digests(records)
        lost = self._lost(journal, scope)

        def ledger() -> Ledger:
            findings = session_findings(session.ordered_chunks(), digests)
            return Ledger(session, digests, findings, records, lost, heard)

        if len(session.chunks) + len(records) < _FEW:
            return ledger()
        return await asyncio.to_thread(ledger)

    def _lost(self, journal: Entries, scope: Scope) -> str | None:
        if not self._services.journal.is_on:
            return "There is no journal, so nothing is known of refused and repeated uploads."
        evicted = journal.evictions.of(scope)
        if not evicted:
            return None
        return (
            f"The journal has lost {evicted} requests of this session, so uploads may be missing "
            "here. Use a larger --journal-size."
        )


async def _page(ledger: Ledger, first: int, count: int) -> JsonAnswer:
    if len(ledger.lines) < _FEW:
        return JsonAnswer(ledger.form(first, count))
    text = await asyncio.to_thread(lambda: encode(ledger.form(first, count)))
    return JsonAnswer.of_text(text)
