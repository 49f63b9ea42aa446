"""What a client should do about each error code, and why some errors cannot be provoked."""

from collections.abc import Mapping

from scribe_mock.web.docs.programs import OUTSIDE

#: By `error.code`; where the status matters too, by "status code".
ADVICE: Mapping[str, str] = {
    "authentication_failed": "Log in again, then repeat the request with the new token. Keep what "
    "was recorded; nothing of it was stored.",
    "token_expired": "Renew the token with refresh, or log in again, then repeat the request. Keep "
    "what was recorded; nothing of it was stored.",
    "forbidden": "Don't repeat it. Get a fresh address, or use a template of your own.",
    "invalid_template": "Don't repeat it. Ask for templates that List templates has; "
    "details.templates are the unknown ones.",
    "document_not_found": "Don't repeat it. Check the document_id: Get session lists the documents "
    "of templates. A deleted one does not come back.",
    "audio_not_available": "Wait until Get session is no longer 202, then repeat the request. "
    "After 24 hours the audio is gone.",
    "audio_not_enabled": "Don't repeat it. Ask the operator of the server to enable full audio.",
    "range_not_satisfiable": "Ask for a range within the size that Content-Range has.",
    "webhook_not_found": "Don't repeat it. Check the webhook_id, and that the token is the one "
    "that registered it; if both are right, the webhook is gone.",
    "session_not_ended": "Call End session first, then repeat the request.",
    "session_not_found": "Don't repeat it. Check the session_id; if it is right, the session is "
    "gone: create a new one and send every chunk again.",
    "session_expired": "Don't repeat it. Create a new session and send every chunk again, so keep "
    "chunks until End session was answered.",
    "session_ended": "Stop sending audio. End session was called already: poll Get session for the "
    "result, and use a new session for more audio.",
    "session_completed": "Stop sending audio. The result is there: read it with Get session, and "
    "use a new session for more audio.",
    "session_exists": "Use that session if it is yours, or leave session_id out and let the server "
    "choose.",
    "session_already_committed": "Don't repeat it. Set session_mode and model before End session.",
    "session_not_completed": "Poll Get session until it is no longer 202, then repeat the request.",
    "template_not_found": "Don't repeat it. Use one of the names in details.templates, or one that "
    "List templates has.",
    "invalid_audio_format": "Don't repeat it. Record in one of details.supported_formats, and send "
    "exactly that as Content-Type. details.hint says what to do about the type that came.",
    "invalid_request": "Don't repeat it: it is a bug in the client. The message says what.",
    "422 invalid_request": "Don't repeat it: it is a bug in the client. details.path says where in "
    "the JSON.",
    "chunk_too_large": "Don't repeat it. Record shorter chunks; 20 seconds are recommended.",
    "request_too_large": "Don't repeat it. Send less in additional_data or patient_details.",
    "service_unavailable": "Repeat the same request after the seconds in Retry-After, with a limit "
    "on the attempts.",
    "internal_error": "Repeat the same request a few times, waiting longer each time. Then tell "
    "the user, and keep the recording.",
    "not_found": "Don't repeat it. Check the path, and that names in it are percent-encoded.",
    "method_not_allowed": "Don't repeat it. Allow lists the methods that work here.",
    "request_timeout": "Repeat the request on a new connection; sending a chunk twice is safe.",
    "rate_limit_exceeded": "Repeat the same request after the seconds in Retry-After, and send "
    "fewer at once.",
    "headers_too_large": "Don't repeat it. Send less in header fields.",
}

#: Why an HTTP client cannot provoke these errors, by operation, status and code.
EXPLANATIONS: Mapping[tuple[str, int, str], str] = {
    ("getSessionAudio", 403, "audio_not_enabled"): "Needs a session whose scenario has "
    "audio_enabled: false; see the guide to scenarios.",
    ("getRecording", 404, "audio_not_available"): "Needs an address that is older than the audio: "
    "24 hours after End session the audio is gone.",
    ("getRecording", 416, "range_not_satisfiable"): "Needs a recording that can be decoded, which "
    "these short samples do not send. Then ask for bytes after its end.",
    ("putDocumentContent", 400, "invalid_request"): "Needs a body that is not UTF-8, such as a "
    "file in an older encoding.",
    (OUTSIDE, 400, "invalid_request"): "Needs bytes that are not HTTP, which no HTTP client sends.",
    (OUTSIDE, 408, "request_timeout"): "Needs a client that stops in the middle of a request for "
    "30 seconds: a laptop that falls asleep, or a network that goes away.",
    (
        OUTSIDE,
        429,
        "rate_limit_exceeded",
    ): "Needs a server with a limit on requests, which the mock "
    "does not have. Ask it for this answer with the header Prefer: code=429, or set a fault.",
    (OUTSIDE, 431, "headers_too_large"): "Needs header fields of more than 64 KiB together, such "
    "as a cookie that grew without bound.",
    (OUTSIDE, 503, "service_unavailable"): "Needs a server that is stopped while a request is on "
    "its way, and a request that takes longer than the 30 seconds it is given then.",
}
_BUG = (
    "A fault of the server itself: no request can provoke it. Treat it like any 5xx, "
    "and report the X-Request-Id of the answer."
)
_FULL = (
    "Needs a server whose memory is full of sessions in use: start one with --max-memory 16MiB and "
    "upload chunks of 10 MB to sessions that are not ended."
)


_EXPLAINED = {
    "internal_error": _BUG,
    "service_unavailable": _FULL,
    "token_expired": "Needs a token from login that is older than its expires_in. On the mock, "
    "POST /_mock/clock with advance_seconds makes it so.",
}


def advice_for(status: int, code: str) -> str | None:
    """What to do about an error; None for an unknown one."""
    return ADVICE.get(f"{status} {code}", ADVICE.get(code))


def explanation_for(operation: str, status: int, code: str) -> str:
    """Why an error cannot be provoked; empty for one that can."""
    known = EXPLANATIONS.get((operation, status, code))
    return known or _EXPLAINED.get(code, "")
