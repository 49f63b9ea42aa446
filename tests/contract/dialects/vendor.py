"""The vendor's open-source server, as its answers show it from outside.

It requires `language_hint`, has codes of its own and one status for every invalid request, fails
where streams are asked for and where a name has another form, and has no limit of size.
"""

from starlette.responses import JSONResponse

from tests.contract.independent_server import Refusal, Server


class Vendor(Server):
    limit = 1 << 40
    open_status = "initialized"

    def envelope(self, refusal, scope):
        error = {"code": refusal.code, "message": refusal.message}
        body = {"status": "failed", "error": error | {"display_message": refusal.message}}
        if refusal.details and refusal.code == "invalid_audio_format":
            body = {"error": error | {"details": refusal.details}}
        return JSONResponse(body | {"txn_id": "", "b_id": ""}, refusal.status, refusal.headers)

    def crash(self, error):
        return self.envelope(Refusal(500, "unexpected_error", "An unexpected error."), None)

    def broken(self, path):
        return Refusal(400, "BAD_REQUEST", f"Field '{path}': invalid")

    def not_json(self):
        return self.broken("body")

    def unknown_template(self):
        return Refusal(400, "bad_request", "Invalid template ids.")

    def check_create(self, body):
        super().check_create(body)
        if not body.get("language_hint"):
            raise Refusal(400, "bad_request", "language_hint is required on session create")
        if body["upload_type"] == "stream":
            raise ValueError("streams are not supported")

    def created(self, session, call):
        return super().created(session, call) | {"status": "created"}

    def state(self, session):
        state = super().state(session)
        return "initialized" if state == "recording" else state

    def shown(self, session, state, call):
        found = super().shown(session, state, call)
        return found | {"transcript": "", "templates": {}} if state == "initialized" else found

    def no_session(self):
        return Refusal(404, "transaction_not_found", "Transaction not found")

    def bad_name(self):
        return ValueError("Invalid chunk filename")

    def parse_type(self, text):
        return text if text.lower().startswith("audio/") else "generic"

    def empty(self):
        return ValueError("nothing to store")
