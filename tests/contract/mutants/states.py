"""Faults in what each state of a session allows."""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant


@mutant("state.end_twice")
class EndTwice(Server):
    async def end(self, call, session_id):
        self.authorize(call)
        session = self.find(session_id)
        if self.state(session) in ("processing", "completed"):
            return JSONResponse(self.ended_body(session), 202)
        return await super().end(call, session_id)


@mutant("state.recording.get")
class NeverRecording(Server):
    def state(self, session):
        state = super().state(session)
        return "created" if state == "recording" else state


@mutant("state.expired.get")
class ExpiredIsAnError(Server):
    async def get(self, call, session_id):
        if self.state(self.find(session_id)) == "expired":
            raise Refusal(410, "session_expired")
        return await super().get(call, session_id)
