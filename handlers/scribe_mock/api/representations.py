"""The JSON forms of sessions: that of Get session, and the fuller one of the control API."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scribe_mock.api.answers import encode
from scribe_mock.paths import audio_path, stream_path
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.documents import Document
from scribe_mock.sessions.outcomes import Outcome
from scribe_mock.sessions.session import Session
from scribe_mock.sessions.states import State
from scribe_mock.webhooks.deliveries import Attempt

#: The HTTP status of Get session in each state (CONTRACT.md, "Get session").
STATUS_OF_STATE: Mapping[State, int] = {
    State.CREATED: 202,
    State.RECORDING: 202,
    State.PROCESSING: 202,
    State.COMPLETED: 200,
    State.PARTIAL: 206,
    State.FAILED: 200,
    State.EXPIRED: 410,
}


_NO_FILES = '"audio_files":[]'


def upload_url(session: Session, base_url: str) -> str:
    """Where the session's audio is to be sent; a `ws:` or `wss:` URL for `stream`.

    Args:
        session: The session.
        base_url: `http://host:port` as the client sees it, without a slash at the end.
    """
    if session.stream_id is not None:
        host = base_url.replace("http", "ws", 1)
        return f"{host}{stream_path(session.stream_id)}"
    return f"{base_url}{audio_path(session.session_id)}"


def created_session(session: Session, base_url: str) -> dict[str, Any]:
    """The body of Create session's answer."""
    body: dict[str, Any] = {
        "session_id": session.session_id,
        "status": State.CREATED,
        "created_at": rfc3339(session.created_at),
        "expires_at": rfc3339(session.expires_at),
        "upload_url": upload_url(session, base_url),
    }
    if session.patient_details is not None:
        body["patient_details"] = session.patient_details
    return body


def received_audio(session: Session) -> dict[str, Any]:
    """The number of files received, and the stored names in order."""
    return {
        "audio_files_received": session.files_received(),
        "audio_files": session.chunks.names,
    }


def public_session(
    session: Session,
    now: float,
    base_url: str,
    template_id: str | None = None,
    document_id: str | None = None,
) -> dict[str, Any]:
    """The body of Get session's answer; the two ids limit `templates`."""
    state = session.state(now)
    body: dict[str, Any] = {
        "session_id": session.session_id,
        "status": state,
        "created_at": rfc3339(session.created_at),
        "upload_url": upload_url(session, base_url),
        **received_audio(session),
        "additional_data": {**session.additional_data, "_protocol": _protocol(session)},
        "patient_details": session.patient_details,
    }
    if state is State.EXPIRED:
        return body | {
            "expired_at": rfc3339(session.expires_at),
            "message": "The session expired before it was ended. Create a new one.",
            "transcript": "",
            "templates": [],
        }
    body["expires_at"] = rfc3339(session.expires_at)
    if session.outcome is not None:
        body["templates"] = [
            {document.template_id: _document(document, now)}
            for document in session.template_documents()
            if template_id in (None, document.template_id)
            and document_id in (None, document.document_id)
        ]
    if state.done and session.outcome is not None:
        return body | _results(session, session.outcome)
    so_far = session.outcome.transcript_so_far if session.outcome is not None else None
    return body | {"transcript": so_far}


def session_json(session: Session, now: float, base_url: str, *ids: str | None) -> bytes:
    """The same as JSON."""
    return with_names(public_session(session, now, base_url, *ids), session.chunks.names_json)


def with_names(form: Mapping[str, Any], names: bytes) -> bytes:
    """A form of a session as JSON. The list of names is JSON already, and copied once."""
    # It comes first: no value that a client sent is before it, and quotes in one are escaped.
    before, _, after = encode({**form, "audio_files": []}).partition(_NO_FILES)
    return b"".join([before.encode(), b'"audio_files":', names, after.encode()])


def _protocol(session: Session) -> dict[str, Any]:
    """What the server adds to a session's `additional_data`."""
    return {
        "version": "0.1",
        "upload_type": session.upload_type,
        "communication_protocol": session.communication_protocol,
        "requested_templates": list(session.templates),
    }


