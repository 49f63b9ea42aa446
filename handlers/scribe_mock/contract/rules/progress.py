"""Rules that judge every answer with a session: its times and its state."""

from collections.abc import Iterator

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.rule import watching
from scribe_mock.contract.core.watch import (
    RANKS,
    STAMPS,
    Watch,
    is_utc,
    session_of,
    shows_session,
    timestamp,
)
from scribe_mock.contract.transport.message import Answer


def _has_times(answer: Answer) -> bool:
    """Whether the body is a session; other answers count times in other ways."""
    created = answer.request.operation == "createSession" and answer.accepted
    return created or shows_session(answer)


@watching(
    "time.utc",
    "Timestamps are RFC 3339 in UTC.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def utc(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The timestamps of each session are parsed."""
    if not _has_times(answer):
        return
    fields = answer.fields()
    for name in STAMPS:
        moment = timestamp(fields.get(name))
        if fields.get(name) is None and (name not in fields or name == "completed_at"):
            continue
        if moment is None or not is_utc(moment):
            yield Fault(
                expected=f"{name} such as 2026-06-06T14:21:07Z",
                got=f"{name} = {judge.shown(fields[name])}",
                answer=answer,
                key="utc",
            )


@watching(
    "time.order",
    "created_at is before expires_at and completed_at, and none of them changes.",
    source="Create session",
    grade=Grade.PROTOCOL,
)
def time_order(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """The timestamps of each session are compared with each other and with earlier ones."""
    if not _has_times(answer):
        return
    fields = answer.fields()
    times = {name: timestamp(fields.get(name)) for name in STAMPS}
    created = times["created_at"]
    for name in ("expires_at", "completed_at", "expired_at"):
        later = times[name]
        if created is not None and later is not None and is_utc(created) and is_utc(later):
            # Times may have different numbers of digits, so less than a second counts as equal.
            began = created.replace(microsecond=0)
            if later <= created if name == "expires_at" else later < began:
                yield Fault(
                    expected=f"created_at before {name}",
                    got=f"created_at = {fields['created_at']}, {name} = {fields[name]}",
                    answer=answer,
                    key=name,
                )
    yield from _moved(answer, watch)


def _moved(answer: Answer, watch: Watch) -> Iterator[Fault]:
    fields = answer.fields()
    session_id = fields.get("session_id")
    if not isinstance(session_id, str) or len(session_id) > 1000 or len(watch.fixed) > 10_000:
        return
    fixed = watch.fixed.setdefault(session_id, {})
    for name in ("created_at", "completed_at"):
        now = timestamp(fields.get(name))
        before = fixed.setdefault(name, now) if now is not None else None
        if before is not None and now is not None and abs((now - before).total_seconds()) >= 1:
            yield Fault(
                expected=f"{name} stays {before.isoformat()}",
                got=f"{name} = {fields[name]}",
                answer=answer,
                key=f"{name} moved",
            )


#: Status code → possible values of `status`.
_TABLE = {
    202: ("created", "initialized", "recording", "processing"),
    200: ("completed", "failed"),
    206: ("partial",),
    410: ("expired",),
}


@watching(
    "state.table",
    "The status code of Get session and the `status` in its body are a pair of the table.",
    source="Get session",
    grade=Grade.PROTOCOL,
)
def state_table(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Both are compared in each answer of Get session."""
    if not shows_session(answer) or answer.request.method != "GET":
        return
    found = answer.fields().get("status")
    wanted = _TABLE.get(answer.status, ())
    if found not in wanted:
        yield Fault(
            expected=f"{answer.status} with status {' or '.join(wanted) or '(not in the table)'}",
            got=f"{answer.status} with status {found!r}",
            answer=answer,
            key=f"{answer.status}|{found}",
        )


#: The state of a session after one of these operations succeeded.
_MOVES = {"uploadAudio": "recording", "endSession": "processing"}


@watching(
    "state.forward",
    "A session only moves forward: created, recording, processing, then one of the final states.",
    source="States",
    grade=Grade.PROTOCOL,
)
def forward(answer: Answer, watch: Watch) -> Iterator[Fault]:
    """Each state is compared with the latest one that was known when the request was sent."""
    operation, status = answer.request.operation, answer.fields().get("status")
    if answer.accepted and operation in _MOVES:
        status = _MOVES[operation]
    elif not shows_session(answer) or not isinstance(status, str) or status not in RANKS:
        return
    session_id, rank = session_of(answer), RANKS[status]
    known = watch.progress.get(session_id)
    if known is not None and known[2] <= answer.began:
        final = known[0] == RANKS["completed"] == rank and known[1] != status
        # `state.recording.get` is about sessions that are initialized after their first audio.
        open_still = status == "initialized" and known[0] <= RANKS["recording"]
        if (rank < known[0] and operation == "getSession" and not open_still) or final:
            yield Fault(
                expected=f"{known[1]} or later",
                got=f"{status}, after {known[1]}",
                answer=answer,
                key=f"{known[1]}→{status}",
            )
            return
    if known is None or rank > known[0]:
        watch.progress[session_id] = rank, status, answer.ended
