"""End session."""

import time

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies


class Ending(Bodies):
    async def end(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        self.require_open(session)
        body = await self.json(call, required=False)
        sent = body.get("audio_files_sent", 0)
        if not isinstance(sent, int) or isinstance(sent, bool) or sent < 0:
            raise self.broken("$.audio_files_sent")
        await self.before_end(session)
        self.finish(session, body)
        return JSONResponse(self.ended_body(session), 202)

    async def before_end(self, session):
        self.require_open(session)

    def finish(self, session, body):
        session.ended_at = time.monotonic()
        mock = (session.body.get("additional_data") or {}).get("_mock", {})
        if mock.get("scenario") in ("failed", "partial"):
            session.outcome = mock["scenario"]
        for name in session.body.get("templates") or []:
            session.documents.append(self.document(name, session.ended_at + self.processing))

    def ended_body(self, session):
        return {
            "session_id": session.id,
            "status": "processing",
            "message": "Processing.",
            **self.listing(session),
        }
