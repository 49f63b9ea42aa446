"""Faults in the rows of the table of checks of an upload."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server, Session
from tests.contract.mutants.mutant import LONG, mutant, note


@mutant("upload.row.4.ended")
class UploadAfterEnd(Server):
    processing = LONG

    def require_open(self, session):
        if self.state(session) != "processing":
            super().require_open(session)


@mutant("upload.row.5.completed")
class UploadAfterCompletion(Server):
    async def upload(self, call, session_id, name):
        self.authorize(call)
        session = self.find(session_id)
        if self.state(session) in ("completed", "partial", "failed"):
            await call.body()
            return JSONResponse(self.uploaded(session, name))
        return await super().upload(call, session_id, name)


@mutant("upload.row.4.ended")
class EndedIs409(Server):
    processing = LONG

    def ended(self):
        return Refusal(409, "session_ended")


@mutant("upload.row.4.ended")
class EndedSaysCompleted(Server):
    processing = LONG

    def ended(self):
        return Refusal(400, "session_completed")


@mutant("upload.row.5.completed")
class CompletedSaysEnded(Server):
    def completed(self):
        return Refusal(400, "session_ended")


@mutant("upload.row.5.partial")
class UploadAfterPartial(Server):
    def require_open(self, session):
        if self.state(session) != "partial":
            super().require_open(session)


@mutant("upload.row.3.expired")
class ExpiryForgotten(Server):
    def require_open(self, session):
        if self.state(session) != "expired":
            super().require_open(session)


@mutant("upload.row.2.unknown")
class UnknownSessionIsCreated(Server):
    def find(self, session_id):
        if session_id not in self.sessions:
            self.sessions[session_id] = Session(session_id, {"upload_type": "chunked"}, 3600)
        return self.sessions[session_id]


@mutant("upload.row.2.unknown")
class UnknownSessionIs400(Server):
    def no_session(self):
        return Refusal(400, "session_not_found")


@mutant("upload.row.2.unknown")
class UnknownSessionHasAnotherCode(Server):
    def no_session(self):
        return Refusal(404, "not_found")


@note("upload.row.6.stream")
class StreamSessionAcceptsUploads(Server):
    async def upload(self, call, session_id, name):
        session = self.find(session_id)
        if session.type == "stream":
            session.type = "chunked"
        return await super().upload(call, session_id, name)


@note("upload.row.11.undecodable")
class SinglesAreNotDecoded(Server):
    def decodable(self, data, extension):
        pass
