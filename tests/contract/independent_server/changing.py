"""Update session, and process template."""

import time

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies
from tests.contract.independent_server.refusal import Refusal


class Changing(Bodies):
    async def patch(self, call, session_id):
        session = self.find(session_id)
        if self.state(session) == "expired":
            raise Refusal(410, "session_expired")
        body = await self.json(call)
        known = ("patient_details", "templates", "language_hint", "additional_data")
        more = ("session_mode", "model", "user_status", "processing_status")
        self.check_patch(body, (*known, *more))
        if session.ended_at is not None and ("session_mode" in body or "model" in body):
            raise self.committed()
        self.update(session, body)
        return JSONResponse({"session_id": session.id, "status": "success", "message": "Done."})

    def check_patch(self, body, known):
        if any(name not in known for name in body):
            raise self.broken("$")
        if not body:
            raise Refusal(400, "invalid_request")
        self.check_fields(body)

    def committed(self):
        return Refusal(409, "session_already_committed")

    def update(self, session, body):
        old = session.body.get("additional_data") or {}
        merged = {"additional_data": old | body.get("additional_data", {})}
        session.body = session.body | body | merged

    async def process(self, call, session_id, template):
        self.authorize(call)
        session = self.find(session_id)
        state = self.state(session)
        if state == "expired":
            raise Refusal(410, "session_expired")
        if state not in ("processing", "completed", "partial", "failed"):
            raise self.not_ended()
        if template not in self.known_templates():
            raise Refusal(404, "template_not_found")
        document = self.document(template, time.monotonic() + self.processing)
        self.add_document(session, document)
        answer = {"session_id": session.id, "template_id": template, "document_id": document["id"]}
        answer |= {"status": "in-progress", "message": "Working on it."}
        return JSONResponse(answer, 202)

    def add_document(self, session, document):
        session.documents.append(document)

    def not_ended(self):
        return Refusal(409, "session_not_ended")
