"""The operations of the control API for pages that show what happens."""

import asyncio
from collections import Counter
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.control.scoping import owner_of_query, sessions_of
from scribe_mock.api.control.slices import sliced
from scribe_mock.api.representations import delivery_line, session_line
from scribe_mock.api.services import OperationGroup
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.states import State


class WatchingControl(OperationGroup):
    """The operations with the tag watching."""

    async def get_overview(
        self,
        request: Request,
        token: str | None = None,
        state: str | None = None,
        search: str = "",
        limit: str = "50",
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with a short form of sessions, the newest first, with counts by state."""
        clocks, owner = self._services.clocks, owner_of_query(self._services, token)
        now, wanted = clocks.times(), search.lower()
        stored = await sessions_of(self._services, owner)
        counts, found = Counter(dict.fromkeys(State, 0)), []
        async for session in sliced(stored):
            if wanted in session.session_id.lower():
                current = session.state(now(session))
                counts[current] += 1
                if state in (None, current):
                    found.append(session)
        found.reverse()
        page = found[int(offset) : int(offset) + int(limit)]
        lines = [session_line(s, now(s), clocks.of(s).frozen) for s in page]
        return self._listed(owner, {"total": len(found), "counts": counts, "sessions": lines})

    def _listed(self, owner: str | None, found: dict[str, Any]) -> JsonAnswer:
        """What was found, with the revision and the time of the owner, or of all."""
        clock = self._services.clocks.of_owner(owner)
        head = {
            "revision": self._services.store.changes.revision,
            "now": rfc3339(clock.now()),
            "frozen": clock.frozen,
        }
        return JsonAnswer(head | found)

    async def await_change(
        self, request: Request, since: str, wait_seconds: str = "25"
    ) -> JsonAnswer:
        """Answer with the revision as soon as it is not `since`, or after `wait_seconds`.

        The wait ends early when the client closes the connection.
        """
        request.state.waits = (
            True  # tells the HTTP protocol that a server may stop without waiting for this
        )
        change = asyncio.create_task(
            self._services.store.changes.wait(int(since), float(wait_seconds))
        )
        gone = asyncio.create_task(_disconnected(request))
        _, pending = await asyncio.wait({change, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return JsonAnswer({"revision": self._services.store.changes.revision})

    async def list_webhook_deliveries(
        self,
        request: Request,
        token: str | None = None,
        session_id: str | None = None,
        webhook_id: str | None = None,
        limit: str = "50",
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with attempts to deliver events, the newest first."""
        owner = owner_of_query(self._services, token)
        selected = Scope(session_id, owner)
        found = [
            attempt
            for attempt in await self._services.webhooks.log()
            if selected.covers(attempt.delivery.session_id, attempt.delivery.webhook.owner)
            and webhook_id in (None, attempt.delivery.webhook.webhook_id)
        ]
        page = found[int(offset) : int(offset) + int(limit)]
        lines = [delivery_line(attempt) for attempt in page]
        return self._listed(owner, {"total": len(found), "deliveries": lines})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
