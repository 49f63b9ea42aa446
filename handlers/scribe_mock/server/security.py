"""Connexion's security: the spec's bearer schemes as one check an operation, made at start-up."""

from collections.abc import Collection
from typing import Any

from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.errors import AuthenticationFailed
from scribe_mock.server.stations import next_station

#: The scheme that takes any token: the one at hand when refreshing may have expired.
_ANY_BEARER = "anyBearer"

#: The scheme of the control API: needed only where the server has a list of tokens.
_BEARER_IF_LISTED = "bearerIfListed"


class TokenOperation:
    """The check of one operation's bearer token."""

    def __init__(
        self, next_app: ASGIApp, schemes: Collection[str], accepted: Collection[str]
    ) -> None:
        self._next_app = next_app
        self._required = bool(schemes) and (bool(accepted) or _BEARER_IF_LISTED not in schemes)
        self._accepted = () if _ANY_BEARER in schemes else accepted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its token is accepted; raises AuthenticationFailed."""
        if self._required:
            check_token(scope["headers"], self._accepted)
        await self._next_app(scope, receive, send)


class TokenAPI(SecurityAPI):
    """The checks of all operations of one spec.

    Args:
        accepted_tokens: The tokens to accept; empty for any.
    """

    def __init__(self, *args: Any, accepted_tokens: Collection[str], **options: Any) -> None:
        self._accepted = frozenset(accepted_tokens)
        super().__init__(*args, **options)

    def make_operation(self, operation: Any) -> TokenOperation:
        """The check that the spec's `security` of this operation asks for."""
        schemes = {name for requirement in operation.security or () for name in requirement}
        return TokenOperation(next_station(self.next_app, operation), schemes, self._accepted)


class TokenSecurity(SecurityMiddleware):
    """Holds requests to the spec's security requirements."""

    api_cls = TokenAPI


def check_token(headers: list[tuple[bytes, bytes]], accepted: Collection[str]) -> None:
    """Raise AuthenticationFailed unless there is one acceptable bearer token (RFC 6750, 2.1)."""
    values = [value for name, value in headers if name == b"authorization"]
    if len(values) != 1:
        raise AuthenticationFailed(
            "Send the header Authorization: Bearer <token> once."
            if values
            else "There is no Authorization header. Send Authorization: Bearer <token>."
        )
    scheme, _, token = values[0].decode("latin-1").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise AuthenticationFailed("The Authorization header is not of the form Bearer <token>.")
    if accepted and token not in accepted:
        raise AuthenticationFailed("This token is not accepted. Get one with login.")
