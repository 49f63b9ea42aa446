"""Rules about End and Get session."""

from typing import Any
from urllib.parse import quote

from scribe_mock.contract.core import judge, prepared_sessions
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import Faults
from scribe_mock.contract.rules.session_requests import (
    bad_json,
    breaks,
    session_rule,
)
from scribe_mock.contract.rules.template_names import templates
from scribe_mock.contract.transport.message import Answer

RULES = (
    *bad_json("end"),
    breaks(
        "end.schema",
        "audio_files_sent that is not a whole number of 0 or more: 422.",
        [{"audio_files_sent": value} for value in (-1, "3", 1.5, [1])],
        Grade.PROTOCOL,
    ),
)


@session_rule("end.answer", "202 with session_id, status processing and a message.", Grade.PROTOCOL)
async def end_answer(probe: Probe) -> Faults:
    """The values are checked; the schema is judged by a rule for every answer."""
    session = await probe.create()
    await probe.upload(session)
    answer = await probe.end(session)
    yield judge.status_is(answer, 202, what="End session")
    if answer.accepted:
        yield judge.field(answer, "status", "processing")
        yield judge.field(answer, "session_id", session.session_id)


@session_rule(
    "end.no_body", "audio_files_sent, and the whole body, may be left out.", Grade.PROTOCOL
)
async def end_no_body(probe: Probe) -> Faults:
    """An empty object and an empty body are sent."""
    ways: tuple[dict[str, Any], ...] = ({"value": {}}, {"body": None})
    for how in ways:
        answer = await probe.end(await probe.create(), **how)
        yield judge.accepted(answer, what="End session without audio_files_sent")


@session_rule(
    "end.without_audio", "A session without audio can be ended, and completes.", Grade.INFERRED
)
async def end_without_audio(probe: Probe) -> Faults:
    """The session is ended without audio, and its transcript must be empty."""
    session = await probe.create()
    answer = await probe.end(session)
    yield judge.accepted(answer, what="End session without any audio")
    if answer.accepted:
        done = await probe.done(session)
        yield judge.field(done, "status", "completed")
        if done.fields().get("status") == "completed":
            yield judge.field(done, "transcript", "")


@session_rule("end.mismatch", "A wrong audio_files_sent changes nothing.", Grade.INFERRED)
async def end_mismatch(probe: Probe) -> Faults:
    """Two chunks are uploaded, and End says five; the protocol's spec lets it become partial."""
    session, answer = await _miscounted(probe)
    yield judge.accepted(answer, what="End session with a wrong audio_files_sent")
    if answer.accepted:
        yield judge.field(await probe.done(session), "status", "completed")


@session_rule(
    "end.not_an_echo",
    "audio_files_received is what was received, never an echo of audio_files_sent.",
    Grade.PROTOCOL,
)
async def end_echo(probe: Probe) -> Faults:
    """Two chunks are uploaded, and End says five; the answer and Get session must say two."""
    session, answer = await _miscounted(probe)
    if answer.accepted:
        for shown in (answer, await probe.get(session)):
            yield judge.field(shown, "audio_files_received", 2)


async def _miscounted(probe: Probe) -> tuple[ProbeSession, Answer]:
    """A session with two chunks, and the answer to an End that says five."""
    session = await probe.create()
    await probe.upload(session, "audio_0.webm")
    await probe.upload(session, "audio_1.webm")
    return session, await probe.end(session, sent=5)


@session_rule(
    "end.counts_numbers",
    "A chunk that was sent twice counts once.",
    Grade.INFERRED,
    ("end.not_an_echo", "store.once"),
)
async def end_counts(probe: Probe) -> Faults:
    """One of two chunks is uploaded twice, and End must count two."""
    session = await probe.create()
    for name in ("audio_0.webm", "audio_1.webm", "audio_1.webm"):
        await probe.upload(session, name)
    answer = await probe.end(session, sent=2)
    if answer.accepted:
        yield judge.field(answer, "audio_files_received", 2)


