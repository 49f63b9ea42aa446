"""Rules about the session record."""

from collections.abc import Callable, Mapping
from typing import Any

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.signed_addresses import opened
from scribe_mock.contract.rules.template_names import templates
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import DOCUMENTS_PATH, record_path

_PATIENT = {"name": "Asha Rao", "age": 42}


def _rule(
    name: str,
    sentence: str,
    grade: Grade = Grade.PROTOCOL,
    *,
    read_only: bool = False,
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"record.{name}",
        sentence,
        source="Session record",
        grade=grade,
        operation="getSessionRecord",
        read_only=read_only,
    )


async def _record(probe: Probe, session: ProbeSession, query: str = "", **how: Any) -> Answer:
    path = record_path(in_path(session.session_id)) + query
    how["at"] = probe.root()
    return await probe.ask("getSessionRecord", "GET", path, session=session, **how)


def _data(answer: Answer) -> Mapping[str, Any]:
    found = answer.fields().get("data")
    return found if isinstance(found, dict) else {}


def _documents(answer: Answer) -> list[Mapping[str, Any]]:
    found = _data(answer).get("documents")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _listed(answer: Answer, document: str, **fields: Any) -> Fault | None:
    """The document is listed, and its fields, as far as they are there, have these values."""
    found = next((one for one in _documents(answer) if one.get("document_id") == document), None)
    if found is None:
        return judge.same(answer, f"the document {document} is listed", True, False)
    known = {name: found[name] for name in fields if name in found}
    return judge.same(answer, "its fields", {name: fields[name] for name in known}, known)


async def _processed(probe: Probe) -> tuple[ProbeSession, str]:
    """A processed session with a document of a template, and the document's id; raises Skip."""
    session = await probe.ended(templates=templates(probe)[:1])
    listed = judge.documents(await probe.expect_done(session))
    document = listed[0][1].get("document_id") if listed else None
    if not isinstance(document, str):
        raise Senseless("Get session lists no document with a document_id")
    return session, document


async def _saved(probe: Probe, session: ProbeSession) -> str:
    """The id of a document that is saved for the session; raises Skip."""
    value = {"session_id": session.session_id, "document_name": "Plan", "type": "notes"}
    answer = await probe.ask(
        "saveDocument", "POST", DOCUMENTS_PATH, at=probe.root(), session=session, value=value
    )
    found = _data(answer).get("document_id")
    if not answer.accepted or not isinstance(found, str):
        raise Skip(f"the server saves no document: {answer}")
    return found


@_rule("shows", "The record is that of the session, with its patient.")
async def shows(probe: Probe) -> Faults:
    """The record of a new session is compared with what Create session sent."""
    session = await probe.create(patient_details=_PATIENT)
    answer = await _record(probe, session)
    yield judge.accepted(answer, what="the record of a new session")
    wanted = {
        "schema_version": "1.0",
        "session_id": session.session_id,
        "patient_details": _PATIENT,
    }
    known = {name: value for name, value in _data(answer).items() if name in wanted}
    if answer.accepted:
        yield judge.same(answer, "data", {name: wanted[name] for name in known}, known)


@_rule("documents", "The record lists the documents of templates.")
async def documents(probe: Probe) -> Faults:
    """The document that Get session lists is searched for."""
    session, document = await _processed(probe)
    answer = await _record(probe, session)
    yield judge.accepted(answer, what="the record of a processed session")
    if answer.accepted:
        yield _listed(
            answer, document, session_id=session.session_id, template_id=templates(probe)[0]
        )


@_rule("saved", "The record lists what clients saved, with its category.", Grade.INFERRED)
async def saved(probe: Probe) -> Faults:
    """A document of the type notes is saved and searched for."""
    session = await probe.create()
    document = await _saved(probe, session)
    answer = await _record(probe, session)
    if answer.accepted:
        yield _listed(answer, document, document_name="Plan", type="notes")


@_rule("deleted", "The record does not list a deleted document.", Grade.INFERRED)
async def deleted(probe: Probe) -> Faults:
    """A document is saved, deleted and searched for."""
    session = await probe.create()
    document = await _saved(probe, session)
    path = f"{DOCUMENTS_PATH}/{in_path(document)}"
    gone = await probe.ask("deleteDocument", "DELETE", path, at=probe.root(), session=session)
    answer = await _record(probe, session)
    if gone.accepted and answer.accepted:
        ids = [one.get("document_id") for one in _documents(answer)]
        yield judge.same(answer, "the deleted document is listed", False, document in ids)


@_rule("presigned", "With presigned=true a document's download_url is read without a token.")
async def presigned(probe: Probe) -> Faults:
    """The address of a template's document is opened; it may be null."""
    session, document = await _processed(probe)
    answer = await _record(probe, session, "?presigned=true")
    yield judge.accepted(answer, what="the record with presigned=true")
    own = [one for one in _documents(answer) if one.get("document_id") == document]
    given = own[0].get("download_url") if own else None
    if answer.accepted and given is None:
        raise Senseless("the document has no download_url, which may be null")
    if answer.accepted:
        read = await opened(probe, "download_url", given, session, answer)
        yield judge.accepted(read, what="download_url without a token")


@_rule("unsigned", "Without presigned=true there is no download_url.", Grade.INFERRED)
async def unsigned(probe: Probe) -> Faults:
    """The record is asked for without a query, and with false."""
    session = await probe.create()
    await _saved(probe, session)
    for query in ("", "?presigned=false"):
        answer = await _record(probe, session, query)
        given = [one.get("download_url") for one in _documents(answer)]
        if any(given):
            yield judge.same(answer, "download_url", None, next(filter(None, given)))


@_rule("schema", "Another value of presigned: 422 invalid_request.", Grade.INFERRED)
async def schema(probe: Probe) -> Faults:
    """A value that is neither true nor false is sent."""
    answer = await _record(probe, await probe.create(), "?presigned=perhaps")
    yield judge.refused(answer, 422, "invalid_request")


@_rule("statuses", "The record shows user_status and processing_status as Update set them.")
async def statuses(probe: Probe) -> Faults:
    """Both are set and looked up."""
    session = await probe.create()
    wanted = {"user_status": "reviewed", "processing_status": "on hold"}
    changed = await probe.patch(session, wanted)
    if not changed.accepted:
        raise Senseless(f"the server does not set them: {changed}")
    answer = await _record(probe, session)
    known = {name: value for name, value in _data(answer).items() if name in wanted}
    yield judge.same(answer, "data", {name: wanted[name] for name in known}, known)


@_rule("unknown", "An unknown session: 404 session_not_found.", read_only=True)
async def unknown(probe: Probe) -> Faults:
    """The record of a session that nobody has is asked for."""
    answer = await _record(probe, ProbeSession(session_id=UNKNOWN_SESSION))
    yield judge.refused(answer, 404, "session_not_found")


@_rule("token", "Without Authorization: 401 authentication_failed.")
async def token(probe: Probe) -> Faults:
    """The record of a session is asked for without a token."""
    answer = await _record(probe, await probe.create(), token=None)
    yield judge.refused(answer, 401, "authentication_failed")
