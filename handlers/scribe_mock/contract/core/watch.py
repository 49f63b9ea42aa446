"""What a run remembers of all answers, so that each can be compared with earlier ones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote

from scribe_mock.contract.core import specification
from scribe_mock.contract.core.leniency import OWN_ADDRESSES
from scribe_mock.contract.core.specification import SESSION_GONE, Violation
from scribe_mock.contract.transport.message import Answer
from scribe_mock.contract.transport.reach import Reach

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
#: Far more characters of a session id than the contract allows.
LONGEST_ID = 1000
#: Status of a session → its rank; the rank of a session never falls.
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
#: Status of a session → the HTTP status code of Get session.
STATUSES = dict.fromkeys(("created", "initialized", "recording", "processing"), 202)
STATUSES |= {"completed": 200, "failed": 200, "partial": 206, "expired": 410}
#: The most violations of one answer, kinds of answers, and sessions that are remembered.
_MOST, _MOST_VIOLATIONS = 1000, 50
STAMPS = ("created_at", "expires_at", "completed_at", "expired_at")


@dataclass
class Watch:
    """What a run remembers of all answers."""

    #: Which hosts the run connects to.
    reach: Reach = field(default_factory=Reach)
    #: Operation, status and code (or the status in the body) → how many such answers came.
    seen: dict[tuple[str, int, str], int] = field(default_factory=dict)
    #: Ids of the sessions that the run created, in order.
    created: dict[str, None] = field(default_factory=dict)
    #: Session id → highest rank seen, its status, and when that answer was complete.
    progress: dict[str, tuple[int, str, float]] = field(default_factory=dict)
    #: Session id → field → its value, which must not change.
    fixed: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: The latest answer; None before the first.
    last: Answer | None = None
    # The last answer and its violations, because several rules ask for them. The answer itself
    # is stored, because the id of an object that is gone can be used again.
    _violations: tuple[Answer | None, list[Violation]] = (None, [])

    def note(self, answer: Answer) -> None:
        """Count an answer."""
        self.last = answer
        session_id = answer.fields().get("session_id")
        created = answer.request.operation == "createSession" and answer.accepted
        if created and isinstance(session_id, str) and 0 < len(session_id) <= LONGEST_ID:
            self.created[session_id] = None
        key = (answer.request.operation, answer.status, kind_of(answer))
        if key in self.seen or len(self.seen) < _MOST:
            self.seen[key] = self.seen.get(key, 0) + 1

    def violations(self, answer: Answer) -> list[Violation]:
        """All violations of the schema in a success; none for an error."""
        if self._violations[0] is not answer:
            self._violations = answer, list(islice(_violations(answer), _MOST_VIOLATIONS))
        return self._violations[1]


def kind_of(answer: Answer) -> str:
    """`error.code` of an error, `status` of Get session, otherwise empty."""
    if answer.code:
        return answer.code
    status = answer.fields().get("status")
    return status if answer.request.operation == "getSession" and isinstance(status, str) else ""


def shows_session(answer: Answer) -> bool:
    """Whether the body is a session and not an error."""
    operation, status = answer.request.operation, answer.status
    return operation == "getSession" and (
        answer.accepted or ((operation, status) == SESSION_GONE and "status" in answer.fields())
    )


def session_of(answer: Answer) -> str:
    """The session id in the path of the request; empty if there is none."""
    match = re.search(r"/sessions/([^/?]+)", answer.request.target)
    return unquote(match[1]) if match else ""


def timestamp(value: Any) -> datetime | None:
    """A time as in RFC 3339, section 5.6; None if the value is anything else."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value.upper().replace(" ", "T"))
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None else None


def is_utc(moment: datetime) -> bool:
    """Whether the offset of a time is that of UTC."""
    return moment.utcoffset() == UTC.utcoffset(None)


def _violations(answer: Answer) -> Iterable[Violation]:
    operation = specification.operations().get(answer.request.operation)
    if operation is None or answer.request.method != operation.method:
        return []
    if operation.operation_id in OWN_ADDRESSES:
        return []
    if not answer.accepted and not shows_session(answer):
        return []
    # The status in the body decides on the schema; another rule compares it with the status code.
    said = answer.fields().get("status") if shows_session(answer) else None
    status = STATUSES.get(str(said), answer.status)
    if str(status) not in operation.responses:
        status = operation.successes[0]
    return specification.violations(operation.operation_id, status, answer.json())
