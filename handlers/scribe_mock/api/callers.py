"""Who sends a request, and whom a token that a client names belongs to."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import Request

from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.tokens import Tokens

#: How many owners are remembered by their tokens, and the longest token of these.
_REMEMBERED, _LONGEST = 4096, 512


class Callers:
    """Finds the owner of what a request makes.

    A token of login or refresh belongs to the owner that it was made for, so that what a client
    made is still its own after a refresh. Every other token is an owner of its own.

    Args:
        tokens: Knows the tokens of login and refresh.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._remembered = lru_cache(_REMEMBERED)(self._find)

    def of(self, request: Request) -> str:
        """The owner of what a request makes."""
        return self.of_headers(request.scope["headers"])

    def of_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The same, from the header fields of ASGI."""
        return self.of_token(token_of(headers) or "")

    def of_token(self, token: str) -> str:
        """The owner that a token belongs to, as it stands in a header field."""
        return (self._remembered if len(token) <= _LONGEST else self._find)(token)

    def of_text(self, text: str) -> str:
        """The owner of a token in JSON or in a query, where it is Unicode."""
        return self.of_token(text.encode("utf-8", "surrogatepass").decode("latin-1").strip())

    def _find(self, token: str) -> str:
        return self._tokens.owner(token) or owner_of(token)


def token_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The bearer token of a request (RFC 6750, 2.1), or None."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            return token.strip() or None if scheme.lower() == "bearer" else None
    return None
