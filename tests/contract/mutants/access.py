"""Faults of authentication: the header `Authorization`."""

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant


@mutant("auth.missing.createSession", "auth.missing.getSession")
class NoTokenIs403(Server):
    def no_token(self):
        return Refusal(403, "forbidden")


@mutant("auth.malformed.uploadAudio")
class AnySchemeAccepted(Server):
    def authorize(self, call):
        if not call.first("authorization"):
            raise self.no_token()


@mutant("auth.missing.getSession")
class ReadingNeedsNoToken(Server):
    async def session(self, call, session_id):
        if call.scope["method"] == "GET":
            return await self.get(call, session_id)
        return await super().session(call, session_id)
