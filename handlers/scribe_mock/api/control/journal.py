"""The operations of the control API on the journal: what arrived, and what came of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer, encode
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.control.scoping import owner_of_query, scope_of_list
from scribe_mock.api.control.slices import sliced
from scribe_mock.api.services import OperationGroup
from scribe_mock.control_errors import RequestNotFound
from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.clock import parse_rfc3339
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.entries import described, described_whole
from scribe_mock.steering.har import archive
from scribe_mock.steering.journal import Entries
from scribe_mock.steering.record import Record
from scribe_mock.steering.verification import Count, Expectation

_ALWAYS = float("-inf")


class JournalControl(OperationGroup):
    """The operations with the tag journal."""

    async def list_requests(
        self,
        request: Request,
        session_id: str | None = None,
        token: str | None = None,
        limit: str = "1000",
        offset: str = "0",
        **wanted: str,
    ) -> JsonAnswer:
        """Answer with the latest entries that match, the oldest first."""
        scope = scope_of_list(self._services, token, session_id)
        journal = await self._services.journal.read()
        found = await _found(journal, scope, **wanted)
        end = max(0, len(found) - int(offset))
        page = found[max(0, end - int(limit)) : end]
        return JsonAnswer(
            {
                "requests": await described(journal, page),
                "evicted": journal.evictions.of(scope),
                "total": len(found),
            }
        )

    async def forget_requests(
        self, request: Request, session_id: str | None = None, token: str | None = None
    ) -> Response:
        """Forget the entries of a scope."""
        scope = scope_of_list(self._services, token, session_id)
        self._services.journal.forget(scope)
        await self._services.sharing.forget_requests(scope)
        return Response(status_code=204)

    async def verify_requests(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer with the number of entries that match, if it is the expected one."""
        match = dict(body.get("match", {}))
        owner = owner_of_query(self._services, match.pop("token", None))
        scope = Scope(match.pop("session_id", None), owner)
        since = match.pop("since", None)
        expectation = Expectation(
            scope,
            _ALWAYS if since is None else _time_in_body(since),
            match,
            _count(body["count"]),
        )
        journal = await self._services.journal.read()
        return JsonAnswer({"count": await expectation.verify(journal)})

    async def get_har(
        self,
        request: Request,
        session_id: str | None = None,
        token: str | None = None,
        **wanted: str,
    ) -> JsonAnswer:
        """Answer with entries as an HTTP archive."""
        scope = scope_of_list(self._services, token, session_id)
        found = await _found(await self._services.journal.read(), scope, **wanted)
        origin = base_url(request, self._services.settings)
        # Ten thousand entries take too long for the event loop.
        text = await asyncio.to_thread(lambda: encode(archive(found, origin)))
        return JsonAnswer.of_text(text)

    async def get_request(self, request: Request, request_id: str) -> JsonAnswer:
        """Answer with one entry and its header fields."""
        journal = await self._services.journal.read()
        record = journal.find(request_id)
        if record is None:
            raise RequestNotFound(
                f"The journal has no request {request_id[:128]!r}. List them to see their ids; "
                "old ones are gone when there are more than --journal-size."
            )
        return JsonAnswer(await described_whole(journal, record))


async def _found(
    journal: Entries,
    scope: Scope,
    operation: str | None = None,
    status: str | None = None,
    code: str | None = None,
    since: str | None = None,
    outcome: str | None = None,
) -> list[Record]:
    earliest = _ALWAYS if since is None else _time_in_query(since)
    number = None if status is None else int(status)
    return [
        record
        async for record in sliced(journal.records(scope))
        if record.at >= earliest
        and operation in (None, record.operation)
        and number in (None, record.status)
        and code in (None, record.code)
        and outcome in (None, record.outcome)
    ]


def _count(count: Any) -> Count:
    if isinstance(count, int):
        return Count(count, count)
    if not count:
        refuse_body("$.count", "expected a number, or at_least, at_most or both")
    least, most = count.get("at_least", 0), count.get("at_most")
    if most is not None and least > most:
        refuse_body("$.count", f"at_least {least} is more than at_most {most}")
    return Count(least, most)


def _time_in_query(text: str) -> float:
    try:
        return parse_rfc3339(text)
    except ValueError:
        raise InvalidRequest(
            f"since: {text[:80]!r} is not a time such as 2026-03-01T09:30:00Z. "
            "Write a plus sign in a query as %2B."
        ) from None


def _time_in_body(text: str) -> float:
    try:
        return parse_rfc3339(text)
    except ValueError:
        refuse_body("$.match.since", f"{text[:80]!r} is not a time such as 2026-03-01T09:30:00Z")
