"""Who sends a request."""

from starlette.requests import Request

from scribe_mock.sessions.owners import owner_of


def caller(request: Request) -> str:
    """The owner of what the request makes: a digest of its bearer token."""
    _, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return owner_of(token.strip())
