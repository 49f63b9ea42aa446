"""Create session."""

import re
import secrets

from starlette.responses import JSONResponse

from tests.contract.independent_server.bodies import Bodies
from tests.contract.independent_server.refusal import Refusal
from tests.contract.independent_server.session import Session


class Creating(Bodies):
    async def create(self, call):
        self.authorize(call)
        body = self.without_nulls(await self.json(call))
        self.check_create(body)
        session = Session(self.new_id(body), body, self.ttl)
        if session.id in self.sessions:
            raise Refusal(409, "session_exists")
        session.owner = call.first("authorization")
        await self.before_create()
        self.sessions[session.id] = session
        return JSONResponse(self.created(session, call), 201)

    def without_nulls(self, body):
        return {name: value for name, value in body.items() if value is not None}

    async def before_create(self):
        pass

    def check_create(self, body):
        if body.get("upload_type") not in ("chunked", "single", "stream"):
            raise self.broken("$.upload_type")
        if body["upload_type"] not in self.upload_types:
            raise Refusal(400, "invalid_request")
        self.check_fields(body)
        wanted = body.get("session_id", "x" * 20)
        if not isinstance(wanted, str) or not re.fullmatch(r"[A-Za-z0-9._~-]{16,64}", wanted):
            raise self.broken("$.session_id")

    def new_id(self, body):
        return body.get("session_id") or f"ses_{secrets.token_hex(10)}"

    def created(self, session, call):
        answer = {
            "session_id": session.id,
            "status": self.open_status,
            "created_at": self.stamp(session.created),
            "expires_at": self.stamp(session.expires),
            "upload_url": self.upload_url(session, call),
        }
        if "patient_details" in session.body:
            answer["patient_details"] = session.body["patient_details"]
        return answer
