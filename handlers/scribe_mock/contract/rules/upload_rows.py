"""Rules about uploads: each row of the table of checks alone."""

from collections.abc import Callable
from dataclasses import replace

from scribe_mock.contract.core import judge, prepared_sessions, samples
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule, rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.transport.message import Answer, Delivery

#: Row of the table → the id of its rule.
RULE_OF_ROW = {
    1: "upload.row.1.token",
    2: "upload.row.2.unknown",
    3: "upload.row.3.expired",
    4: "upload.row.4.ended",
    5: "upload.row.5.completed",
    6: "upload.row.6.stream",
    7: "upload.row.7.format",
    8: "upload.row.8.name",
    9: "upload.row.9.size",
    10: "upload.row.10.empty",
    11: "upload.row.11.undecodable",
}


def _row(number: int, name: str, sentence: str, grade: Grade) -> Callable[[CheckFunction], Rule]:
    return rule(
        f"upload.row.{number}.{name}",
        sentence,
        source=f"Upload audio, Checks, row {number}",
        grade=grade,
        operation="uploadAudio",
    )


async def judged_as_ended(probe: Probe, session: ProbeSession, answer: Answer) -> Fault | None:
    """Judge a refusal because of the end; processing may finish meanwhile."""
    look = await probe.get(session)
    processing = look.fields().get("status") == "processing"
    if not processing and (answer.status, answer.code) == (400, "session_completed"):
        return None
    return judge.refused(answer, 400, "session_ended")


def _over(answer: Answer) -> Fault | None:
    """Judge a refusal because processing has finished."""
    fault = judge.refused(answer, 400, "session_completed")
    if fault is not None and answer.accepted:
        return replace(fault, group="uploads are taken after processing")
    return fault


@rule(
    "upload.success",
    "An upload of supported audio to an open session is stored and answered 200.",
    source="Upload audio, Success",
    grade=Grade.PROTOCOL,
    operation="uploadAudio",
)
async def success(probe: Probe) -> Faults:
    """A short recording is uploaded."""
    session = await probe.create()
    answer = await probe.upload(session)
    yield judge.accepted(answer, what="a chunk of audio/webm;codecs=opus named audio_0.webm")
    if answer.accepted:
        yield judge.field(answer, "success", True)


@_row(1, "token", "No valid token: 401 authentication_failed.", Grade.PROTOCOL)
async def token(probe: Probe) -> Faults:
    """A recording is uploaded without a token."""
    answer = await probe.upload(await probe.create(), token=None)
    yield judge.refused(answer, 401, "authentication_failed")


@_row(2, "unknown", "The session is unknown: 404 session_not_found.", Grade.DOCUMENTED)
async def unknown(probe: Probe) -> Faults:
    """A recording is uploaded to an unknown session."""
    yield judge.refused(await probe.upload(UNKNOWN_SESSION), 404, "session_not_found")


@_row(3, "expired", "The session expired: 410 session_expired.", Grade.PROTOCOL)
async def expired(probe: Probe) -> Faults:
    """A recording is uploaded to an expired session."""
    answer = await probe.upload(await prepared_sessions.expired(probe))
    yield judge.refused(answer, 410, "session_expired")


@_row(
    4,
    "ended",
    "The session was ended, processing not finished: 400 session_ended.",
    Grade.DOCUMENTED,
)
async def ended(probe: Probe) -> Faults:
    """A recording is uploaded right after End."""
    session = await probe.ended()
    answer = await probe.upload(session, "audio_1.webm")
    yield await judged_as_ended(probe, session, answer)


@_row(5, "completed", "Processing finished: 400 session_completed.", Grade.DOCUMENTED)
async def completed(probe: Probe) -> Faults:
    """A recording is uploaded to a completed session."""
    answer = await probe.upload(
        await prepared_sessions.finished(probe, "completed"), "audio_1.webm"
    )
    yield _over(answer)


@_row(5, "partial", "Processing finished in part: 400 session_completed.", Grade.DOCUMENTED)
async def partial(probe: Probe) -> Faults:
    """A recording is uploaded to a partial session."""
    answer = await probe.upload(await prepared_sessions.finished(probe, "partial"), "audio_1.webm")
    yield _over(answer)


@_row(5, "failed", "Processing failed: 400 session_completed.", Grade.DOCUMENTED)
async def failed(probe: Probe) -> Faults:
    """A recording is uploaded to a failed session."""
    answer = await probe.upload(await prepared_sessions.finished(probe, "failed"), "audio_1.webm")
    yield _over(answer)


@_row(6, "stream", "An upload to a stream session: 400 invalid_request.", Grade.INFERRED)
async def stream(probe: Probe) -> Faults:
    """A recording is uploaded to a stream session."""
    answer = await probe.upload(await probe.create("stream"))
    yield judge.refused(answer, 400, "invalid_request")


@_row(7, "format", "The MIME type is not supported: 400 invalid_audio_format.", Grade.DOCUMENTED)
async def unsupported(probe: Probe) -> Faults:
    """A recording is uploaded as audio/flac."""
    session = await probe.create()
    answer = await probe.upload(session, mime="audio/flac", label="Content-Type: audio/flac")
    yield judge.unsupported(answer)


@_row(
    8,
    "name",
    "A chunk's name is not <base>_<sequence>.<ext>: 400 invalid_request.",
    Grade.INFERRED,
)
async def name(probe: Probe) -> Faults:
    """A name without a sequence number is uploaded to a chunked session."""
    answer = await probe.upload(await probe.create(), "consultation.webm")
    yield judge.refused(answer, 400, "invalid_request")


@_row(9, "size", "The body is larger than 10 MB: 413 chunk_too_large.", Grade.DOCUMENTED)
async def size(probe: Probe) -> Faults:
    """One byte more than 10 MiB is uploaded."""
    session = await probe.create()
    body = samples.wav_of(samples.TEN_MIB + 1)
    answer = await probe.upload(
        session, "audio_0.wav", mime="audio/wav", body=body, delivery=Delivery.HELD
    )
    yield judge.too_large(answer)


@_row(10, "empty", "The body is empty: 400 invalid_request.", Grade.INFERRED)
async def empty(probe: Probe) -> Faults:
    """An empty body is uploaded."""
    answer = await probe.upload(await probe.create(), body=b"")
    yield judge.refused(answer, 400, "invalid_request")


@_row(
    11,
    "undecodable",
    "In a single session, bytes that cannot be decoded: 400 invalid_audio_format.",
    Grade.INFERRED,
)
async def undecodable(probe: Probe) -> Faults:
    """Text is uploaded as audio/wav to a single session."""
    session = await probe.create("single")
    for mime, extension in ((WEBM, "webm"), ("audio/wav", "wav"), ("audio/mp3", "mp3")):
        answer = await probe.upload(session, f"visit.{extension}", mime=mime, body=samples.GARBAGE)
        yield judge.refused(answer, 400, "invalid_audio_format")
