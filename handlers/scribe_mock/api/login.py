"""Login and refresh: tokens for any credentials."""

import secrets
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.services import OperationGroup

#: The `expires_in` of a token, in seconds.
TOKEN_SECONDS = 1800


class LoginOperations(OperationGroup):
    """The operations with the tag Login (CONTRACT.md, "Authentication")."""

    async def login(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any credentials with a token."""
        return JsonAnswer(self._tokens())

    async def refresh_token(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Answer any refresh token with a new token."""
        return JsonAnswer(self._tokens())

    def _tokens(self) -> dict[str, Any]:
        accepted = self._services.settings.token
        return {
            "access_token": accepted[0] if accepted else f"access_{secrets.token_urlsafe(24)}",
            "refresh_token": f"refresh_{secrets.token_urlsafe(24)}",
            "expires_in": TOKEN_SECONDS,
        }
