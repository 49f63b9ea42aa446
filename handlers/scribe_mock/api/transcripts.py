"""The operation that makes documents from a transcript (CONTRACT.md, "Upload transcript")."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.guards import admits
from scribe_mock.api.processing import processing_of
from scribe_mock.api.services import OperationGroup
from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.documents import Document
from scribe_mock.sessions.session import Session

#: The business that all sessions of the mock belong to.
BUSINESS_ID = "b_mock"


class TranscriptOperations(OperationGroup):
    """The operations with the tag Transcripts."""

    @admits(Session.require_unexpired)
    async def upload_transcript(
        self, request: Request, session: Session, body: Mapping[str, Any]
    ) -> JsonAnswer:
        """Process a transcript that the client has, or the session's own once more."""
        services = self._services
        transcript, template_id = body.get("transcript"), body.get("template_id")
        if not any(body.get(name) for name in ("transcript", "template_id", "target_language")):
            raise InvalidRequest(
                "There is nothing to convert. Send transcript, or template_id or target_language "
                "for a session that has been processed."
            )
        if template_id is not None:
            services.templates.find(services.callers.of(request), template_id)
        outcome, seconds = processing_of(request, services, session)
        if transcript:
            await services.streams.settle(session.session_id)

        def convert(current: Session) -> list[Document]:
            now = services.clocks.of(current).now()
            if transcript:
                wanted = [template_id] if template_id else []
                return current.end_with_transcript(now, outcome, seconds, transcript, wanted)
            current.require_done(now)
            names = [template_id] if template_id else current.known_templates()
            return [current.add_document(now, name, seconds) for name in names]

        documents = await services.store.change(session.session_id, convert)
        return JsonAnswer(_started(session, documents), 202)


def _started(session: Session, documents: list[Document]) -> dict[str, Any]:
    ids = [{"template_id": d.template_id, "document_id": d.document_id} for d in documents]
    first = ids[0] if ids else {"template_id": None, "document_id": None}
    return {
        "status": "in-progress",
        "message": "The transcript is being processed; poll Get session for its results.",
        "txn_id": session.session_id,
        "b_id": BUSINESS_ID,
        **first,
        "templates": ids,
    }
