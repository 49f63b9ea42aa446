"""The record of a session, and the history."""

import re

from starlette.responses import JSONResponse

from tests.contract.independent_server.documents import Documents
from tests.contract.independent_server.reading import Reading

CANCELLED = "cancelled"


class Records(Reading, Documents):
    async def record(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        presigned = self.in_query(call, "presigned") or "false"
        if presigned not in ("true", "false"):
            raise self.broken("$.presigned")
        documents = [
            self.recorded(call, name, presigned == "true") for name in self.names_of(session)
        ]
        data = {
            "schema_version": "1.0",
            "session_id": session.id,
            "status": self.state(session),
            "created_at": self.stamp(session.created),
            "patient_details": session.body.get("patient_details"),
            "audio_matrix": {"quality": 1 if session.chunks else None},
            "documents": documents,
            **self.statuses(session),
        }
        return JSONResponse({"status": "success", "data": data})

    def names_of(self, session):
        made = [one["id"] for one in session.documents if one["id"] not in self.gone]
        saved = [name for name, one in self.files.items() if one["session_id"] == session.id]
        return made + saved

    def recorded(self, call, name, presigned):
        data = self.shown_file(call, name)["data"]
        address = data.pop("presigned_url")
        kind = data.pop("document_type")
        return data | {"type": kind, "download_url": self.download(address, presigned)}

    def download(self, address, presigned):
        return address if presigned else None

    async def history(self, call):
        self.authorize(call)
        count, oid = self.in_query(call, "count"), self.in_query(call, "oid")
        if count is not None and not re.fullmatch("0*[1-9][0-9]{0,8}", count):
            raise self.bad_count()
        most = int(count) if count else 100 if oid is None else 10
        found = self.of_patient(self.past(call), oid)[:most]
        if not found:
            return self.no_history()
        lines = [self.line(session) for session in found]
        return JSONResponse({"status": "success", "data": lines, "retrieved_count": len(lines)})

    def bad_count(self):
        return self.broken("$.count")

    def past(self, call):
        """The sessions of this caller, the newest first."""
        caller = call.first("authorization")
        return [
            session
            for session in reversed(self.sessions.values())
            if session.owner == caller and session.body.get("processing_status") != CANCELLED
        ]

    def of_patient(self, sessions, oid):
        return [session for session in sessions if oid in (None, self.oid(session))]

    def oid(self, session):
        return (session.body.get("patient_details") or {}).get("oid")

    def no_history(self):
        return JSONResponse({"status": "failed", "error": "No transactions found"}, 404)

    def line(self, session):
        return {
            "txn_id": session.id,
            "b_id": "b_1",
            "oid": self.oid(session),
            "mode": session.body.get("session_mode", "dictation"),
            "flavour": "web",
            "model_type": session.body.get("model", self.default_model),
            "patient_details": session.body.get("patient_details"),
            "created_at": self.stamp(session.created),
            **self.statuses(session),
        }

    def statuses(self, session):
        state = self.state(session)
        words = {self.open_status: None, "recording": None, "processing": "in-progress"}
        words["completed"] = "success"
        user = "recording_started" if session.chunks else "init"
        if session.ended_at is not None:
            user = "commit"
        return {
            "user_status": session.body.get("user_status") or user,
            "processing_status": session.body.get("processing_status") or words.get(state, state),
        }
