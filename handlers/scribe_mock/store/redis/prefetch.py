"""Reads the session of an upload in the round trip that each request begins with."""

import re
from collections.abc import Sequence
from contextvars import ContextVar

from scribe_mock.store.redis.connection import Command

_UPLOAD = re.compile(r"/voice/v1/sessions/([A-Za-z0-9._~-]+)/audio/")

#: The id of a session and what Redis has of it. A request's own, since each runs in its own task.
_READ: ContextVar[tuple[str, Sequence[bytes | None]] | None] = ContextVar("_READ", default=None)


def fields_of(prefix: str, session_id: str) -> Command:
    """What reads a session without its chunks."""
    return ("HMGET", f"{prefix}session:{session_id}", "record", "uploads")


def session_of(path: str) -> str | None:
    """The id of the session that the path of an upload names; None for other paths."""
    found = _UPLOAD.match(path)
    return None if found is None else found[1]


def note(session_id: str, fields: Sequence[bytes | None]) -> None:
    """Have what was read for the request that is going on."""
    _READ.set((session_id, fields))


def forget() -> None:
    """Have nothing that was read for this request: it may have changed."""
    _READ.set(None)


def take(session_id: str) -> Sequence[bytes | None] | None:
    """What was read of this session for this request, once: it may change from then on."""
    read = _READ.get()
    if read is None or read[0] != session_id:
        return None
    _READ.set(None)
    return read[1]
