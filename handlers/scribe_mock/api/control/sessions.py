"""The operations of the control API on sessions and their audio."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.control.scoping import owner_of_query, sessions_of
from scribe_mock.api.control.session_forms import MOST_CHUNKS, session_form
from scribe_mock.api.control.slices import sliced
from scribe_mock.api.ranges import ranged_answer
from scribe_mock.api.services import OperationGroup
from scribe_mock.errors import ChunkNotFound, InvalidRequest, SessionNotFound
from scribe_mock.sessions.placing import finish
from scribe_mock.sessions.session import SESSION_ID_PATTERN, UploadType
from scribe_mock.sessions.states import State

#: The most chunks that an error names.
_SHOWN = 20


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
            async for s in sliced(await sessions_of(self._services, owner))
            if state is None or s.state(now(s)) == state
        ]
        page = found[int(offset) : int(offset) + int(limit)]
        sessions = []
        for session in page:
            # Computing digests awaits, so a session may be changed, deleted or evicted meanwhile.
            with suppress(SessionNotFound):
                current = await self._services.store.get(session.session_id)
                sessions.append(await session_form(self._services, request, current))
        listed = ",".join(sessions)
        return JsonAnswer.of_text(f'{{"sessions":[{listed}],"total":{len(found)}}}')

    async def inspect_session(
        self,
        request: Request,
        session_id: str,
        limit: str = str(MOST_CHUNKS),
        offset: str = "0",
    ) -> JsonAnswer:
        """Answer with one session and a page of its chunks, which are examined."""
        services, first, count = self._services, int(offset), int(limit)
        await services.examiner.examine_new_chunks(session_id, first, count)
        session = await services.store.get(session_id)
        return JsonAnswer.of_text(await session_form(services, request, session, count, first))

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
        try:
            await self._services.seeder.place(session, State(body["state"]), {})
        except SessionNotFound:  # it was deleted meanwhile, with its audio
            return await self.put_session(request, session_id, body)
        # The next state may not show that it had this one.
        await self._services.webhooks.caught_up()
        return JsonAnswer.of_text(await session_form(self._services, request, session), status)

    async def delete_session(self, request: Request, session_id: str) -> Response:
        """Delete one session."""
        # Its faults and its clock go with it.
        async with self._services.sharing.changing():
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
        number = stored_name.partition(".")[0]
        chunk = session.chunks.get(int(number)) if number.isdecimal() else None
        if chunk is None or chunk.name != stored_name:
            raise ChunkNotFound(
                f"The session has no chunk {stored_name[:80]!r}; it has "
                f"{_listed(session.chunks.names)}."
            )
        parts = await self._services.store.audio(session_id, chunk.sequence)
        return ranged_answer(request, parts, chunk.size, chunk.content_type)


def _listed(names: Sequence[str]) -> str:
    """The first of some names."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "none") + more
