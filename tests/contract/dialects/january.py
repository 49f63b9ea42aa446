"""The protocol's own documents of January: they require more of a request, and name less."""

from tests.contract.independent_server import Refusal, Server

#: What Get session has in each document; more is not said to be there.
_ALWAYS = (
    "session_id",
    "status",
    "created_at",
    "audio_files_received",
    "audio_files",
    "additional_data",
    "templates",
    "transcript",
)
_MORE = ("completed_at", "model_used", "language_detected", "expired_at", "message")
_PARTIAL = ("audio_files_processed", "processing_errors")


class January(Server):
    base = "/v1"
    default_model = "lite"

    def check_create(self, body):
        if "upload_type" in body:
            for name in ("templates", "communication_protocol"):
                if name not in body:
                    raise Refusal(400, "missing_required_field", f"{name} is required.")
        super().check_create(body)

    def additional(self, session):
        return session.body.get("additional_data") or {}

    def too_large(self):
        return Refusal(400, "chunk_too_large")

    def uploaded(self, session, name):
        return {"success": True, "original_filename": name}

    def shown(self, session, state, call):
        found = super().shown(session, state, call)
        found.setdefault("transcript", "")
        if state == "expired":
            found |= {"templates": {}, "transcript": None}
        wanted = {*_ALWAYS, *_MORE, *_PARTIAL}
        if state in ("created", "recording", "processing"):
            wanted.add("expires_at")
        return {name: value for name, value in found.items() if name in wanted}

    def at_root(self, path):
        return None, (), []

    def route(self, path):
        handler, arguments, methods = super().route(path)
        if handler in (self.process, self.session_audio, self.login, self.refresh):
            return None, (), []
        return handler, arguments, ["GET", "HEAD"] if handler == self.session else methods
