"""Session audio, the session record and the history."""

from starlette.responses import JSONResponse, Response

from tests.contract.independent_server.documents import Documents
from tests.contract.independent_server.reading import Reading
from tests.contract.independent_server.refusal import Refusal

#: Silence: frames of layer III, 16 kHz, mono.
MP3 = (b"\xff\xf3\x48\xc4" + bytes(140)) * 10
DAY = 86400


class Records(Reading, Documents):
    async def session_audio(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        if self.state(session) == "expired":
            raise Refusal(410, "session_expired")
        self.check_audio(session)
        url = f"http://{call.first('host')}/media/{session.id}?signature={self.secret}"
        return JSONResponse(self.audio_body(session, url))

    def check_audio(self, session):
        if self.state(session) not in ("completed", "partial", "failed") or not session.chunks:
            raise Refusal(404, "audio_not_available")

    def audio_body(self, session, url):
        return {
            "session_id": session.id,
            "status": "success",
            "audio_url": url,
            "expires_in": DAY,
            "expires_at": int(session.created.timestamp()) + DAY,
        }

    async def audio_file(self, call, session_id):
        if f"signature={self.secret}" not in call.scope["query_string"].decode():
            raise Refusal(403, "forbidden")
        self.find(session_id)
        return Response(self.mp3(), media_type="audio/mpeg")

    def mp3(self):
        return MP3

    async def record(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        signed = self.in_query(call, "presigned") == "true"
        return JSONResponse({"status": "success", "data": self.recorded(call, session, signed)})

    def recorded(self, call, session, signed):
        return {
            "schema_version": "1.0",
            "session_id": session.id,
            "status": self.state(session),
            "created_at": self.stamp(session.created),
            "patient_details": session.body.get("patient_details"),
            "audio_matrix": {"quality": 0.9 if session.chunks else None},
            "documents": self.recorded_documents(call, session, signed),
            **self.statuses(session),
        }

    def recorded_documents(self, call, session, signed):
        made = [
            (one["id"], {"template_id": one["template"], "type": "template", "status": "success"})
            for one in session.documents
            if one["id"] not in self.gone
        ]
        saved = [(name, f) for name, f in self.files.items() if f["session_id"] == session.id]
        return [self.recorded_document(call, session, *one, signed) for one in [*made, *saved]]

    def recorded_document(self, call, session, name, found, signed):
        return {
            "document_id": name,
            "session_id": session.id,
            "template_id": found.get("template_id"),
            "document_name": found.get("document_name"),
            "type": found.get("type", "custom"),
            "status": found.get("status", "in-progress"),
            "created_at": self.stamp(session.created),
            "download_url": self.presigned(call, name) if signed else None,
        }

    def statuses(self, session):
        state = self.state(session)
        known = {"processing": "in-progress", "completed": "success", "recording": None}
        return {
            "user_status": session.body.get("user_status") or "init",
            "processing_status": session.body.get("processing_status")
            or known.get(state, state if state != "created" else None),
        }

    async def history(self, call):
        self.authorize(call)
        count = self.in_query(call, "count")
        if count is not None and not (count.isdecimal() and int(count)):
            raise self.bad_count()
        oid = self.in_query(call, "oid")
        found = self.listed_sessions(oid)[: int(count or (100 if oid is None else 10))]
        if not found:
            return self.no_sessions()
        lines = [self.line(session) for session in found]
        return JSONResponse({"status": "success", "data": lines, "retrieved_count": len(lines)})

    def bad_count(self):
        return Refusal(422, "invalid_request", details={"path": "count"})

    def listed_sessions(self, oid):
        return [
            session
            for session in self.in_order()
            if oid in (None, self.oid(session)) and not self.is_cancelled(session)
        ]

    def in_order(self):
        return list(self.sessions.values())[::-1]

    def oid(self, session):
        return (session.body.get("patient_details") or {}).get("oid")

    def is_cancelled(self, session):
        return session.body.get("processing_status") == "cancelled"

    def no_sessions(self):
        return JSONResponse({"status": "failed", "error": "No transactions found"}, 404)

    def line(self, session):
        return {
            "txn_id": session.id,
            "b_id": "1",
            "oid": self.oid(session),
            "mode": session.body.get("session_mode") or "dictation",
            "flavour": "web",
            "model_type": session.body.get("model") or self.default_model,
            "patient_details": session.body.get("patient_details"),
            "created_at": self.stamp(session.created),
            **self.statuses(session),
        }
