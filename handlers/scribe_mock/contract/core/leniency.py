"""What a server may leave out of its answers, and what it may set to null.

See CONTRACT.md, "What is published".
"""

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

#: Operations at addresses that a server makes and signs; what they answer is its own affair.
OWN_ADDRESSES = frozenset({"getDocumentContent", "putDocumentContent", "getRecording"})

#: operationId → the fields that may be null, though the mock always sends them.
NULLABLE: Mapping[str, frozenset[str]] = {
    "getSession": frozenset(
        {"transcript", "completed_at", "model_used", "language_detected", "patient_details"}
    ),
    "createSession": frozenset({"patient_details"}),
    "processTemplate": frozenset({"document_id"}),
    "getSessionRecord": frozenset(
        {
            "data.patient_details",
            "data.audio_matrix.quality",
            "data.documents.status",
            "data.documents.download_url",
            "data.status",
        }
    ),
}


def may_be_null(operation: str, name: str) -> bool:
    """Whether a field may be null.

    Args:
        operation: The operationId of the answer.
        name: The field, with those around it: `data.status`.
    """
    return name in NULLABLE.get(operation, ())


def is_needed(operation: str, name: str) -> bool:
    """Whether a client cannot go on without a field.

    Args:
        operation: The operationId of the answer.
        name: The field, with those around it: `data.document_id`.
    """
    return name in NEEDED.get(operation, ())
