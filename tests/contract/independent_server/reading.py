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
        wanted = re.search(r"(?:^|&)template_id=([^&]*)", call.scope["query_string"].decode())
        if wanted and state != "expired":
            known = {*session.body.get("templates", []), *self.names(session)}
            if unquote(wanted[1]) not in known:
                raise Refusal(404, "template_not_found")
        body = self.shown(session, state, call)
        if wanted and "templates" in body:
            body["templates"] = [t for t in body["templates"] if unquote(wanted[1]) in t]
        return JSONResponse(body, self.http_status(state))

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
            "additional_data": session.body.get("additional_data", {}),
            "patient_details": session.body.get("patient_details"),
        }
        if state == "expired":
            more = {"message": "Too late.", "transcript": "", "templates": []}
            return body | {"expired_at": self.stamp(session.expires)} | more
        body["expires_at"] = self.stamp(session.expires)
        if state in ("completed", "partial", "failed"):
            body |= self.results(session, state)
        return body

    def results(self, session, state):
        body = {
            "completed_at": self.stamp(session.created + timedelta(seconds=1)),
            "model_used": session.body.get("model", "lite"),
            "language_detected": "en" if session.chunks else None,
            "transcript": "Hello." if session.chunks and state != "failed" else "",
            "templates": self.templates(session, state),
        }
        if state == "partial":
            body["audio_files_processed"] = self.received(session)
            body["processing_errors"] = [{"type": "mismatch", "message": "Not all came."}]
        return body

    def templates(self, session, state):
        return [{d["template"]: self.shown_document(d, state)} for d in session.documents]

    def shown_document(self, document, state):
        ready = time.monotonic() >= document["ready"]
        status = ("failed" if state == "failed" else "success") if ready else "in-progress"
        data = {"note": "x"} if status == "success" else None
        return {"status": status, "data": data, "document_id": document["id"]}
