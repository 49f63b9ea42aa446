"""Login and refresh: tokens for any credentials."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.callers import token_of
from scribe_mock.api.services import OperationGroup
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.tokens import ACCESS_SECONDS, REFRESH_SECONDS
from scribe_mock.steering.record import Record


class LoginOperations(OperationGroup):
    """The operations with the tag Login (CONTRACT.md, "Authentication")."""

    async def login(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any credentials with tokens of the caller, or of the client_id."""
        services = self._services
        token = token_of(request.scope["headers"])
        callers = services.callers
        owner = callers.of_token(token) if token else callers.of_text(body["client_id"])
        return JsonAnswer(await self._fresh(request, owner))

    async def refresh_token(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any refresh token that has not expired with new tokens of the same owner."""
        token = body["refresh_token"]
        self._services.tokens.check("refresh", token)
        return JsonAnswer(await self._fresh(request, self._services.callers.of_text(token)))

    async def _fresh(self, request: Request, owner: str) -> dict[str, Any]:
        record: Record | None = request.scope.get("scribe_mock.record")
        if record is not None:
            record.owner = owner  # the journal shows it to whom the tokens are for, too
        accepted, tokens = self._services.settings.token, self._services.tokens
        # Of the tokens that the server was started with, the owner's own, or else the first.
        own = [token for token in accepted if owner_of(token) == owner] or accepted
        access = own[0] if own else tokens.make("access", ACCESS_SECONDS, owner)
        if tokens.is_expired(access):
            async with self._services.sharing.changing():
                tokens.renewed(access)
        return {
            "access_token": access,
            "refresh_token": tokens.make("refresh", REFRESH_SECONDS, owner),
            "expires_in": ACCESS_SECONDS,
            "refresh_expires_in": REFRESH_SECONDS,
        }
