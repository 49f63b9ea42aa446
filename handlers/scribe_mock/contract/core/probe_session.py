"""A session on the checked server, with the requests that led to its state."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from scribe_mock.contract.transport.message import Answer, Delivery, Request

#: The label of a request that was repeated until processing had ended.
WAIT = "until processing is over"
#: The label of a request that was refused; its server may have changed the session all the same.
REFUSED = "refused"
#: The label of a handshake at the `upload_url` of a session.
STREAM = "the stream of the session"
#: Operation that makes something → the field of its answer, or of `data` there, with its id.
MAKES = {
    "createSession": "session_id",
    "createTemplate": "template_id",
    "saveDocument": "document_id",
    "registerWebhook": "webhook_id",
}
#: Operations that make or change what belongs to no session alone, or show it.
_BESIDE = {"createTemplate", "listTemplates", "updateTemplate", "deleteTemplate"} | {
    *("saveDocument", "getDocument", "deleteDocument"),
    *("registerWebhook", "listWebhooks", "deleteWebhook"),
}
#: The most requests that a rule remembers beside its sessions.
_MOST = 200


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


class Memory:
    """The requests of one rule, as far as a later answer can depend on them."""

    def __init__(self) -> None:
        self._sessions: list[ProbeSession] = []
        self._all: deque[Request] = deque(maxlen=_MOST)
        self._beside = False

    def add(self, answer: Answer, session: ProbeSession | None = None) -> None:
        """Remember a request that may have changed a session, or anything else."""
        request = _remembered(answer)
        self._beside |= answer.accepted and request.method != "GET" and _is_beside(request)
        self._all.append(request)
        if session is not None:
            session.history.append(request)

    def made(self, session: ProbeSession) -> None:
        """Remember a new session; its creation is remembered already."""
        self._sessions.append(session)

    def waited(self, session: ProbeSession, request: Request) -> None:
        """Remember that a session was asked for until its processing was over."""
        session.history.append(replace(request, label=WAIT))
        self._all.append(session.history[-1])

    def before(self, request: Request, session: ProbeSession | None) -> tuple[Request, ...]:
        """The requests that led to the state that a request meets, oldest first.

        Without a session, it is about that one of the rule's sessions that its path names.
        """
        if self._beside or _is_beside(request):
            return tuple(self._all)
        path = request.target
        session = session or next(
            (one for one in self._sessions if in_path(one.session_id) in path), None
        )
        return tuple(session.history) if session else ()


def _is_beside(request: Request) -> bool:
    return request.operation in _BESIDE


def _remembered(answer: Answer) -> Request:
    """The request of an answer, with the id of what it made, or with what became of it."""
    request = answer.request
    if not answer.accepted:
        cut = request.delivery is Delivery.CUT
        return request if cut else replace(request, label=REFUSED)
    name = MAKES.get(request.operation, "")
    data = answer.fields().get("data")
    made = (data if isinstance(data, dict) else answer.fields()).get(name)
    return replace(request, creates=made) if isinstance(made, str) else request


def in_path(session_id: str) -> str:
    """An id as a segment of a path; a server may use any characters in it."""
    return quote(session_id, safe="", errors="replace")
