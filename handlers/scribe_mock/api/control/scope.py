"""The scope that a request of the control API names."""

from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.owners import owner_of
from scribe_mock.sessions.scopes import Scope


def scope_of(session_id: str | None, token: str | None) -> Scope:
    """The scope of a session or a token, or all; raises InvalidRequest for both at once."""
    if session_id is not None and token is not None:
        raise InvalidRequest("Name a session_id or a token, not both.")
    return Scope(session_id, owner_of(token) if token is not None else None)
