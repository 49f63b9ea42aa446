"""The session record and the history (CONTRACT.md, "Session record", "History")."""

import asyncio
from typing import Any

from starlette.requests import Request

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.documents import document_fields
from scribe_mock.api.services import OperationGroup
from scribe_mock.api.signed_addresses import VALID_SECONDS
from scribe_mock.api.transcripts import BUSINESS_ID
from scribe_mock.audio.examination import session_findings
from scribe_mock.audio.quality import quality
from scribe_mock.paths import document_content_path
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.session import Session
from scribe_mock.sessions.statuses import CANCELLED, processing_status, user_status

#: How many sessions the history has without `count`: of one patient, and of all.
OF_PATIENT, OF_ALL = 10, 100
#: The program that the mock's sessions come from.
_FLAVOUR = "scribe-mock"

#: The findings about so many chunks are put together in a thread.
_FEW = 500


class RecordOperations(OperationGroup):
    """The operations with the tag Records."""

    async def get_session_record(
        self, request: Request, session: Session, presigned: str = "false"
    ) -> JsonAnswer:
        """Answer with a session's statuses, the quality of its audio, and all its documents."""
        services = self._services
        await services.examiner.examine_new_chunks(session.session_id)
        session = (await services.store.get(session.session_id)).snapshot()
        digests = await services.store.digests(session)
        chunks = [chunk for chunk in session.ordered_chunks() if chunk.sequence in digests]
        # A thousand chunks take milliseconds: in a thread others need not wait for them.
        if len(chunks) < _FEW:
            found = session_findings(chunks, digests)
        else:
            found = await asyncio.to_thread(session_findings, chunks, digests)
        now = services.clocks.of(session).now()
        data = {
            "schema_version": "1.0",
            "session_id": session.session_id,
            "status": session.state(now),
            "user_status": user_status(session),
            "processing_status": processing_status(session, now),
            "created_at": rfc3339(session.created_at),
            "patient_details": session.patient_details,
            "audio_matrix": {"quality": quality(found.values())},
            "documents": self._documents(request, session, now, signed=presigned == "true"),
        }
        return JsonAnswer({"status": "success", "data": data})

    async def list_sessions(
        self, request: Request, count: str | None = None, oid: str | None = None
    ) -> JsonAnswer:
        """Answer with the caller's sessions, the newest first."""
        limit = int(count) if count is not None else OF_ALL if oid is None else OF_PATIENT
        services = self._services
        own = await services.store.of_owner(services.callers.of(request))
        # Servers that share a store may store two sessions in the other order.
        own = sorted(own, key=lambda session: session.created_at)
        found = [
            _line(session, services.clocks.of(session).now())
            for session in reversed(own)
            if oid in (None, _oid(session)) and session.processing_status != CANCELLED
        ][:limit]
        if not found:
            return JsonAnswer({"status": "failed", "error": "No transactions found"}, 404)
        return JsonAnswer({"status": "success", "data": found, "retrieved_count": len(found)})

    def _documents(
        self, request: Request, session: Session, now: float, *, signed: bool
    ) -> list[dict[str, Any]]:
        services = self._services
        address = base_url(request, services.settings)
        documents = []
        for document in session.documents:
            if document.deleted:
                continue
            path = services.addresses.sign("GET", document_content_path(document.document_id), now)
            documents.append(
                document_fields(document, session.session_id, now)
                | {
                    "type": document.category,
                    "download_url": f"{address}{path}" if signed else None,
                    "download_url_expires_at": int(now) + VALID_SECONDS if signed else None,
                }
            )
        return documents


def _oid(session: Session) -> str | None:
    oid = (session.patient_details or {}).get("oid")
    return oid if isinstance(oid, str) else None


def _line(session: Session, now: float) -> dict[str, Any]:
    return {
        "txn_id": session.session_id,
        "b_id": BUSINESS_ID,
        "oid": _oid(session),
        "mode": session.session_mode,
        "flavour": _FLAVOUR,
        "model_type": session.model,
        "processing_status": processing_status(session, now),
        "user_status": user_status(session),
        "patient_details": session.patient_details,
        "created_at": rfc3339(session.created_at),
    }
