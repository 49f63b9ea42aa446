"""Rules about the history: which sessions are in it, in which order, and what it says of them."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.watch import timestamp
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import HISTORY_PATH

#: How many sessions are asked for; other rules create some at the same time.
_MANY = "?count=200"
#: Seconds that a new session may take to appear.
_APPEARING = 2.0
_EMPTY = {"status": "failed", "error": "No transactions found"}


def _rule(
    name: str,
    sentence: str,
    grade: Grade = Grade.PROTOCOL,
    needs: tuple[str, ...] = (),
    *,
    read_only: bool = False,
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"history.{name}",
        sentence,
        source="History",
        grade=grade,
        operation="listSessions",
        needs=needs,
        read_only=read_only,
    )


_LISTS = ("history.lists",)


async def _list(probe: Probe, query: str = _MANY, **how: Any) -> Answer:
    how["at"] = probe.root()
    return await probe.ask("listSessions", "GET", HISTORY_PATH + query, **how)


def _entries(answer: Answer) -> list[Mapping[str, Any]]:
    found = answer.fields().get("data") if answer.accepted else None
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _ids(answer: Answer) -> list[Any]:
    return [entry.get("txn_id") for entry in _entries(answer)]


async def _entry(
    probe: Probe, session: ProbeSession, query: str = _MANY
) -> tuple[Answer, Mapping[str, Any] | None]:
    """The history, and what it says of the session; None if it is not there after a while."""
    answer = await poll_until(
        lambda: _list(probe, query, session=session),
        lambda answer: session.session_id in _ids(answer),
        min(_APPEARING, probe.options.patience),
    )
    own = [one for one in _entries(answer) if one.get("txn_id") == session.session_id]
    return answer, own[0] if own else None


def _says(answer: Answer, entry: Mapping[str, Any] | None, **fields: Any) -> Fault | None:
    """The fields, as far as they are there, have these values."""
    if entry is None:
        return None
    known = {name: entry[name] for name in fields if name in entry}
    return judge.same(answer, "the entry", {name: fields[name] for name in known}, known)


@_rule("lists", "The history lists the sessions of the caller.")
async def lists(probe: Probe) -> Faults:
    """A new session is searched for."""
    session = await probe.create()
    answer, entry = await _entry(probe, session)
    if answer.status != 404:
        yield judge.accepted(answer, what="the history")
    if entry is None and (answer.accepted or answer.status == 404):
        listed = f"{len(_entries(answer))} others" if answer.accepted else f"{answer}"
        yield Fault(
            expected=f"the new session, with txn_id = {session.session_id}",
            got=listed,
            answer=answer,
            key="lists",
        )


@_rule("entry", "An entry says what Create session said of the session.", needs=_LISTS)
async def says(probe: Probe) -> Faults:
    """Mode, model and patient of a new session are compared."""
    patient = {"name": "Asha Rao", "age": 42}
    session = await probe.create(session_mode="consultation", model="lite", patient_details=patient)
    answer, entry = await _entry(probe, session)
    wanted = {"mode": "consultation", "model_type": "lite", "patient_details": patient}
    yield _says(answer, entry, **wanted)


@_rule("statuses", "An entry says how far the session is.", Grade.INFERRED, _LISTS)
async def statuses(probe: Probe) -> Faults:
    """A session is looked up when it is new, records, and is processed."""
    session = await probe.create()
    answer, entry = await _entry(probe, session)
    yield _says(answer, entry, user_status="init", processing_status=None)
    if (await probe.upload(session)).accepted:
        answer, entry = await _entry(probe, session)
        yield _says(answer, entry, user_status="recording_started")
    if (await probe.end(session)).accepted:
        await probe.expect_done(session)
        answer, entry = await _entry(probe, session)
        yield _says(answer, entry, user_status="commit", processing_status="success")


@_rule("count", "`count` is the most sessions to list.", read_only=True)
async def count(probe: Probe) -> Faults:
    """One session is asked for, of at least two."""
    if not probe.options.read_only:
        await probe.create()
        await probe.create()
    answer = await _list(probe, "?count=1")
    if answer.status == 404:
        raise Senseless("the history is empty")
    yield judge.accepted(answer, what="the history with count=1")
    if answer.accepted:
        listed = len(_entries(answer))
        if listed > 1:
            yield judge.same(answer, "the number of sessions for count=1", 1, listed)
        found = answer.fields().get("retrieved_count", listed)
        yield judge.same(answer, "`retrieved_count`", listed, found)


@_rule("order", "The newest session is the first.", read_only=True)
async def order(probe: Probe) -> Faults:
    """The times in the history are compared, after two sessions were created."""
    if not probe.options.read_only:
        await probe.create()
        await probe.create()
    answer = await _list(probe)
    found = [timestamp(entry.get("created_at")) for entry in _entries(answer)]
    times = [moment for moment in found if moment is not None]
    if times != sorted(times, reverse=True):
        yield Fault(
            expected="created_at of the newest session first",
            got=f"created_at = {', '.join(moment.isoformat() for moment in times[:3])} …",
            answer=answer,
            key="order",
        )


@_rule("oid", "`oid` lists the sessions of one patient alone.", needs=_LISTS)
async def oid(probe: Probe) -> Faults:
    """Two patients have a session each; that their oid is not known is a note."""
    one, other = (f"check-{secrets.token_hex(6)}" for _ in range(2))
    session = await probe.create(patient_details={"oid": one})
    stranger = await probe.create(patient_details={"oid": other})
    answer, entry = await _entry(probe, session, f"?oid={one}")
    if entry is None:
        fault = judge.same(answer, f"the session of the patient {one} is listed", True, False)
        yield fault and replace(fault, grade=Grade.INFERRED, key="not listed")
    elif stranger.session_id in _ids(answer):
        yield Fault(
            expected="sessions of one patient",
            got="that of another patient, too",
            answer=answer,
            key="others",
        )


@_rule("none", "No session to list: 404, with the published body.", read_only=True)
async def none(probe: Probe) -> Faults:
    """A patient who has no session is asked for; the envelope passes too."""
    answer = await _list(probe, f"?oid=check-{secrets.token_hex(6)}")
    yield judge.status_is(answer, 404, what="the history of a patient who has no session")
    body = answer.fields()
    if answer.status == 404 and not answer.code and not _EMPTY.items() <= body.items():
        yield judge.same(answer, "the body", _EMPTY, body)


@_rule("cancelled", "A cancelled session is not listed.", needs=_LISTS)
async def cancelled(probe: Probe) -> Faults:
    """The processing_status of a session is set to cancelled."""
    session = await probe.create()
    changed = await probe.patch(session, {"processing_status": "cancelled"})
    if not changed.accepted:
        raise Senseless(f"processing_status can't be set: {changed}")
    answer = await _list(probe, session=session)
    listed = session.session_id in _ids(answer)
    yield judge.same(answer, "the cancelled session is listed", False, listed)


@_rule("own", "The history has no sessions of another token.", Grade.INFERRED, _LISTS)
async def own(probe: Probe) -> Faults:
    """A session is created with another token, where the server accepts any."""
    created = await probe.ask(
        "createSession",
        "POST",
        "/sessions",
        value=probe.creation(),
        token=f"check-{secrets.token_hex(6)}",
        label="with another token",
    )
    other = created.fields().get("session_id")
    if not created.accepted or not isinstance(other, str):
        raise Senseless(f"the server accepts no other token: {created}")
    session = ProbeSession(session_id=other, history=[created.request])
    answer = await _list(probe, session=session)
    yield judge.same(answer, "the session of another token is listed", False, other in _ids(answer))


@_rule("schema", "A count that is no positive number: 422.", Grade.INFERRED, read_only=True)
async def schema(probe: Probe) -> Faults:
    """Zero, a negative number and a word are sent."""
    for value in ("0", "-1", "many"):
        answer = await _list(probe, f"?count={value}", label=f"count={value}")
        yield judge.refused(answer, 422, "invalid_request")


@_rule("token", "Without Authorization: 401 authentication_failed.", read_only=True)
async def token(probe: Probe) -> Faults:
    """The history is asked for without a token."""
    yield judge.refused(await _list(probe, "", token=None), 401, "authentication_failed")
