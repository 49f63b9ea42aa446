"""Who a session belongs to: a digest of a token, so that no token is ever stored or shown."""

import hashlib


def owner_of(token: str) -> str:
    """The SHA-256 of a bearer token, in hex."""
    return hashlib.sha256(token.encode("latin-1", "replace")).hexdigest()
