"""Rules about Upload transcript."""

from collections.abc import Callable
from typing import Any

from scribe_mock.contract.core import judge, prepared_sessions
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.polling import poll_until
from scribe_mock.contract.core.probe import Probe, ProbeSession, in_path
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.rules.creating import NO_TEMPLATE
from scribe_mock.contract.rules.template_names import templates
from scribe_mock.contract.transport.message import Answer
from scribe_mock.paths import transcript_path

_SPOKEN = "Doctor: How long have you had the cough? Patient: For five days."


def _rule(
    name: str, sentence: str, grade: Grade = Grade.PROTOCOL
) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"transcript.{name}",
        sentence,
        source="Upload transcript",
        grade=grade,
        operation="uploadTranscript",
    )


async def _send(
    probe: Probe, session: ProbeSession, token: str | None = "", **fields: Any
) -> Answer:
    return await probe.ask(
        "uploadTranscript",
        "POST",
        transcript_path(in_path(session.session_id)),
        at=probe.root(),
        session=session,
        value=fields,
        token=token,
        label=f"Upload transcript with {', '.join(fields) or 'nothing'}",
    )


async def _started(probe: Probe, session: ProbeSession, **fields: Any) -> Answer:
    """The answer to a transcript that is taken; raises Skip if it is not."""
    answer = await _send(probe, session, transcript=_SPOKEN, **fields)
    if not answer.accepted:
        raise Skip(f"the server takes no transcript: {answer}")
    return answer


@_rule("completes", "A transcript needs no End session: the session completes with it.")
async def completes(probe: Probe) -> Faults:
    """A transcript is uploaded to a new session, which is waited for."""
    session = await probe.create(templates=templates(probe)[:1])
    answer = await _send(probe, session, transcript=_SPOKEN)
    yield judge.status_is(answer, 202, what="Upload transcript")
    if answer.accepted:
        yield judge.field(answer, "status", "in-progress")
        done = await poll_until(lambda: probe.get(session), _is_over, probe.options.patience)
        yield judge.field(done, "status", "completed")
        if done.fields().get("status") == "completed":
            yield judge.field(done, "transcript", _SPOKEN)


def _is_over(answer: Answer) -> bool:
    return answer.status != 202


@_rule("template", "template_id says what is made; its document is in Get session.")
async def template(probe: Probe) -> Faults:
    """A transcript is uploaded for one template."""
    session = await probe.create()
    name = templates(probe)[-1]
    answer = await _started(probe, session, template_id=name)
    wanted = answer.fields().get("document_id")
    yield judge.field(answer, "template_id", name)
    done = await poll_until(lambda: probe.get(session), _is_over, probe.options.patience)
    yield judge.documents_of(done, name)
    found = [entry.get("document_id") for _, entry in judge.documents(done)]
    if wanted is not None and found:
        yield judge.same(done, "document_ids", [wanted], found)


@_rule("languages", "Each published target_language is accepted.")
async def languages(probe: Probe) -> Faults:
    """Three of the languages are sent, one of them with three letters."""
    for language in ("eng", "hi", "as"):
        answer = await _send(
            probe, await probe.create(), transcript=_SPOKEN, target_language=language
        )
        yield judge.accepted(answer, what=f"target_language {language}")


@_rule("language", "Another target_language: 422 invalid_request.", Grade.INFERRED)
async def language(probe: Probe) -> Faults:
    """A name is sent instead of a code."""
    session = await probe.create()
    answer = await _send(probe, session, transcript=_SPOKEN, target_language="english")
    yield judge.refused(answer, 422, "invalid_request")


@_rule("nothing", "Without transcript, template_id and target_language: 400 invalid_request.")
async def nothing(probe: Probe) -> Faults:
    """An empty object is sent, and an empty transcript."""
    session = await probe.create()
    yield judge.refused(await _send(probe, session), 400, "invalid_request")
    yield judge.refused(await _send(probe, session, transcript=""), 400, "invalid_request")


@_rule(
    "unknown_template", "A template that does not exist: 404 template_not_found.", Grade.INFERRED
)
async def unknown_template(probe: Probe) -> Faults:
    """A made-up template is asked for."""
    session = await probe.create()
    answer = await _send(probe, session, transcript=_SPOKEN, template_id=NO_TEMPLATE)
    yield judge.refused(answer, 404, "template_not_found")


@_rule("unknown", "An unknown session: 404 session_not_found.")
async def unknown(probe: Probe) -> Faults:
    """A transcript is uploaded to a session that nobody has."""
    session = ProbeSession(session_id=UNKNOWN_SESSION)
    answer = await _send(probe, session, transcript=_SPOKEN)
    yield judge.refused(answer, 404, "session_not_found")


@_rule("after_end", "A transcript after processing: 400 session_completed.", Grade.INFERRED)
async def after_end(probe: Probe) -> Faults:
    """A transcript is uploaded to a completed session."""
    session = await prepared_sessions.finished(probe, "completed")
    answer = await _send(probe, session, transcript=_SPOKEN)
    yield judge.refused(answer, 400, "session_completed")


@_rule("again", "After processing, template_id alone makes one more document: 202.")
async def again(probe: Probe) -> Faults:
    """A completed session gets a document of another template."""
    names = templates(probe)
    session = await probe.ended(templates=names[:1])
    await probe.expect_done(session)
    answer = await _send(probe, session, template_id=names[-1])
    yield judge.accepted(answer, what="template_id after processing")
    if answer.accepted:
        yield judge.documents_of(await probe.get(session), names[0], names[-1])


@_rule(
    "too_early",
    "template_id alone before processing has finished: 409 session_not_completed.",
    Grade.INFERRED,
)
async def too_early(probe: Probe) -> Faults:
    """A new session has no transcript to use."""
    answer = await _send(probe, await probe.create(), template_id=templates(probe)[0])
    yield judge.refused(answer, 409, "session_not_completed")


@_rule("token", "Without Authorization: 401 authentication_failed.")
async def token(probe: Probe) -> Faults:
    """A transcript is uploaded without a token."""
    answer = await _send(probe, await probe.create(), token=None, transcript=_SPOKEN)
    yield judge.refused(answer, 401, "authentication_failed")
