"""Login and refresh: tokens for any credentials."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.services import OperationGroup
from scribe_mock.sessions.tokens import ACCESS_SECONDS, REFRESH_SECONDS


class LoginOperations(OperationGroup):
    """The operations with the tag Login (CONTRACT.md, "Authentication")."""

    async def login(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any credentials with tokens."""
        return JsonAnswer(self._fresh())

    async def refresh_token(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any refresh token that has not expired with new tokens."""
        self._services.tokens.check("refresh", body["refresh_token"])
        return JsonAnswer(self._fresh())

    def _fresh(self) -> dict[str, Any]:
        accepted, tokens = self._services.settings.token, self._services.tokens
        access = accepted[0] if accepted else tokens.make("access", ACCESS_SECONDS)
        tokens.renewed(access)
        return {
            "access_token": access,
            "refresh_token": tokens.make("refresh", REFRESH_SECONDS),
            "expires_in": ACCESS_SECONDS,
            "refresh_expires_in": REFRESH_SECONDS,
        }
