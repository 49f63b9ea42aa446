"""What all parts of the server use: its settings, sessions and their states, and errors."""

import secrets
import time
from datetime import UTC, datetime, timedelta

from starlette.responses import JSONResponse

from tests.contract.independent_server.audio_types import TYPES
from tests.contract.independent_server.refusal import Refusal
from tests.contract.independent_server.session import Session


class Base:
    base = "/voice/v1"
    limit = 10 * 1024 * 1024
    types = TYPES
    upload_types: tuple[str, ...] = ("chunked", "single", "stream")
    models = ("lite", "pro")
    processing = 0.25
    ttl = 3600
    token: str | None = None
    open_status = "created"
    max_age = "public, max-age=60"
    default_model = "pro"
    own_templates: tuple[str, ...] = (
        "eka_emr_template",
        "clinical_notes_template",
        "transcript_template",
    )

    def __init__(self):
        self.sessions = {}
        old = Session("demo_session_expired", {"upload_type": "chunked"}, -10)
        old.created -= timedelta(hours=1)
        self.sessions[old.id] = old
        self.calls = 0
        self.made_templates = {}
        self.files = {}
        self.gone = set()
        self.secret = secrets.token_hex(8)

    def crash(self, error):
        return self.envelope(Refusal(500, "internal_error"), None)

    def envelope(self, refusal, scope):
        error = {"code": refusal.code, "message": refusal.message}
        if refusal.details:
            error["details"] = refusal.details
        return JSONResponse({"error": error}, refusal.status, refusal.headers)

    def authorize(self, call):
        found = call.all("authorization")
        scheme, _, token = (found[0] if len(found) == 1 else "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self.no_token()
        if self.token is not None and token.strip() != self.token:
            raise self.no_token()

    def no_token(self):
        headers = {"WWW-Authenticate": "Bearer"}
        return Refusal(401, "authentication_failed", headers=headers)

    def find(self, session_id):
        if session_id not in self.sessions:
            raise self.no_session()
        return self.sessions[session_id]

    def no_session(self):
        return Refusal(404, "session_not_found")

    def state(self, session):
        if session.ended_at is not None:
            over = time.monotonic() - session.ended_at >= self.processing
            return session.outcome if over else "processing"
        if datetime.now(UTC) >= session.expires:
            return "expired"
        return "recording" if session.chunks else self.open_status

    def require_open(self, session):
        state = self.state(session)
        if state == "expired":
            raise Refusal(410, "session_expired")
        if state == "processing":
            raise self.ended()
        if state in ("completed", "partial", "failed"):
            raise self.completed()

    def ended(self):
        return Refusal(400, "session_ended")

    def completed(self):
        return Refusal(400, "session_completed")

    def stamp(self, moment):
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

    def upload_url(self, session, call):
        host = call.first("host")
        if session.type == "stream":
            return f"ws://{host}{self.base}/stream/sessions/{session.stream_id}/audio"
        return f"http://{host}{self.base}/sessions/{session.id}/audio"

    def received(self, session):
        return len(session.uploads) if session.type == "single" else len(session.chunks)

    def listing(self, session):
        return {
            "audio_files_received": self.received(session),
            "audio_files": session.file_names(),
        }

    def document(self, name, ready):
        return {"template": name, "id": f"doc_{secrets.token_hex(8)}", "ready": ready}
