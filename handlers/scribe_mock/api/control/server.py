"""The operations of the control API on the server as a whole, and on its clock."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from scribe_mock import __version__
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.control.scoping import scope_of_body, scope_of_query, shown_scope
from scribe_mock.api.memory_use import resident_bytes
from scribe_mock.api.services import OperationGroup
from scribe_mock.api.stopping import is_stopping
from scribe_mock.errors import ServiceUnavailable, StoreUnreachable
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering import metrics
from scribe_mock.store_address import kind_of


class ServerControl(OperationGroup):
    """The operations with the tags server and clock."""

    async def get_health(self, request: Request) -> JsonAnswer:
        """Answer with the version, the uptime, and how much is stored."""
        sessions: int | None
        stored_bytes: int | None
        try:
            sessions, stored_bytes = await self._services.store.usage()
            reachable = True
        except StoreUnreachable:
            sessions, stored_bytes, reachable = None, None, False
        return JsonAnswer(
            {
                "status": "ok" if reachable else "store_unreachable",
                "version": __version__,
                "uptime_seconds": round(self._services.clocks.root.uptime_seconds, 3),
                "sessions": sessions,
                "stored_bytes": stored_bytes,
                "store": {"kind": kind_of(self._services.settings.store), "reachable": reachable},
                "memory": self._memory(),
                "load_problems": list(self._services.load_problems),
            }
        )

    def _memory(self) -> dict[str, int | None]:
        """What uses memory, in bytes."""
        services = self._services
        used = {f"{name}_bytes": size for name, size in services.memory_use.look().items()}
        return {
            "limit_bytes": services.settings.max_memory,
            "resident_bytes": resident_bytes(services.examiner.process_ids),
            **used,
        }

    async def get_live(self, request: Request) -> Response:
        """Answer that this process serves."""
        return Response(status_code=204)

    async def get_ready(self, request: Request) -> Response:
        """Answer that requests may be sent; raises ServiceUnavailable."""
        if is_stopping(request.scope):
            raise ServiceUnavailable("The server is about to stop. Send requests to another one.")
        await self._services.store.usage()
        return Response(status_code=204)

    async def get_metrics(self, request: Request) -> Response:
        """Answer with the figures of this server in Prometheus' text format."""
        services = self._services
        try:
            usage = await services.store.usage()
        except StoreUnreachable:
            usage = None
        samples = services.metrics.samples()
        if services.place is not None:
            samples = services.place.all_of(samples)
        text = metrics.text_of(samples, usage)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def reset(self, request: Request, body: Mapping[str, Any] | None) -> Response:
        """Bring the server, or a scope of it, back to the state after its start."""
        services = self._services
        scope = await scope_of_body(services, body or {})
        async with services.sharing.changing():
            await services.resets.reset(scope)
        return Response(status_code=204)

    async def get_clock(
        self, request: Request, token: str | None = None, session_id: str | None = None
    ) -> JsonAnswer:
        """Answer with the time of all, of a token, or of a session."""
        scope = await scope_of_query(self._services, token, session_id)
        return await self._clock(scope, token)

    async def set_clock(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Freeze or unfreeze a clock, then move it forward."""
        services = self._services
        if not body.keys() & {"advance_seconds", "freeze"}:
            refuse_body("$", "expected advance_seconds, freeze or both")
        scope = await scope_of_body(services, body)
        owner = scope.owner
        if scope.session_id is not None:
            owner = (await services.store.get(scope.session_id)).owner
        # What happened before is told by the time before.
        await services.webhooks.caught_up()
        async with services.sharing.changing():
            services.clocks.set(
                Scope(scope.session_id, owner),
                freeze=body.get("freeze"),
                seconds=body.get("advance_seconds", 0),
            )
        services.store.changes.note()
        return await self._clock(scope, body.get("token"))

    async def _clock(self, scope: Scope, token: str | None) -> JsonAnswer:
        """The answer with the clock that a scope goes by."""
        services = self._services
        if scope.session_id is not None:
            clock = services.clocks.of(await services.store.get(scope.session_id))
        else:
            clock = services.clocks.of_owner(scope.owner)
        return JsonAnswer(
            {
                "now": rfc3339(clock.now()),
                "frozen": clock.frozen,
                "scope": shown_scope(scope, token),
            }
        )
