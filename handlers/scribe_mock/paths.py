"""The paths that the contract fixes (CONTRACT.md, "Addresses")."""

#: Under this path lies the session API.
BASE_PATH = "/voice/v1"

#: Under the base lies what a server says of itself, without authentication.
DISCOVERY_PATH = "/.well-known/medscribealliance"

#: Webhooks are registered here.
WEBHOOKS_PATH = f"{BASE_PATH}/webhooks"

#: Login and refresh lie at the root of the host, outside the base.
LOGIN_PATH = "/connect-auth/v1/account/login"
REFRESH_PATH = "/connect-auth/v1/account/refresh-token"


#: Templates, transcripts, documents and the history lie at the root of the host too.
TEMPLATES_PATH = "/voice/api/v1/template"
DOCUMENTS_PATH = "/voice/api/v1/documents"
HISTORY_PATH = "/voice/api/v2/transaction/history"


def transcript_path(session_id: str) -> str:
    """The path that a session's transcript is uploaded to."""
    return f"/voice/api/v1/transaction/{session_id}/convert-to-template"


def record_path(session_id: str) -> str:
    """The path of a session's record."""
    return f"/voice/api/v1/sessions/{session_id}"


def document_content_path(document_id: str) -> str:
    """The path of a document's content; it is used with a signature."""
    return f"{DOCUMENTS_PATH}/{document_id}/content"


def audio_path(session_id: str) -> str:
    """The path that a session's audio files are uploaded below."""
    return f"{BASE_PATH}/sessions/{session_id}/audio"


def recording_path(session_id: str) -> str:
    """The path of a session's audio as MP3; it is used with a signature."""
    return f"{BASE_PATH}/sessions/{session_id}/recording.mp3"


def stream_path(stream_id: str) -> str:
    """The path of the WebSocket that receives a stream session's audio."""
    return f"{BASE_PATH}/stream/sessions/{stream_id}/audio"
