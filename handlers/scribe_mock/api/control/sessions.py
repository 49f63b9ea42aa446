"""The operations of the control API on sessions and their audio."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.control.scoping import owner_of_query, sessions_of
from scribe_mock.api.ranges import ranged_answer
from scribe_mock.api.representations import (
    control_chunk,
    control_session,
)
from scribe_mock.api.services import OperationGroup
from scribe_mock.audio.examination import session_findings
from scribe_mock.errors import ChunkNotFound, InvalidRequest, SessionNotFound
from scribe_mock.sessions.placing import finish
from scribe_mock.sessions.session import SESSION_ID_PATTERN, Session, UploadType
from scribe_mock.sessions.states import State


class SessionControl(OperationGroup):
    """The operations with the tag sessions."""

    async def list_stored_sessions(
        self,
        request: Request,
        token: str | None = None,
        state: str | None = None,
        limit: str = "100",
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with sessions in order of creation."""
        now, owner = self._services.clocks.times(), owner_of_query(self._services, token)
        found = [
            s
            for s in await sessions_of(self._services, owner)
            if state is None or s.state(now(s)) == state
        ]
        page = found[int(offset) : int(offset) + int(limit)]
        sessions = []
        for session in page:
            # Computing digests awaits, so a session may be changed, deleted or evicted meanwhile.
            with suppress(SessionNotFound):
                current = await self._services.store.get(session.session_id)
                sessions.append(await self._represent(request, current))
        return JsonAnswer({"sessions": sessions, "total": len(found)})

    async def inspect_session(self, request: Request, session_id: str) -> JsonAnswer:
        """Answer with one session and its examined chunks."""
        await self._services.examiner.examine_new_chunks(session_id)
        session = await self._services.store.get(session_id)
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
        owner = owner_of_query(self._services, fields.pop("token", None))
        try:
            session = (await self._services.store.get(session_id)).copy()
        except SessionNotFound:
            status = 201
            fields = {"scenario": scenario, "owner": owner or ""} | fields
            session = self._services.seeder.session(session_id, kind, fields)
        else:
            status = 200
            if "upload_type" in body and kind is not session.upload_type:
                refuse_body(
                    "$.upload_type",
                    f"the session is {session.upload_type}, which cannot be changed",
                )
            if owner not in (None, session.owner):
                refuse_body("$.token", "the session is not this token's, which cannot be changed")
            session.set_fields(fields)
        await self._services.seeder.place(session, State(body["state"]), {})
        return JsonAnswer(await self._represent(request, session), status)

    async def delete_session(self, request: Request, session_id: str) -> Response:
        """Delete one session."""
        await self._services.store.delete(session_id)
        return Response(status_code=204)

    async def finish_session(
        self, request: Request, session_id: str, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """End a session's processing now."""
        outcome, clocks = State(body["outcome"]), self._services.clocks
        await self._services.store.change(
            session_id, lambda session: finish(session, clocks.of(session).now(), outcome)
        )
        return await self.inspect_session(request, session_id)

    async def get_chunk(self, request: Request, session_id: str, stored_name: str) -> Response:
        """Answer with the stored bytes of one chunk, or the requested range of them."""
        session = await self._services.store.get(session_id)
        chunk = next((c for c in session.chunks.values() if c.name == stored_name), None)
        if chunk is None:
            names = ", ".join(c.name for c in session.ordered_chunks()) or "none"
            raise ChunkNotFound(f"The session has no chunk {stored_name[:80]!r}; it has {names}.")
        parts = await self._services.store.audio(session_id, chunk.sequence)
        return ranged_answer(request, parts, chunk.size, chunk.content_type)

    async def _represent(self, request: Request, session: Session) -> dict[str, Any]:
        """The session's JSON form as of now: a copy, since computing digests awaits."""
        session, clock = session.copy(), self._services.clocks.of(session)
        now, frozen = clock.now(), clock.frozen
        digests = await self._services.store.digests(session.session_id)
        found = session_findings(session.ordered_chunks(), digests)
        chunks = [
            control_chunk(chunk, digests[chunk.sequence], found[chunk.sequence])
            for chunk in session.ordered_chunks()
        ]
        address = base_url(request, self._services.settings)
        return control_session(session, now, address, frozen, chunks)