def _results(session: Session, outcome: Outcome) -> dict[str, Any]:
    body: dict[str, Any] = {
        "completed_at": rfc3339(session.done_at),
        "model_used": session.model,
        "language_detected": outcome.language,
        "transcript": "" if outcome.state is State.FAILED else outcome.transcript,
    }
    if outcome.errors:
        skipped = set(session.chunks.names) & {error.file for error in outcome.errors}
        body["audio_files_processed"] = max(0, session.files_received() - len(skipped))
        body["processing_errors"] = [
            {"type": error.type, "message": error.message}
            | ({"file": error.file} if error.file else {})
            for error in outcome.errors
        ]
    return body


def _document(document: Document, now: float) -> dict[str, Any]:
    return {
        "status": document.status_at(now),
        "data": document.data_at(now),
        "document_id": document.document_id,
        "document_type": document.template_id,
        "publish": {},
    }


def control_session(session: Session, now: float, base_url: str, frozen: bool) -> dict[str, Any]:
    """A session in the control API without its chunks: as Get session, and the mock's own."""
    return public_session(session, now, base_url) | {
        "expires_at": rfc3339(session.expires_at),
        "upload_type": session.upload_type,
        "scenario": session.scenario,
        "changes_at": _time_or_none(session.changes_at(now)),
        "now": rfc3339(now),
        "frozen": frozen,
        "bytes": session.chunks.size,
        "chunks_total": len(session.chunks),
    }


def session_line(session: Session, now: float, frozen: bool) -> dict[str, Any]:
    """A session's short form in the control API's overview, with the time of its clock."""
    chunks = session.chunks
    return {
        "session_id": session.session_id,
        "status": session.state(now),
        "upload_type": session.upload_type,
        "scenario": session.scenario,
        "created_at": rfc3339(session.created_at),
        "changes_at": _time_or_none(session.changes_at(now)),
        "chunks": len(chunks),
        "bytes": chunks.size,
        "last_received_at": _time_or_none(chunks.last_received_at),
        "now": rfc3339(now),
        "frozen": frozen,
    }


def _time_or_none(timestamp: float | None) -> str | None:
    return None if timestamp is None else rfc3339(timestamp)


def control_chunk(chunk: Chunk, findings: Sequence[AudioFinding]) -> dict[str, Any]:
    """A chunk in the control API; `diagnostics` are the findings about it."""
    diagnosis = chunk.diagnosis
    duration = chunk.duration_s
    if duration is None and diagnosis is not None:
        duration = diagnosis.duration_s
    return {
        "name": chunk.name,
        "sequence": chunk.sequence,
        "original_filename": chunk.original_filename,
        "content_type": chunk.content_type,
        "size": chunk.size,
        "sha256": chunk.sha256,
        "received_at": rfc3339(chunk.received_at),
        "replaced": chunk.replaced,
        "duration_s": duration,
        "start_s": chunk.start_s,
        "end_s": chunk.end_s,
        "speech": chunk.speech,
        "audio": None if diagnosis is None else _sound(diagnosis),
        "diagnostics": [asdict(finding) for finding in findings],
    }


def _sound(diagnosis: Diagnosis) -> dict[str, Any]:
    return {name: value for name, value in asdict(diagnosis).items() if name != "findings"}


def diagnostics_header(codes: Collection[str]) -> dict[str, str] | None:
    """The header field `X-Mock-Diagnostics` with these codes of findings; None without any."""
    return {"X-Mock-Diagnostics": ", ".join(sorted(set(codes)))} if codes else None


def delivery_line(attempt: Attempt) -> dict[str, Any]:
    """One attempt to deliver an event, in the control API."""
    delivery = attempt.delivery
    return {
        "event": delivery.event,
        "session_id": delivery.session_id,
        "webhook_id": delivery.webhook.webhook_id,
        "url": delivery.webhook.url,
        "attempt": attempt.number,
        "at": rfc3339(attempt.at),
        "status": attempt.status,
        "error": attempt.error,
        "next_attempt_at": None if attempt.next_at is None else rfc3339(attempt.next_at),
    }
