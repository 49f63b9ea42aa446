"""Who sends a request."""

from starlette.requests import Request

from scribe_mock.sessions.owners import owner_of


def owner_of_field(value: bytes | None) -> str:
    """The owner that the value of an `Authorization` stands for."""
    _, _, token = (value or b"").decode("latin-1").strip().partition(" ")
    return owner_of(token.strip())


def owner_of_text(token: str) -> str:
    """The owner of a token in JSON or in a query, where it is Unicode."""
    return owner_of(token.encode("utf-8", "surrogatepass").decode("latin-1").strip())


def caller(request: Request) -> str:
    """The owner of what the request makes: a digest of its bearer token."""
    _, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return owner_of(token.strip())
