"""The operations of the control API on the server as a whole, and on its clock."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock import __version__
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.services import OperationGroup
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.scopes import Scope


class ServerControl(OperationGroup):
    """The operations with the tags server and clock."""

    async def get_health(self, request: Request) -> JsonAnswer:
        """Answer with the version, the uptime, and how much is stored."""
        sessions, stored_bytes = await self._services.store.usage()
        return JsonAnswer(
            {
                "status": "ok",
                "version": __version__,
                "uptime_seconds": round(self._services.clock.uptime_seconds, 3),
                "sessions": sessions,
                "stored_bytes": stored_bytes,
            }
        )

    async def reset(self, request: Request) -> Response:
        """Bring the server back to the state after its start."""
        self._services.faults.forget(Scope())
        self._services.held.release_all(Scope())
        self._services.tokens.forget(Scope())
        self._services.webhooks.clear()
        self._services.clock.reset()
        self._services.templates.reset()
        await self._services.store.clear()
        await self._services.seeder.plant()
        await self._services.webhooks.plant(self._services.seeder.owner)
        return Response(status_code=204)

    async def get_clock(self, request: Request) -> JsonAnswer:
        """Answer with the time on the mock's clock."""
        return JsonAnswer(
            {"now": rfc3339(self._services.clock.now()), "frozen": self._services.clock.frozen}
        )

    async def set_clock(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Freeze or unfreeze the clock, then move it forward."""
        if not body:
            refuse_body("$", "expected advance_seconds, freeze or both")
        if "freeze" in body:
            (self._services.clock.freeze if body["freeze"] else self._services.clock.thaw)()
        self._services.clock.advance(body.get("advance_seconds", 0))
        self._services.store.changes.note()
        return await self.get_clock(request)
