"""The scope that a request of the control API names by a token or a session."""

from collections.abc import Mapping, Sequence
from typing import Any

from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.services import Services
from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session

#: How many characters of a token are shown.
_SHOWN = 4


def owner_of_query(services: Services, token: str | None) -> str | None:
    """The owner that a token in the query belongs to; None without a token."""
    return None if token is None else services.callers.of_text(token)


async def sessions_of(services: Services, owner: str | None) -> Sequence[Session]:
    """The sessions of an owner, or all, in order of creation."""
    return await (services.store.all() if owner is None else services.store.of_owner(owner))


def scope_of_list(services: Services, token: str | None, session_id: str | None) -> Scope:
    """The scope of a list, which may be of a session that is gone; raises InvalidRequest."""
    if token is not None and session_id is not None:
        raise InvalidRequest("The query has token and session_id. Send the one that is meant.")
    return Scope(session_id, owner_of_query(services, token))


async def scope_of_query(services: Services, token: str | None, session_id: str | None) -> Scope:
    """The scope that a query names; raises InvalidRequest, SessionNotFound."""
    if token is not None and session_id is not None:
        raise InvalidRequest("The query has token and session_id. Send the one that is meant.")
    return await _scope(services, token, session_id)


async def scope_of_body(services: Services, body: Mapping[str, Any]) -> Scope:
    """The scope that a body names; raises InvalidBody, SessionNotFound."""
    if "token" in body and "session_id" in body:
        refuse_body("$", "expected token or session_id, but it has both")
    return await _scope(services, body.get("token"), body.get("session_id"))


async def _scope(services: Services, token: str | None, session_id: str | None) -> Scope:
    if session_id is None:
        return Scope(owner=owner_of_query(services, token))
    await services.store.get(session_id)
    return Scope(session_id=session_id)


def shown_scope(scope: Scope, token: str | None) -> dict[str, Any] | None:
    """A scope's JSON form, which never has a whole token; None for all.

    Args:
        scope: The scope.
        token: The token that named it, if one did.
    """
    if scope.session_id is not None:
        return {"session_id": scope.session_id}
    if scope.owner is None or token is None:
        return None
    return {"token_start": token[:_SHOWN], "token_sha256": scope.owner}
