"""The example server in the protocol's repository, as its answers show it from outside.

It takes no notice of tokens, requires `templates` and `communication_protocol`, reports invalid
JSON as web frameworks do, fails for many of the ids that it makes, gives out an address of
another host, never ends processing, and can be ended again and again.
"""

import re
import secrets

from starlette.responses import JSONResponse, PlainTextResponse

from tests.contract.independent_server import Refusal, Server

_REQUIRED = ("templates", "upload_type", "communication_protocol")


class ProtocolExample(Server):
    base = "/v1"
    limit = 100 * 1024 * 1024
    processing = 1e9
    default_model = "lite"
    #: Of so many ids one has a character that its own schema forbids; it is half of them really.
    unlucky = 3
    ids_made = 0

    def __init__(self):
        super().__init__()
        self.types = [*Server.types, "audio/webm"]

    def authorize(self, call):
        pass

    def crash(self, error):
        return PlainTextResponse("Internal Server Error", 500)

    def envelope(self, refusal, scope):
        if refusal.status in (404, 405) and refusal.code in ("not_found", "method_not_allowed"):
            words = "Not Found" if refusal.status == 404 else "Method Not Allowed"
            return JSONResponse({"detail": words}, refusal.status, refusal.headers)
        if refusal.status == 422:
            fault = {"loc": ["body"], "msg": "Invalid", "type": "value_error"}
            return JSONResponse({"detail": [fault]}, 422)
        return super().envelope(refusal, scope)

    def not_json(self):
        return self.broken("$")

    def check_create(self, body):
        if not all(name in body for name in _REQUIRED):
            raise self.broken("$")
        super().check_create(body | {"session_id": "x" * 20})

    def known_templates(self):
        return _Any()

    def new_id(self, body):
        self.ids_made += 1
        if self.ids_made % self.unlucky == 0:
            raise ValueError("the id does not match its own pattern")
        return f"ses_{secrets.token_hex(11)}"

    def upload_url(self, session, call):
        return f"https://api.scribe.example.com/v1/sessions/{session.id}/audio"

    def created(self, session, call):
        found = super().created(session, call)
        found.pop("patient_details", None)
        return found

    def parse_type(self, text):
        return text

    def name(self, session, name):
        sequence = name.rpartition("_")[2].partition(".")[0]
        number = int(sequence) if re.fullmatch("[0-9]{1,9}", sequence) else 0
        return number, name.rpartition(".")[2]

    async def audio(self, call, session):
        data = await call.body()
        if len(data) > self.limit:
            raise self.too_large()
        return data

    def decodable(self, data, extension):
        pass

    def uploaded(self, session, name):
        found = {"success": True, "filename": name.rpartition("_")[2]}
        return found | {"original_filename": name, "size_bytes": 1}

    def too_large(self):
        return Refusal(413, "file_too_large")

    def require_open(self, session):
        if session.ended_at is not None:
            raise Refusal(400, "session_ended")

    async def end(self, call, session_id):
        session = self.find(session_id)
        body = await self.json(call)
        if not isinstance(body.get("audio_files_sent"), int):
            raise self.broken("$.audio_files_sent")
        self.finish(session, body)
        return JSONResponse(self.ended_body(session), 202)

    def shown(self, session, state, call):
        found = super().shown(session, state, call)
        for name in ("upload_url", "patient_details"):
            found.pop(name, None)
        if state == "expired":
            found["templates"] = {}
        return found | {"transcript": "Hello." if state == "processing" else None}

    def additional(self, session):
        return session.body.get("additional_data") or {}

    def at_root(self, path):
        return None, (), []

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler not in (self.create, self.upload, self.end, self.session):
            return None, (), []
        return handler, arguments, ["GET"] if handler == self.session else methods


class _Any:
    """Has every name in it."""

    def __contains__(self, name):
        return True

    def __iter__(self):
        return iter(())
