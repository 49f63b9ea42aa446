"""Who sends a request: a digest of the bearer token, so that no token is ever stored or shown."""

import hashlib

from starlette.requests import Request


def caller(request: Request) -> str:
    """The SHA-256, in hex, of the request's bearer token; of an empty one without a token."""
    _, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return hashlib.sha256(token.strip().encode("latin-1")).hexdigest()
