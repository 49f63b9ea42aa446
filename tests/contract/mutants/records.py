"""Faults of session audio, the record and the history."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("audio.address", "answers.fields")
class AudioWithoutAddress(Server):
    def audio_body(self, session, url):
        return {"session_id": session.id, "status": "success", "expires_in": 60}


@mutant("audio.mp3")
class AudioIsNoMp3(Server):
    def mp3(self):
        return b"RIFF....WAVE"


@mutant("audio.mp3")
class AudioNeedsAToken(Server):
    async def audio_file(self, call, session_id):
        self.authorize(call)
        return await super().audio_file(call, session_id)


@mutant("audio.not_ready")
class AudioBeforeTheEnd(Server):
    def check_audio(self, session):
        if not session.chunks:
            raise Refusal(404, "audio_not_available")


@mutant("audio.none")
class AudioOfNothing(Server):
    def check_audio(self, session):
        if self.state(session) not in ("completed", "partial", "failed"):
            raise Refusal(404, "audio_not_available")


@mutant("audio.unknown")
class AudioOfAnySession(Server):
    async def session_audio(self, call, session_id):
        if session_id not in self.sessions:
            raise Refusal(404, "audio_not_available")
        return await super().session_audio(call, session_id)


@mutant("audio.token")
class AudioForEverybody(Server):
    async def session_audio(self, call, session_id):
        call.headers = [("authorization", "Bearer any"), ("host", call.first("host"))]
        return await super().session_audio(call, session_id)


@mutant("record.session")
class RecordOfNobody(Server):
    def recorded(self, call, session, signed):
        return super().recorded(call, session, signed) | {"patient_details": None}


@mutant("record.documents")
class RecordWithoutDocuments(Server):
    def recorded_documents(self, call, session, signed):
        return []


@mutant("record.presigned")
class RecordWithoutAddresses(Server):
    def recorded_document(self, call, session, name, found, signed):
        document = super().recorded_document(call, session, name, found, signed)
        del document["download_url"]
        return document


@mutant("record.statuses")
class StatusesAreForgotten(Server):
    def statuses(self, session):
        return {"user_status": "init", "processing_status": None}


@mutant("record.unknown")
class RecordOfAnySession(Server):
    async def record(self, call, session_id):
        if session_id not in self.sessions:
            return JSONResponse({"status": "success", "data": {}})
        return await super().record(call, session_id)


@mutant("record.token")
class RecordForEverybody(Server):
    async def record(self, call, session_id):
        call.headers = [("authorization", "Bearer any"), ("host", call.first("host"))]
        return await super().record(call, session_id)


@mutant("history.newest")
class OldestFirst(Server):
    def in_order(self):
        return list(self.sessions.values())


@mutant("history.newest")
class HistoryOfAllPatients(Server):
    def listed_sessions(self, oid):
        return super().listed_sessions(None)


@mutant("history.count")
class CountIsIgnored(Server):
    def in_query(self, call, name):
        return None if name == "count" else super().in_query(call, name)


@mutant("history.cancelled")
class CancelledIsListed(Server):
    def is_cancelled(self, session):
        return False


@mutant("history.none")
class EmptyHistoryIsAList(Server):
    def no_sessions(self):
        return JSONResponse({"status": "success", "data": [], "retrieved_count": 0})


@mutant("history.none")
class EmptyHistorySaysNothing(Server):
    def no_sessions(self):
        return JSONResponse({"status": "failed"}, 404)


@note("history.bad_count")
class AnyCountIsTaken(Server):
    def bad_count(self):
        return Refusal(400, "invalid_request")


@mutant("history.token")
class HistoryForEverybody(Server):
    async def history(self, call):
        call.headers = [("authorization", "Bearer any"), ("host", call.first("host"))]
        return await super().history(call)
