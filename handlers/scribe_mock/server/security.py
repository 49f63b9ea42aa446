"""The check of bearer tokens: one for each operation, made at start from the spec."""

import hmac
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.api.answers import answer_to
from scribe_mock.errors import ApiError, AuthenticationFailed
from scribe_mock.server.connexion_internals import next_operation
from scribe_mock.sessions.tokens import Tokens

#: The scheme that accepts any token: a client's current one may have expired when it refreshes.
_ANY_BEARER = "anyBearer"

#: The scheme of the control API: a token is needed only if the server has a list of tokens.
_BEARER_IF_LISTED = "bearerIfListed"
#: The longest header field of which the token is remembered.
_LONGEST = 512


class TokenOperation:
    """Checks the bearer token of one operation's requests, and answers the operation's errors."""

    def __init__(
        self,
        next_app: ASGIApp,
        schemes: Collection[str],
        accepted: Collection[str],
        tokens: Tokens,
    ) -> None:
        self._next_app = next_app
        self._required = bool(schemes) and (bool(accepted) or _BEARER_IF_LISTED not in schemes)
        self._accepted = () if _ANY_BEARER in schemes else tuple(map(_bytes, accepted))
        self._tokens = None if _ANY_BEARER in schemes else tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the token, pass the request on, and answer an ApiError of any of that."""
        try:
            if self._required:
                token = _token_of(scope)
                if self._accepted and not self._accepts(token):
                    raise AuthenticationFailed("This token is not accepted. Get one with login.")
                if self._tokens is not None:
                    self._tokens.check("access", token)
            await self._next_app(scope, receive, send)
        except ApiError as error:
            await answer_to(error)(scope, receive, send)

    def _accepts(self, token: str) -> bool:
        """Whether a token is accepted; how long this takes tells nothing of those that are."""
        sent = _bytes(token)
        found = [hmac.compare_digest(sent, accepted) for accepted in self._accepted]
        return True in found


class TokenAPI(SecurityAPI):
    """The checks of all operations of one spec.

    Args:
        accepted_tokens: The tokens to accept; empty for any.
        tokens: Knows which of the tokens that login handed out have expired.
    """

    def __init__(
        self, *args: Any, accepted_tokens: Collection[str], tokens: Tokens, **options: Any
    ) -> None:
        self._accepted, self._tokens = frozenset(accepted_tokens), tokens
        super().__init__(*args, **options)

    def make_operation(self, operation: Any) -> TokenOperation:
        """The check that the operation's `security` in the spec demands."""
        schemes = {name for requirement in operation.security or () for name in requirement}
        next_app = next_operation(self.next_app, operation.operation_id)
        return TokenOperation(next_app, schemes, self._accepted, self._tokens)


class TokenSecurity(SecurityMiddleware):
    """Checks the bearer tokens of requests."""

    api_cls = TokenAPI


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")


def _token_of(scope: Scope) -> str:
    """The one bearer token of a request; raises AuthenticationFailed."""
    fields = scope.get("scribe_mock.fields")
    if fields is not None:  # no field is there twice
        value = fields.get(b"authorization", b"")
        if value and len(value) <= _LONGEST:
            return _remembered(value)
    return bearer_token(scope["headers"])


@lru_cache(4096)
def _remembered(value: bytes) -> str:
    return bearer_token([(b"authorization", value)])


def bearer_token(headers: list[tuple[bytes, bytes]]) -> str:
    """The one bearer token of a request (RFC 6750, 2.1); raises AuthenticationFailed."""
    sent = None
    for name, value in headers:
        if name == b"authorization":
            if sent is not None:
                raise AuthenticationFailed("Send the header Authorization: Bearer <token> once.")
            sent = value
    if sent is None:
        raise AuthenticationFailed(
            "There is no Authorization header. Send Authorization: Bearer <token>."
        )
    scheme, _, token = sent.decode("latin-1").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise AuthenticationFailed("The Authorization header is not of the form Bearer <token>.")
    return token
