"""Faults in which of two errors is answered."""

import re
from urllib.parse import unquote

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import note


@note("upload.order.4_before_7", only=["upload.order.4_before_7", "upload.order.5_before_7"])
class FormatBeforeState(Server):
    async def upload(self, call, session_id, name):
        self.authorize(call)
        self.mime(call, name)
        return await super().upload(call, session_id, name)


@note("upload.order.2_before_9")
class SizeBeforeSession(Server):
    async def upload(self, call, session_id, name):
        if int(call.first("content-length") or 0) > self.limit:
            self.authorize(call)
            raise self.too_large()
        return await super().upload(call, session_id, name)


@note("upload.order.7_before_8")
class NameBeforeFormat(Server):
    def mime(self, call, name):
        for session in self.sessions.values():
            if session.id == call.scope["raw_path"].decode().split("/")[-3]:
                self.name(session, name)
        return super().mime(call, name)


@note("order.token_before_session", "upload.order.1_before_2")
class SessionBeforeToken(Server):
    async def respond(self, scope, receive):
        found = re.search(r"/sessions/([^/?]+)", scope["path"])
        if found:
            self.find(unquote(found[1]))
        return await super().respond(scope, receive)


@note("order.session_before_body")
class BodyBeforeSession(Server):
    async def end(self, call, session_id):
        self.authorize(call)
        data = await call.body()
        call.read_again(data)
        await self.json(call, required=False)
        call.read_again(data)
        return await super().end(call, session_id)
