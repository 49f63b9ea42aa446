"""Documents from a transcript that the client has."""

import time

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies
from tests.contract.independent_server.refusal import Refusal

LANGUAGES = ("eng", "hi", "ta", "te", "bn", "mr", "gu", "kn", "ml", "pa", "as")


class Transcripts(Bodies):
    async def convert(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        state = self.state(session)
        if state == "expired":
            raise Refusal(410, "session_expired")
        body = await self.json(call)
        self.check_transcript(body)
        if body.get("template_id", self.own_templates[0]) not in self.known_templates():
            raise Refusal(404, "template_not_found")
        if body.get("transcript"):
            self.take_transcript(session, body)
        elif state not in ("completed", "partial", "failed"):
            raise Refusal(409, "session_not_completed")
        made = self.convert_into(session, body)
        ids = [{"template_id": one["template"], "document_id": one["id"]} for one in made]
        first = ids[0] if ids else {"template_id": None, "document_id": None}
        answer = {"status": "in-progress", "message": "Working.", "txn_id": session.id}
        return JSONResponse(answer | {"b_id": "b_1", **first, "templates": ids}, 202)

    def check_transcript(self, body):
        for name in ("transcript", "template_id", "target_language"):
            if name in body and not isinstance(body[name], str):
                raise self.broken(f"$.{name}")
        if body.get("target_language", "hi") not in LANGUAGES:
            raise self.broken("$.target_language")
        if not any(body.get(name) for name in ("transcript", "template_id", "target_language")):
            raise self.nothing_to_convert()

    def nothing_to_convert(self):
        return Refusal(400, "invalid_request")

    def take_transcript(self, session, body):
        self.require_open(session)
        session.ended_at = time.monotonic()
        session.transcript = body["transcript"]

    def convert_into(self, session, body):
        wanted = body.get("template_id")
        names = [wanted] if wanted else session.body.get("templates") or [self.own_templates[0]]
        made = [self.document(name, time.monotonic() + self.processing) for name in names]
        session.documents += made
        return made
