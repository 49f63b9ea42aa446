"""Rules about the session record and the history."""

import secrets
from collections.abc import Callable
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.session_requests import TEMPLATES
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import HISTORY_PATH, record_path

#: The body of an empty history (CONTRACT.md, "History").
_NONE = {"status": "failed", "error": "No transactions found"}


def _rule(
    rule_id: str, sentence: str, grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    of_record = rule_id.startswith("record.")
    return rule(
        rule_id,
        sentence,
        source="Session record" if of_record else "History",
        grade=grade,
        operation="getSessionRecord" if of_record else "listSessions",
    )


async def _record(
    probe: Probe, session: ProbeSession, query: str = "", token: str | None = ""
) -> Answer:
    path = f"{record_path(in_path(session.session_id))}{query}"
    return await probe.ask(
        "getSessionRecord", "GET", path, at=probe.root(), session=session, token=token
    )


async def _history(probe: Probe, query: str = "", token: str | None = "") -> Answer:
    path = f"{HISTORY_PATH}{query}"
    return await probe.ask("listSessions", "GET", path, at=probe.root(), token=token)


def _data(answer: Answer) -> dict[str, Any]:
    found = answer.fields().get("data")
    return found if isinstance(found, dict) else {}


def _has(answer: Answer, **fields: Any) -> Fault | None:
    """The fields in `data`, as far as they are there, have these values."""
    known = {name: value for name, value in _data(answer).items() if name in fields}
    return judge.same(answer, "data", {name: fields[name] for name in known}, known)


def _lines(answer: Answer) -> list[dict[str, Any]]:
    found = answer.fields().get("data")
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def _ids(answer: Answer) -> list[Any]:
    return [line.get("txn_id") for line in _lines(answer)]


async def _of_patient(probe: Probe, count: int) -> tuple[str, list[str]]:
    """A patient that no other session has, and the ids of its new sessions, the newest first."""
    oid = f"check-{secrets.token_hex(8)}"
    made = [await probe.create(patient_details={"oid": oid}) for _ in range(count)]
    return oid, [session.session_id for session in reversed(made)]


@_rule("record.session", "The record shows the session, its state and its patient.")
async def record_session(probe: Probe) -> Faults:
    """The record of a new session is asked for."""
    session = await probe.create(patient_details={"oid": "PAT-1"})
    answer = await _record(probe, session)
    yield judge.status_is(answer, 200, what="the record of a session")
    if answer.accepted:
        wanted = {"session_id": session.session_id, "patient_details": {"oid": "PAT-1"}}
        yield _has(answer, **wanted)


@_rule("record.documents", "The record lists the documents that templates made.")
async def record_documents(probe: Probe) -> Faults:
    """A session is processed; its record must list the documents that Get session lists."""
    session = await probe.ended(templates=TEMPLATES[:1])
    listed = judge.documents(await probe.expect_done(session))
    answer = await _record(probe, session)
    if not answer.accepted or not listed:
        raise Skip("there is no record, or Get session lists no document")
    found = {document.get("document_id") for document in _documents(answer)}
    for _, document in listed:
        known = document.get("document_id") in found
        yield judge.same(answer, "the document of Get session is listed", True, known)


@_rule("record.presigned", "With ?presigned=true each document has a download_url.")
async def record_presigned(probe: Probe) -> Faults:
    """The record of a processed session is asked for, with addresses."""
    session = await probe.ended(templates=TEMPLATES[:1])
    await probe.expect_done(session)
    answer = await _record(probe, session, "?presigned=true")
    for document in _documents(answer):
        # Null is published for a document that has no text yet.
        if document.get("status") == "success" and "download_url" not in document:
            yield judge.same(answer, "download_url is there", True, False)


def _documents(answer: Answer) -> list[dict[str, Any]]:
    found = _data(answer).get("documents")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@_rule("record.statuses", "The record shows user_status and processing_status as Update set them.")
async def record_statuses(probe: Probe) -> Faults:
    """Both statuses are set, and looked up in the record and in the history."""
    oid = f"check-{secrets.token_hex(8)}"
    session = await probe.create(patient_details={"oid": oid})
    wanted = {"user_status": "reviewed", "processing_status": "on hold"}
    changed = await probe.patch(session, wanted)
    if not changed.accepted:
        raise Skip(f"the server does not set them: {changed}")
    yield _has(await _record(probe, session), **wanted)
    answer = await _history(probe, f"?oid={oid}")
    for line in _lines(answer):
        known = {name: line[name] for name in wanted if name in line}
        yield judge.same(answer, "data[0]", {name: wanted[name] for name in known}, known)


@_rule("record.unknown", "An unknown session: 404 session_not_found.")
async def record_unknown(probe: Probe) -> Faults:
    """The record of a session that nobody has is asked for."""
    answer = await _record(probe, ProbeSession(session_id=UNKNOWN_SESSION))
    yield judge.refused(answer, 404, "session_not_found")


@_rule("record.token", "Without Authorization: 401 authentication_failed.")
async def record_token(probe: Probe) -> Faults:
    """A record is asked for without a token."""
    answer = await _record(probe, await probe.create(), token=None)
    yield judge.refused(answer, 401, "authentication_failed")


@_rule("history.newest", "The history lists sessions, the newest first.")
async def newest(probe: Probe) -> Faults:
    """Two sessions of one patient are created, and listed."""
    oid, made = await _of_patient(probe, 2)
    answer = await _history(probe, f"?oid={oid}")
    yield judge.status_is(answer, 200, what="the history of a patient with sessions")
    if answer.accepted:
        yield judge.same(answer, "data[].txn_id", made, _ids(answer))
        if "retrieved_count" in answer.fields():
            yield judge.field(answer, "retrieved_count", 2)


@_rule("history.count", "?count= is the most sessions that are listed.")
async def count(probe: Probe) -> Faults:
    """One of two sessions is asked for."""
    oid, made = await _of_patient(probe, 2)
    answer = await _history(probe, f"?oid={oid}&count=1")
    if answer.accepted:
        yield judge.same(answer, "data[].txn_id", made[:1], _ids(answer))
    everyone = await _history(probe, "?count=1")
    if everyone.accepted:
        yield judge.same(everyone, "the number of sessions", 1, len(_ids(everyone)))


@_rule("history.cancelled", "A session with processing_status cancelled is not listed.")
async def cancelled(probe: Probe) -> Faults:
    """One of two sessions is cancelled."""
    oid, (kept, gone) = await _of_patient(probe, 2)
    changed = await probe.patch(ProbeSession(session_id=gone), {"processing_status": "cancelled"})
    if not changed.accepted:
        raise Skip(f"the server does not cancel a session: {changed}")
    answer = await _history(probe, f"?oid={oid}")
    if answer.accepted:
        yield judge.same(answer, "data[].txn_id", [kept], _ids(answer))


@_rule("history.none", "Without a session: 404 with status failed and the published sentence.")
async def nothing(probe: Probe) -> Faults:
    """The sessions of a patient that nobody has are asked for."""
    answer = await _history(probe, f"?oid=check-{secrets.token_hex(8)}")
    yield judge.status_is(answer, 404, what="the history of an unknown patient")
    envelope = isinstance(answer.fields().get("error"), dict)
    if answer.status == 404 and not envelope:
        yield judge.same(answer, "the body", _NONE, dict(answer.fields()))


@_rule("history.bad_count", "A count that is no positive number: 422.", Grade.INFERRED)
async def bad_count(probe: Probe) -> Faults:
    """Three other values are sent."""
    for value in ("0", "-1", "many"):
        yield judge.refused(await _history(probe, f"?count={value}"), 422, "invalid_request")


@_rule("history.token", "Without Authorization: 401 authentication_failed.")
async def history_token(probe: Probe) -> Faults:
    """The history is asked for without a token."""
    yield judge.refused(await _history(probe, token=None), 401, "authentication_failed")
