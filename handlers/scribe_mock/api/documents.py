"""The operations on documents (CONTRACT.md, "Documents")."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.addresses import base_url
from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import read_all
from scribe_mock.api.document_text import document_text
from scribe_mock.api.services import OperationGroup
from scribe_mock.api.signed_addresses import check_time
from scribe_mock.errors import DocumentNotFound, InvalidRequest
from scribe_mock.paths import document_content_path
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.documents import Document, new_document_id
from scribe_mock.sessions.session import Session

#: The most bytes of a document's content.
MAX_CONTENT_BYTES = 1024 * 1024

#: Field of Save document → attribute of a document.
_SAVED_FIELDS = {
    "template_id": "template_id",
    "type": "category",
    "document_name": "name",
    "status": "status",
    "errors": "errors",
    "warnings": "warnings",
    "usage_information": "usage_information",
}


class DocumentOperations(OperationGroup):
    """The operations with the tag Documents."""

    async def save_document(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Create a document of a session, or change one; its content comes by a PUT."""
        services = self._services
        fields = {_SAVED_FIELDS[name]: body[name] for name in _SAVED_FIELDS if name in body}
        document_id = body.get("document_id")

        def save(session: Session) -> Document:
            request.scope["scribe_mock.session"] = session
            document = _saved(session, document_id, fields, services.clocks.of(session).now())
            session.put_document(document)
            return document

        document = await services.store.change(body["session_id"], save)
        session = await services.store.get(body["session_id"])
        status = 201 if document_id is None else 200
        return self._envelope(request, session, document, "PUT", status)

    async def get_document(self, request: Request, document_id: str) -> JsonAnswer:
        """Answer with a document's fields, and the address of its content."""
        session = await self._services.store.find_document(document_id)
        request.scope["scribe_mock.session"] = session
        document = _shown_document(session, document_id)
        return self._envelope(request, session, document, "GET", 200)

    async def delete_document(self, request: Request, document_id: str) -> JsonAnswer:
        """Archive a document; repeating it is a success too."""
        store = self._services.store
        session = await store.find_document(document_id)
        request.scope["scribe_mock.session"] = session

        def delete(current: Session) -> None:
            gone = replace(current.document(document_id), deleted=True, text=None)
            current.put_document(gone)

        await store.change(session.session_id, delete)
        return JsonAnswer({"status": "success", "message": "The document was deleted."})

    async def put_document_content(
        self, request: Request, document_id: str, expires: str = "", signature: str = ""
    ) -> JsonAnswer:
        """Store the content of a document."""
        services = self._services
        session, _ = await self._signed(request, "PUT", document_id, expires, signature)
        text = await read_all(request.scope, request.receive, MAX_CONTENT_BYTES)
        try:
            text.decode()
        except UnicodeDecodeError:
            raise InvalidRequest("The content is not UTF-8. Send Markdown in UTF-8.") from None

        clock = services.clocks.of(session)

        def put(current: Session) -> None:
            document, now = _shown_document(current, document_id), clock.now()
            current.put_document(replace(document, text=text, updated_at=now))

        await services.store.change(session.session_id, put)
        return JsonAnswer({"status": "success", "message": "The content was stored."})

    async def get_document_content(
        self, request: Request, document_id: str, expires: str = "", signature: str = ""
    ) -> Response:
        """Answer with the content of a document."""
        session, document = await self._signed(request, "GET", document_id, expires, signature)
        text = document_text(document, self._services.clocks.of(session).now())
        return Response(text, media_type="text/markdown")

    async def _signed(
        self, request: Request, method: str, document_id: str, expires: str, signature: str
    ) -> tuple[Session, Document]:
        """The document of a signed address, with its session, by whose clock it expires."""
        services = self._services
        until = services.addresses.check_signature(method, request.url.path, expires, signature)
        session = await services.store.find_document(document_id)
        request.scope["scribe_mock.session"] = session
        check_time(until, services.clocks.of(session).now())
        return session, _shown_document(session, document_id)

    def _envelope(
        self, request: Request, session: Session, document: Document, method: str, status: int
    ) -> JsonAnswer:
        services = self._services
        now = services.clocks.of(session).now()
        path = services.addresses.sign(method, document_content_path(document.document_id), now)
        data = document_fields(document, session.session_id, now) | {
            "type": "markdown",
            "document_type": document.category,
            "presigned_url": f"{base_url(request, services.settings)}{path}",
        }
        return JsonAnswer({"status": "success", "data": data}, status)


def document_fields(document: Document, session_id: str, now: float) -> dict[str, Any]:
    """What every representation of a document has."""
    return {
        "document_id": document.document_id,
        "session_id": session_id,
        "template_id": document.template_id,
        "document_name": document.name or document.template_id,
        "status": document.status_at(now),
        "errors": list(document.errors),
        "warnings": list(document.warnings),
        "usage_information": dict(document.usage_information),
        "created_at": rfc3339(document.created_at),
        "updated_at": rfc3339(document.updated_at),
        "publish": {},
    }


def _shown_document(session: Session, document_id: str) -> Document:
    document = session.document(document_id)
    if document.deleted:
        raise DocumentNotFound(f"The document {document_id[:80]!r} was deleted.")
    return document


def _saved(
    session: Session, document_id: str | None, fields: Mapping[str, Any], now: float
) -> Document:
    if document_id is not None:
        known = _shown_document(session, document_id)
        # The category of a result stays: Get session lists it by that.
        kept = {"category": known.category} if known.result is not None else {}
        return replace(known, updated_at=now, **{**fields, **kept})
    return Document(
        document_id=new_document_id(),
        created_at=now,
        updated_at=now,
        **{"template_id": None, "category": "custom", **fields},
    )
