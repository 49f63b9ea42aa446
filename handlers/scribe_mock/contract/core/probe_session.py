"""A session on the checked server, with the requests that led to its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from scribe_mock.contract.transport.message import Answer, Delivery, Request

#: The label of a request that was repeated until processing had ended.
WAIT = "until processing is over"
#: The label of a request that was refused; its server may have changed the session all the same.
REFUSED = "refused"


@dataclass(kw_only=True)
class ProbeSession:
    """A session on the checked server.

    Args:
        session_id: Its id.
        upload_type: Its upload type.
        created: The answer of Create session.
        history: The requests that led to its state, oldest first.
        accepted: How many audio files the server accepted.
    """

    session_id: str
    upload_type: str = "chunked"
    created: Mapping[str, Any] = field(default_factory=dict)
    history: list[Request] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        if self.history and self.history[0].operation == "createSession":
            self.history[0] = replace(self.history[0], creates=self.session_id)

    @property
    def path(self) -> str:
        """The session's path under the base."""
        return f"/sessions/{in_path(self.session_id)}"


def remembered(answer: Answer) -> Request:
    """The request of an answer, as part of a session's history."""
    cut = answer.request.delivery is Delivery.CUT
    return answer.request if answer.accepted or cut else replace(answer.request, label=REFUSED)


def in_path(session_id: str) -> str:
    """An id as a segment of a path; a server may use any characters in it."""
    return quote(session_id, safe="", errors="replace")
