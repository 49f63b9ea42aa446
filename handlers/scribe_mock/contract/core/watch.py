"""What a run remembers of all answers, so that each can be judged beside the others."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.specification import SESSION_GONE, Violation
from scribe_mock.contract.transport.message import Answer

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
#: How far a session has come; nothing goes back.
RANKS = {
    "created": 0,
    "initialized": 0,
    "recording": 1,
    "processing": 2,
    "completed": 3,
    "partial": 3,
    "failed": 3,
    "expired": 3,
}
#: What a session says → the status code that goes with it.
STATUSES = dict.fromkeys(("created", "initialized", "recording", "processing"), 202)
STATUSES |= {"completed": 200, "failed": 200, "partial": 206, "expired": 410}
STAMPS = ("created_at", "expires_at", "completed_at", "expired_at")


@dataclass
class Watch:
    """The memory of a run."""

    #: Operation, status and code (or the status in the body) → how often it came.
    seen: dict[tuple[str, int, str], int] = field(default_factory=dict)
    #: Session id → (rank, status, when its answer was complete) of what is known to be true.
    progress: dict[str, tuple[int, str, float]] = field(default_factory=dict)
    #: Session id → field → value that must not change.
    fixed: dict[str, dict[str, Any]] = field(default_factory=dict)
    # The answer itself: kept, so that no later one can have its place in memory, and so its id.
    _violations: tuple[Answer | None, list[Violation]] = (None, [])

    def note(self, answer: Answer) -> None:
        """Count an answer."""
        key = (answer.request.operation, answer.status, kind_of(answer))
        self.seen[key] = self.seen.get(key, 0) + 1

    def violations(self, answer: Answer) -> list[Violation]:
        """How the answer breaks the schema of the success that it is."""
        if self._violations[0] is not answer:
            self._violations = answer, list(_violations(answer))
        return self._violations[1]


def kind_of(answer: Answer) -> str:
    """`error.code` of a refusal, `status` of a session, else nothing."""
    if answer.code:
        return answer.code
    status = answer.fields().get("status")
    return status if answer.request.operation == "getSession" and isinstance(status, str) else ""


def shows_session(answer: Answer) -> bool:
    """Whether the body is a session's and no error."""
    operation, status = answer.request.operation, answer.status
    return operation == "getSession" and (
        answer.accepted or ((operation, status) == SESSION_GONE and "status" in answer.fields())
    )


def session_of(answer: Answer) -> str:
    """The session id in the path of the request; empty when there is none."""
    match = re.search(r"/sessions/([^/?]+)", answer.request.target)
    return unquote(match[1]) if match else ""


def timestamp(value: Any) -> datetime | None:
    """A time by RFC 3339; None when it is none."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value.upper().replace(" ", "T"))
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None


def is_utc(moment: datetime) -> bool:
    """Whether a time was written in UTC."""
    return moment.utcoffset() == UTC.utcoffset(None)


def _violations(answer: Answer) -> list[Violation]:
    operation = specification.operations().get(answer.request.operation)
    if operation is None or answer.request.method != operation.method:
        return []
    if not answer.accepted and not shows_session(answer):
        return []
    # What a session says of itself decides; whether the status code fits is another rule's matter.
    said = answer.fields().get("status") if shows_session(answer) else None
    status = STATUSES.get(str(said), answer.status)
    if str(status) not in operation.responses:
        status = operation.successes[0]
    return list(specification.violations(operation.operation_id, status, answer.json()))
