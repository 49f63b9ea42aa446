"""The fields without which the published flow cannot go on; any other field may be missing."""

from collections.abc import Mapping

_DOCUMENT = frozenset({"data", "data.document_id", "data.presigned_url"})

#: operationId → the fields of its success that a client needs for its next request.
NEEDED: Mapping[str, frozenset[str]] = {
    "createSession": frozenset({"session_id", "upload_url"}),
    "uploadAudio": frozenset({"success"}),
    "endSession": frozenset({"status"}),
    "getSession": frozenset({"status"}),
    "getSessionAudio": frozenset({"audio_url"}),
    "registerWebhook": frozenset({"webhook_id"}),
    "login": frozenset({"access_token"}),
    "refreshToken": frozenset({"access_token"}),
    "uploadTranscript": frozenset({"document_id"}),
    "listTemplates": frozenset({"items"}),
    "createTemplate": frozenset({"template_id"}),
    "saveDocument": _DOCUMENT,
    "getDocument": _DOCUMENT,
    "getSessionRecord": frozenset({"data"}),
    "listSessions": frozenset({"data"}),
}


def is_needed(operation: str, name: str) -> bool:
    """Whether a client cannot go on without a field.

    Args:
        operation: The operationId of the answer.
        name: The field, with those around it: `data.document_id`.
    """
    return name in NEEDED.get(operation, ())
