"""The control API under `/_mock`: one method for each operationId of `control.yaml`."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock import __version__
from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.ranges import ranged_answer
from scribe_mock.api.representations import (
    control_chunk,
    control_session,
    delivery_line,
    session_line,
)
from scribe_mock.api.services import OperationGroup, Services
from scribe_mock.audio.examination import session_findings
from scribe_mock.errors import ChunkNotFound, InvalidRequest, SessionNotFound
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.placing import finish
from scribe_mock.sessions.session import SESSION_ID_PATTERN, Session, UploadType
from scribe_mock.sessions.states import State
from scribe_mock.store.session_store import Parts


class Control(OperationGroup):
    """One async method for each operationId of `control.yaml`, in snake case."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._clock, self._store = services.clock, services.store

    async def get_health(self, request: Request) -> JsonAnswer:
        """Answer with the version, the uptime, and how much is stored."""
        sessions, stored_bytes = await self._store.usage()
        return JsonAnswer(
            {
                "status": "ok",
                "version": __version__,
                "uptime_seconds": round(self._clock.uptime_seconds, 3),
                "sessions": sessions,
                "stored_bytes": stored_bytes,
            }
        )

    async def reset(self, request: Request) -> Response:
        """Bring the server back to the state after its start."""
        self._services.webhooks.clear()
        self._clock.reset()
        self._services.templates.reset()
        await self._store.clear()
        await self._services.seeder.plant()
        await self._services.webhooks.plant(self._services.seeder.owner)
        return Response(status_code=204)

    async def get_clock(self, request: Request) -> JsonAnswer:
        """Answer with the time on the mock's clock."""
        return JsonAnswer({"now": rfc3339(self._clock.now()), "frozen": self._clock.frozen})

    async def set_clock(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Freeze or unfreeze the clock, then move it forward."""
        if not body:
            refuse_body("$", "expected advance_seconds, freeze or both")
        if "freeze" in body:
            (self._clock.freeze if body["freeze"] else self._clock.thaw)()
        self._clock.advance(body.get("advance_seconds", 0))
        self._store.changes.note()
        return await self.get_clock(request)

    async def list_stored_sessions(
        self, request: Request, state: str | None = None, limit: str = "100", offset: str = "0"
    ) -> JsonAnswer:
        """Answer with sessions in order of creation."""
        now = self._clock.now()
        found = [s for s in await self._store.all() if state is None or s.state(now) == state]
        page = found[int(offset) : int(offset) + int(limit)]
        sessions = []
        for session in page:
            # Computing digests awaits, so a session may be changed, deleted or evicted meanwhile.
            with suppress(SessionNotFound):
                current = await self._store.get(session.session_id)
                sessions.append(await self._represent(request, current))
        return JsonAnswer({"sessions": sessions, "total": len(found)})

    async def get_overview(
        self,
        request: Request,
        state: str | None = None,
        search: str = "",
        limit: str = "50",
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with a short form of sessions, the newest first, with counts by state."""
        now = self._clock.now()
        wanted = search.lower()
        found = [s for s in await self._store.all() if wanted in s.session_id.lower()]
        counts = dict.fromkeys(State, 0) | Counter(s.state(now) for s in found)
        found = [s for s in reversed(found) if state is None or s.state(now) == state]
        page = found[int(offset) : int(offset) + int(limit)]
        return JsonAnswer(
            {
                "revision": self._store.changes.revision,
                "now": rfc3339(now),
                "frozen": self._clock.frozen,
                "total": len(found),
                "counts": counts,
                "sessions": [session_line(session, now) for session in page],
            }
        )

    async def await_change(
        self, request: Request, since: str, wait_seconds: str = "25"
    ) -> JsonAnswer:
        """Answer with the revision as soon as it is not `since`, or after `wait_seconds`.

        The wait ends early when the client closes the connection.
        """
        request.state.waits = (
            True  # tells the HTTP protocol that a server may stop without waiting for this
        )
        change = asyncio.create_task(self._store.changes.wait(int(since), float(wait_seconds)))
        gone = asyncio.create_task(_disconnected(request))
        _, pending = await asyncio.wait({change, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return JsonAnswer({"revision": self._store.changes.revision})

    async def list_webhook_deliveries(
        self,
        request: Request,
        session_id: str | None = None,
        webhook_id: str | None = None,
        limit: str = "50",
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with attempts to deliver events, the newest first."""
        found = [
            attempt
            for attempt in self._services.webhooks.log()
            if session_id in (None, attempt.delivery.session_id)
            and webhook_id in (None, attempt.delivery.webhook.webhook_id)
        ]
        page = found[int(offset) : int(offset) + int(limit)]
        return JsonAnswer(
            {
                "revision": self._store.changes.revision,
                "now": rfc3339(self._clock.now()),
                "frozen": self._clock.frozen,
                "total": len(found),
                "deliveries": [delivery_line(attempt) for attempt in page],
            }
        )

    async def inspect_session(self, request: Request, session_id: str) -> JsonAnswer:
        """Answer with one session and its examined chunks."""
        await self._services.examiner.examine_new_chunks(session_id)
        session = await self._store.get(session_id)
        return JsonAnswer(await self._represent(request, session))

    async def put_session(
        self, request: Request, session_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Put a session into a state, and create it if there is none with this id."""
        if not re.match(SESSION_ID_PATTERN, session_id):
            raise InvalidRequest("A session_id has 16 to 64 letters, digits, '.', '_', '~', '-'.")
        fields = {name: value for name, value in body.items() if name != "state"}
        scenario = fields.get("scenario", self._services.fixtures.default.name)
        if scenario not in self._services.fixtures.scenarios:
            known = ", ".join(self._services.fixtures.scenarios)
            refuse_body("$.scenario", f"expected one of {known}")
        kind = UploadType(fields.pop("upload_type", UploadType.CHUNKED))
        audio: dict[int, Parts] = {}
        try:
            session = (await self._store.get(session_id)).copy()
        except SessionNotFound:
            status = 201
            session = self._services.seeder.session(
                session_id, kind, {"scenario": scenario} | fields
            )
        else:
            status = 200
            if "upload_type" in body and kind is not session.upload_type:
                refuse_body(
                    "$.upload_type",
                    f"the session is {session.upload_type}, which cannot be changed",
                )
            audio = {n: await self._store.audio(session_id, n) for n in session.chunks}
            session.set_fields(fields)
        await self._services.seeder.place(session, State(body["state"]), audio)
        return JsonAnswer(await self._represent(request, session), status)

    async def delete_session(self, request: Request, session_id: str) -> Response:
        """Delete one session."""
        await self._store.delete(session_id)
        return Response(status_code=204)

    async def finish_session(
        self, request: Request, session_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """End a session's processing now."""
        outcome = State(body["outcome"])
        await self._store.change(
            session_id, lambda session: finish(session, self._clock.now(), outcome)
        )
        return await self.inspect_session(request, session_id)

    async def get_chunk(self, request: Request, session_id: str, stored_name: str) -> Response:
        """Answer with the stored bytes of one chunk, or the requested range of them."""
        session = await self._store.get(session_id)
        chunk = next((c for c in session.chunks.values() if c.name == stored_name), None)
        if chunk is None:
            names = ", ".join(c.name for c in session.ordered_chunks()) or "none"
            raise ChunkNotFound(f"The session has no chunk {stored_name[:80]!r}; it has {names}.")
        parts = await self._store.audio(session_id, chunk.sequence)
        return ranged_answer(request, parts, chunk.size, chunk.content_type)

    async def _represent(self, request: Request, session: Session) -> dict[str, Any]:
        """The session's JSON form as of now: a copy, since computing digests awaits."""
        session, now = session.copy(), self._clock.now()
        digests = await self._store.digests(session.session_id)
        found = session_findings(session.ordered_chunks(), digests)
        chunks = [
            control_chunk(chunk, digests[chunk.sequence], found[chunk.sequence])
            for chunk in session.ordered_chunks()
        ]
        return control_session(session, now, base_url(request, self._services.settings), chunks)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
