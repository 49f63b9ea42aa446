"""Rules about documents: save, get, delete, and their text at a signed address."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from scribe_mock.contract.core import judge
from scribe_mock.contract.core.exceptions import Senseless, Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.template_names import templates
from scribe_mock.contract.transport.address import Address
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import DOCUMENTS_PATH

_NOBODYS = "doc_no_such_document"
_TEXT = "# Plan\n\nRest, and *plenty* of water. \u092a\u093e\u0928\u0940\n".encode()


def _rule(
    name: str, sentence: str, operation: str = "saveDocument", grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    return rule(f"document.{name}", sentence, source="Documents", grade=grade, operation=operation)


async def _save(probe: Probe, session_id: str, token: str | None = "", **fields: Any) -> Answer:
    return await probe.ask(
        "saveDocument",
        "POST",
        DOCUMENTS_PATH,
        at=probe.root(),
        value={"session_id": session_id, **fields},
        token=token,
        label=f"Save document with {', '.join(fields) or 'session_id alone'}",
    )


async def _call(probe: Probe, method: str, document: str, token: str | None = "") -> Answer:
    operation = "getDocument" if method == "GET" else "deleteDocument"
    path = f"{DOCUMENTS_PATH}/{quote(document, safe='')}"
    return await probe.ask(operation, method, path, at=probe.root(), token=token)


def _data(answer: Answer) -> dict[str, Any]:
    found = answer.fields().get("data")
    return found if isinstance(found, dict) else {}


async def _saved(probe: Probe, session_id: str = "", **fields: Any) -> tuple[str, Answer]:
    """A new document, and the answer to its Save; raises Skip if there is none."""
    session_id = session_id or (await probe.create()).session_id
    answer = await _save(probe, session_id, **fields)
    document = _data(answer).get("document_id")
    if not answer.accepted or not isinstance(document, str):
        raise Skip(f"the server saves no document: {answer}")
    return document, answer


def _has(answer: Answer, **fields: Any) -> Fault | None:
    """The fields in `data`, as far as they are there, have these values."""
    known = {name: value for name, value in _data(answer).items() if name in fields}
    return judge.same(answer, "data", {name: fields[name] for name in known}, known)


async def _at(probe: Probe, answer: Answer, method: str, *, signed: bool = True) -> Answer:
    """The answer of the signed address in an answer; raises Skip if that may not be asked."""
    given = _data(answer).get("presigned_url")
    try:
        address = Address.parse(given if isinstance(given, str) else "")
    except ValueError:
        raise Senseless(f"presigned_url is {given!r}, no address") from None
    if not signed:
        address = Address(address.origin, address.path.partition("?")[0])
    sent = _TEXT if method == "PUT" else None
    request = probe.request(method, "", at=address, body=sent, token=None, label="presigned_url")
    return await probe.send(request)


@_rule("save", "Save document makes a document: 201 with data and presigned_url.")
async def saved(probe: Probe) -> Faults:
    """A document is saved with a name and a category."""
    session = await probe.create()
    answer = await _save(probe, session.session_id, document_name="Plan", type="notes")
    yield judge.status_is(answer, 201, what="Save document without document_id")
    if answer.accepted:
        wanted = {"session_id": session.session_id, "document_name": "Plan"}
        yield _has(answer, **wanted, document_type="notes")


@_rule("change", "With document_id Save document changes that document: 200.")
async def changed(probe: Probe) -> Faults:
    """The name of a document is changed, and asked for."""
    session = await probe.create()
    document, _ = await _saved(probe, session.session_id, document_name="Before")
    answer = await _save(probe, session.session_id, document_id=document, document_name="After")
    yield judge.status_is(answer, 200, what="Save document with document_id")
    if answer.accepted:
        yield _has(answer, document_id=document, document_name="After")
        yield _has(await _call(probe, "GET", document), document_name="After")


@_rule("kept", "Fields that Save document leaves out stay.", grade=Grade.INFERRED)
async def kept(probe: Probe) -> Faults:
    """A document gets a status; its name must stay."""
    session = await probe.create()
    document, _ = await _saved(probe, session.session_id, document_name="Plan")
    await _save(probe, session.session_id, document_id=document, status="success")
    answer = await _call(probe, "GET", document)
    yield _has(answer, document_name="Plan", status="success")


@_rule("kinds", "Each published category is accepted.")
async def kinds(probe: Probe) -> Faults:
    """A document of each category is saved."""
    session = await probe.create()
    for kind in ("context", "custom", "notes", "integration"):
        answer = await _save(probe, session.session_id, type=kind)
        yield judge.accepted(answer, what=f"a document of the type {kind}")


@_rule("schema", "Another category: 422 invalid_request.", grade=Grade.INFERRED)
async def schema(probe: Probe) -> Faults:
    """A category is sent that no document names."""
    session = await probe.create()
    answer = await _save(probe, session.session_id, type="letter")
    yield judge.refused(answer, 422, "invalid_request")


@_rule("text", "The text that is PUT to presigned_url is what GET reads, without a token.")
async def text(probe: Probe) -> Faults:
    """A text is stored at the address of Save document, and read at that of Get document."""
    document, answer = await _saved(probe)
    put = await _at(probe, answer, "PUT")
    yield judge.accepted(put, what="a PUT to presigned_url without a token")
    if put.accepted:
        read = await _at(probe, await _call(probe, "GET", document), "GET")
        read.history = (*read.history, put.request)
        yield judge.accepted(read, what="a GET of presigned_url without a token")
        if read.accepted:
            yield judge.same(read, "the text", _TEXT, read.body)


@_rule("unsigned", "The address without its signature: 403 forbidden.", grade=Grade.INFERRED)
async def unsigned(probe: Probe) -> Faults:
    """A PUT is sent to the address without its query."""
    _, answer = await _saved(probe)
    yield judge.refused(await _at(probe, answer, "PUT", signed=False), 403, "forbidden")


@_rule("unknown", "An unknown document: 404 document_not_found.", "getDocument")
async def unknown(probe: Probe) -> Faults:
    """A made-up document is asked for."""
    yield judge.refused(await _call(probe, "GET", _NOBODYS), 404, "document_not_found")


@_rule("unknown_session", "A document of an unknown session: 404 session_not_found.")
async def unknown_session(probe: Probe) -> Faults:
    """A document is saved for a session that nobody has."""
    yield judge.refused(await _save(probe, UNKNOWN_SESSION), 404, "session_not_found")


@_rule("delete", "A deleted document is gone, and deleting it again succeeds.", "deleteDocument")
async def deleted(probe: Probe) -> Faults:
    """A document is saved, deleted twice, and asked for."""
    document, _ = await _saved(probe)
    answer = await _call(probe, "DELETE", document)
    yield judge.status_is(answer, 200, what="Delete document")
    if answer.accepted:
        yield judge.refused(await _call(probe, "GET", document), 404, "document_not_found")
        again = await _call(probe, "DELETE", document)
        yield judge.accepted(again, what="Delete document once more")


@_rule("of_template", "A document of Get session is the one of Get document.", "getDocument")
async def of_template(probe: Probe) -> Faults:
    """A session is processed; its document is read, deleted, and must be gone everywhere."""
    names = templates(probe)
    session = await probe.ended(templates=names[:1])
    listed = judge.documents(await probe.expect_done(session))
    document = listed[0][1].get("document_id") if listed else None
    if not isinstance(document, str):
        raise Senseless("Get session lists no document with a document_id")
    answer = await _call(probe, "GET", document)
    yield judge.accepted(answer, what="Get document of a document that Get session lists")
    if not answer.accepted:
        return
    yield _has(answer, session_id=session.session_id, template_id=names[0])
    if (await _call(probe, "DELETE", document)).accepted:
        after = await probe.get(session)
        left = [entry.get("document_id") for _, entry in judge.documents(after)]
        yield judge.same(after, "the deleted document is listed", False, document in left)


@_rule("apart", "Get session lists no document that a client saved.", grade=Grade.INFERRED)
async def apart(probe: Probe) -> Faults:
    """A document is saved for a session that is processed then."""
    session = await probe.ended(templates=templates(probe)[:1])
    document, _ = await _saved(probe, session.session_id)
    answer = await probe.expect_done(session)
    found = [entry.get("document_id") for _, entry in judge.documents(answer)]
    yield judge.same(answer, "a saved document is listed", False, document in found)


@_rule("token", "Without Authorization: 401 authentication_failed.")
async def token(probe: Probe) -> Faults:
    """Each of the three operations is called without a token."""
    session = await probe.create()
    document, _ = await _saved(probe, session.session_id)
    for answer in (
        await _save(probe, session.session_id, token=None),
        await _call(probe, "GET", document, token=None),
        await _call(probe, "DELETE", document, token=None),
    ):
        yield judge.refused(answer, 401, "authentication_failed")