async def _completed(probe: Probe) -> ProbeSession:
    session: ProbeSession = await probe.run.shared(
        "with templates", lambda: _complete(Probe(probe.run))
    )
    return session


async def _complete(probe: Probe) -> ProbeSession:
    session = await probe.ended(templates=templates(probe), model="pro")
    await probe.expect_done(session)
    return session


@session_rule(
    "get.results", "A completed session has a document for each template.", Grade.PROTOCOL
)
async def results(probe: Probe) -> Faults:
    """A session with two templates is processed, and its documents and model are checked."""
    answer = await probe.get(await _completed(probe))
    yield judge.documents_of(answer, *templates(probe), more=True)
    yield judge.field(answer, "model_used", "pro")


@session_rule(
    "get.narrowed", "?template_id= limits templates to one.", Grade.INFERRED, ("get.results",)
)
async def narrowed(probe: Probe) -> Faults:
    """The documents with and without the query are compared."""
    name = templates(probe)[-1]
    answer = await probe.get(await _completed(probe), f"?template_id={quote(name, safe='')}")
    yield judge.documents_of(answer, name)


@session_rule(
    "get.document",
    "?document_id= limits templates to one document.",
    Grade.PROTOCOL,
    ("get.results",),
)
async def one_document(probe: Probe) -> Faults:
    """The id of the second document is asked for."""
    session = await _completed(probe)
    whole = await probe.get(session)
    ids = [entry.get("document_id") for _, entry in judge.documents(whole)]
    if not ids or not isinstance(ids[-1], str):
        missing = "templates.*.document_id" if ids else "templates"
        yield judge.absent(whole, missing)
        return
    answer = await probe.get(session, f"?document_id={quote(ids[-1], safe='')}")
    found = [entry.get("document_id") for _, entry in judge.documents(answer)]
    yield judge.accepted(answer, what="?document_id= of a document that Get session lists")
    if answer.accepted:
        yield judge.same(answer, "document_ids", ids[-1:], found)


@session_rule(
    "get.document_not_found",
    "A document_id that the session does not have: 404 document_not_found.",
    Grade.INFERRED,
)
async def no_document(probe: Probe) -> Faults:
    """An unknown document is requested before and after processing."""
    for session in (await probe.create(), await _completed(probe)):
        answer = await probe.get(session, "?document_id=doc_no_such_document")
        yield judge.refused(answer, 404, "document_not_found")


@session_rule(
    "get.protocol_data",
    "additional_data._protocol tells how the session was created.",
    Grade.PROTOCOL,
)
async def protocol_data(probe: Probe) -> Faults:
    """Its fields are compared with the request; that it is missing is a note."""
    answer = await probe.get(await probe.create(templates=templates(probe)))
    data = answer.fields().get("additional_data")
    found = data.get("_protocol") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        yield judge.absent(answer, "additional_data._protocol")
        return
    wanted = {
        "upload_type": "chunked",
        "communication_protocol": "http",
        "requested_templates": templates(probe),
    }
    for name, value in wanted.items():
        if name in found:
            yield judge.same(answer, f"_protocol.{name}", value, found[name])
    for name in ("version", *wanted):
        if name not in found:
            yield judge.absent(answer, f"additional_data._protocol.{name}")


@session_rule(
    "get.default_model", "Without model in Create session, model_used is pro.", Grade.INFERRED
)
async def default_model(probe: Probe) -> Faults:
    """A session that was created without a model is processed."""
    answer = await probe.get(await prepared_sessions.finished(probe, "completed"))
    yield judge.field(answer, "model_used", "pro")


@session_rule(
    "get.template_not_found",
    "A template_id that the session does not have: 404 template_not_found, in every state.",
    Grade.INFERRED,
)
async def no_template(probe: Probe) -> Faults:
    """An unknown template is requested before and after processing."""
    for session in (await probe.create(templates=templates(probe)), await _completed(probe)):
        answer = await probe.get(session, "?template_id=no_such_template")
        yield judge.refused(answer, 404, "template_not_found")
