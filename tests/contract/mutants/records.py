"""Faults of the session record and of the history."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("record.shows")
class RecordHasNoPatient(Server):
    async def record(self, call, session_id):
        answer = await super().record(call, session_id)
        answer.body = answer.body.replace(b'"age":42', b'"age":43')
        return answer


@mutant("record.documents")
class RecordHasSavedDocumentsAlone(Server):
    def names_of(self, session):
        return [name for name, one in self.files.items() if one["session_id"] == session.id]


@note("record.saved")
class RecordHasTemplatesAlone(Server):
    def names_of(self, session):
        return [one["id"] for one in session.documents]


@note("record.saved")
class EveryRecordedDocumentIsMarkdown(Server):
    def recorded(self, call, name, presigned):
        return super().recorded(call, name, presigned) | {"type": "markdown"}


@note("record.deleted")
class RecordKeepsDeletedDocuments(Server):
    def forget(self, name):
        self.files.setdefault("kept", self.files[name])

    def recorded(self, call, name, presigned):
        found = super().recorded(call, name, presigned)
        return found | {"document_id": next(iter(self.files))}


@mutant("record.presigned")
class DownloadNeedsAToken(Server):
    async def file(self, call, name):
        self.authorize(call)
        return await super().file(call, name)


@note("record.unsigned")
class RecordIsAlwaysSigned(Server):
    def download(self, address, presigned):
        return address


@mutant("record.statuses")
class StatusesAreForgotten(Server):
    def statuses(self, session):
        return {"user_status": "init", "processing_status": None}


@note("record.schema")
class PresignedIsAnything(Server):
    def in_query(self, call, name):
        found = super().in_query(call, name)
        return None if name == "presigned" and found != "true" else found


@mutant("record.unknown")
class UnknownRecordIsEmpty(Server):
    async def record(self, call, session_id):
        if session_id not in self.sessions:
            raise Refusal(400, "invalid_request")
        return await super().record(call, session_id)


@mutant("record.token")
class RecordsArePublic(Server):
    async def record(self, call, session_id):
        call.headers = [("authorization", "Bearer x"), ("host", call.first("host"))]
        return await super().record(call, session_id)


@mutant("history.lists")
class HistoryHasProcessedSessionsAlone(Server):
    def past(self, call):
        return [session for session in super().past(call) if session.ended_at is not None]


@mutant("history.entry")
class HistorySaysTheDefaults(Server):
    def line(self, session):
        return super().line(session) | {"mode": "dictation", "model_type": "pro"}


@note("history.statuses")
class HistoryKnowsNoEnd(Server):
    def statuses(self, session):
        return super().statuses(session) | {"user_status": "init"}


@mutant("history.count")
class CountIsIgnored(Server):
    def in_query(self, call, name):
        found = super().in_query(call, name)
        return found if name != "count" or found == "0" or not (found or "").isdigit() else "99"


@mutant("history.count")
class RetrievedCountIsOfAll(Server):
    async def history(self, call):
        answer = await super().history(call)
        if answer.status_code == 200:
            known = b'"retrieved_count":%d' % len(self.sessions)
            answer.body = answer.body.replace(b'"retrieved_count":1', known)
            answer.headers["content-length"] = str(len(answer.body))
        return answer


@mutant("history.order")
class OldestFirst(Server):
    def past(self, call):
        return list(reversed(super().past(call)))

    def stamp(self, moment):
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


@mutant("history.oid")
class OidIsIgnored(Server):
    def of_patient(self, sessions, oid):
        known = {self.oid(session) for session in sessions}
        return sessions if oid is None or oid in known else []


@note("history.oid")
class OidIsNotKept(Server):
    def oid(self, session):
        return None


@mutant("history.none")
class NoHistoryIsEmpty(Server):
    def no_history(self):
        return JSONResponse({"status": "success", "data": [], "retrieved_count": 0})


@mutant("history.cancelled")
class CancelledIsListed(Server):
    def past(self, call):
        caller = call.first("authorization")
        return [one for one in reversed(self.sessions.values()) if one.owner == caller]


@note("history.own")
class HistoryOfAll(Server):
    def past(self, call):
        call.headers = [("authorization", None)]
        everyone = {session.owner for session in self.sessions.values()} - {None}
        mine = []
        for owner in everyone:
            call.headers = [("authorization", owner)]
            mine += super().past(call)
        return sorted(mine, key=lambda session: session.created, reverse=True)


@note("history.schema")
class BadCountIsIgnored(Server):
    def bad_count(self):
        return Refusal(400, "invalid_request")


@mutant("history.token")
class HistoryIsPublic(Server):
    def authorize(self, call):
        if not call.scope["path"].endswith("/history"):
            super().authorize(call)
