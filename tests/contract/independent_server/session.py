"""One session."""

import secrets
from datetime import UTC, datetime, timedelta


class Session:
    def __init__(self, session_id, body, ttl):
        self.id = session_id
        self.body = body
        self.type = body.get("upload_type")
        self.created = datetime.now(UTC)
        self.expires = self.created + timedelta(seconds=ttl)
        self.chunks = {}
        #: Number → the bytes of a chunk.
        self.sounds = {}
        #: The Authorization of Create session.
        self.owner = None
        self.uploads = set()
        self.recordings = {}
        self.ended_at = None
        self.outcome = "completed"
        self.documents = []
        self.transcript = None
        self.stream_id = secrets.token_urlsafe(24)

    def file_names(self):
        return [f"{number}.{ext}" for number, (ext, _) in sorted(self.chunks.items())]
