"""Get session."""

import re
import time
from datetime import timedelta
from urllib.parse import unquote

from starlette.responses import JSONResponse

from tests.contract.independent_server.base import Base
from tests.contract.independent_server.refusal import Refusal


class Reading(Base):
    async def get(self, call, session_id):
        session = self.find(session_id)
        state = self.state(session)
        body = self.shown(session, state, call)
        if state != "expired":
            self.narrow(session, body, self.in_query(call, "template_id"))
            self.narrow_to_document(session, body, self.in_query(call, "document_id"))
        return JSONResponse(body, self.http_status(state))

    def in_query(self, call, name):
        query = call.scope["query_string"].decode()
        wanted = re.search(rf"(?:^|&){name}=([^&]*)", query)
        return unquote(wanted[1]) if wanted else None

    def narrow(self, session, body, wanted):
        if wanted is None:
            return
        if wanted not in {*(session.body.get("templates") or []), *self.names(session)}:
            raise Refusal(404, "template_not_found")
        if "templates" in body:
            body["templates"] = [entry for entry in body["templates"] if wanted in entry]

    def narrow_to_document(self, session, body, wanted):
        if wanted is None:
            return
        left = [one for one in session.documents if one["id"] not in self.gone]
        own = [one for one in left if one["id"] == wanted]
        if not own:
            raise Refusal(404, "document_not_found")
        if "templates" in body:
            state = self.state(session)
            body["templates"] = [{d["template"]: self.shown_document(d, state)} for d in own]

    def additional(self, session):
        protocol = {
            "version": "0.1",
            "upload_type": session.type,
            "communication_protocol": "websocket" if session.type == "stream" else "http",
            "requested_templates": session.body.get("templates") or [],
        }
        return (session.body.get("additional_data") or {}) | {"_protocol": protocol}

    def names(self, session):
        return [document["template"] for document in session.documents]

    def http_status(self, state):
        return {"completed": 200, "failed": 200, "partial": 206, "expired": 410}.get(state, 202)

    def shown(self, session, state, call):
        body = {
            "session_id": session.id,
            "status": state,
            "created_at": self.stamp(session.created),
            "upload_url": self.upload_url(session, call),
            **self.listing(session),
            "additional_data": self.additional(session),
            "patient_details": session.body.get("patient_details"),
        }
        if state == "expired":
            more = {"message": "Too late.", "transcript": "", "templates": []}
            return body | {"expired_at": self.stamp(session.expires)} | more
        body["expires_at"] = self.stamp(session.expires)
        if state in ("completed", "partial", "failed"):
            body |= self.results(session, state)
        elif session.documents:
            body["templates"] = self.templates(session, state)
        return body

    def results(self, session, state):
        body = {
            "completed_at": self.stamp(session.created + timedelta(seconds=1)),
            "model_used": session.body.get("model") or self.default_model,
            "language_detected": "en" if session.chunks or session.transcript else None,
            "transcript": self.spoken(session, state),
            "templates": self.templates(session, state),
        }
        if state == "partial":
            body["audio_files_processed"] = self.received(session)
            body["processing_errors"] = [{"type": "mismatch", "message": "Not all came."}]
        return body

    def spoken(self, session, state):
        if session.transcript is not None:
            return session.transcript
        return "Hello." if session.chunks and state != "failed" else ""

    def templates(self, session, state):
        return [
            {one["template"]: self.shown_document(one, state)}
            for one in session.documents
            if one["id"] not in self.gone
        ]

    def shown_document(self, document, state):
        ready = time.monotonic() >= document["ready"]
        status = ("failed" if state == "failed" else "success") if ready else "in-progress"
        data = {"note": "x"} if status == "success" else None
        return {"status": status, "data": data, "document_id": document["id"]}
