"""All errors that the program raises on purpose; each class has its status, code or exit code.

Those of the control API about faults, held requests, the journal and references are in
`control_errors`.

ScribeError
├── ApiError                      answered with the error envelope
│   ├── AuthenticationFailed      401 authentication_failed
│   │   └── TokenExpired          401 token_expired
│   ├── Forbidden                 403 forbidden
│   ├── CrossSiteRefused          403 cross_site_refused (control API only)
│   ├── NotFound                  404 not_found
│   ├── MethodNotAllowed          405 method_not_allowed
│   ├── InvalidRequest            400 invalid_request
│   │   └── InvalidBody           422 invalid_request
│   ├── RequestTooLarge           413 request_too_large
│   ├── SessionNotFound           404 session_not_found
│   ├── SessionExists             409 session_exists
│   ├── SessionExpired            410 session_expired
│   ├── SessionEnded              400 session_ended
│   ├── SessionCompleted          400 session_completed
│   ├── SessionNotEnded           409 session_not_ended
│   ├── SessionNotCompleted       409 session_not_completed
│   ├── SessionNotProcessing      409 session_not_processing (control API only)
│   ├── SessionAlreadyCommitted   409 session_already_committed
│   ├── InvalidTemplate           400 invalid_template
│   ├── TemplateNotFound          404 template_not_found
│   ├── DocumentNotFound          404 document_not_found
│   ├── AudioNotAvailable         404 audio_not_available
│   ├── AudioNotEnabled           403 audio_not_enabled
│   ├── WebhookNotFound           404 webhook_not_found
│   ├── ChunkNotFound             404 chunk_not_found (control API only)
│   ├── RangeNotSatisfiable       416 range_not_satisfiable
│   ├── InvalidAudioFormat        400 invalid_audio_format
│   ├── ChunkTooLarge             413 chunk_too_large
│   ├── ServiceUnavailable        503 service_unavailable
│   │   └── StoreUnreachable      503 service_unavailable
│   └── InternalError             500 internal_error
├── ClientGone                    the client closed the connection: no answer
└── StartError                    ends `scribe-mock` with a message and its exit code
    ├── SettingsError             exit code 2
    ├── AddressError              exit code 3
    ├── SpecError                 exit code 4
    ├── FixtureError              exit code 5
    └── StoreError                exit code 6
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ScribeError(Exception):
    """The root of all errors of this package."""


class ApiError(ScribeError):
    """An answer with the error envelope (CONTRACT.md, "Errors").

    Args:
        message: One or two sentences: what was wrong, what was expected, what to do.
        details: The same facts for programs; left out of the envelope when empty.
    """

    status: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields that belong to this answer."""
        return {}

    def envelope(self) -> dict[str, Any]:
        """The body of the answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class AuthenticationFailed(ApiError):
    """No token, or one that is not accepted."""

    status, code = 401, "authentication_failed"

    @property
    def headers(self) -> Mapping[str, str]:
        """`WWW-Authenticate` (RFC 9110, 11.6.1)."""
        return {"WWW-Authenticate": "Bearer"}


class TokenExpired(AuthenticationFailed):
    """A token that login or refresh handed out, after its time."""

    code = "token_expired"


class Forbidden(ApiError):
    """The caller may not do this: a signature is wrong or too old, or the thing is not theirs."""

    status, code = 403, "forbidden"


class CrossSiteRefused(ApiError):
    """A web page of another site sent, or may have sent, this request."""

    status, code = 403, "cross_site_refused"


class NotFound(ApiError):
    """No operation has this path."""

    status, code = 404, "not_found"


class MethodNotAllowed(ApiError):
    """The path exists, but not with this method."""

    status, code = 405, "method_not_allowed"

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(
            f"{method} is not allowed here; use {' or '.join(allowed)}.", allowed=allowed
        )
        self.allowed = allowed

    @property
    def headers(self) -> Mapping[str, str]:
        """`Allow` (RFC 9110, 10.2.1)."""
        return {"Allow": ", ".join(self.allowed)}


class InvalidRequest(ApiError):
    """The request breaks a rule that has no error code of its own."""

    status, code = 400, "invalid_request"


class InvalidBody(InvalidRequest):
    """The JSON body breaks its schema."""

    status = 422


class RequestTooLarge(ApiError):
    """The JSON body, or the reference, is larger than the server accepts."""

    status, code = 413, "request_too_large"


class SessionNotFound(ApiError):
    """No session has this id."""

    status, code = 404, "session_not_found"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"There is no session {session_id[:80]!r}. Create one with POST /voice/v1/sessions "
            "and use the session_id it returns."
        )


class SessionExists(ApiError):
    """A session has this id already."""

    status, code = 409, "session_exists"

    def __init__(self, session_id: str) -> None:
        super().__init__(
            f"The session_id {session_id!r} is in use. Send another, or none to get a fresh one.",
            session_id=session_id,
        )


class SessionExpired(ApiError):
    """The session was not ended before its expires_at."""

    status, code = 410, "session_expired"


class SessionEnded(ApiError):
    """The session was ended and is being processed."""

    status, code = 400, "session_ended"


class SessionCompleted(ApiError):
    """Processing has finished, whatever its outcome."""

    status, code = 400, "session_completed"


class SessionNotEnded(ApiError):
    """The operation needs a session that was ended."""

    status, code = 409, "session_not_ended"


class SessionNotCompleted(ApiError):
    """The operation needs results, and there are none yet."""

    status, code = 409, "session_not_completed"


class SessionNotProcessing(ApiError):
    """Only a session in processing can be finished."""

    status, code = 409, "session_not_processing"


class SessionAlreadyCommitted(ApiError):
    """The field cannot be changed after the session was ended."""

    status, code = 409, "session_already_committed"


class InvalidTemplate(ApiError):
    """A template that a session asks for does not exist."""

    status, code = 400, "invalid_template"


class TemplateNotFound(ApiError):
    """There is no template with this id, or the session has none."""

    status, code = 404, "template_not_found"


class DocumentNotFound(ApiError):
    """There is no document with this id, or the session has none."""

    status, code = 404, "document_not_found"


class AudioNotAvailable(ApiError):
    """The session's audio is not there: too early, too late, or there was none."""

    status, code = 404, "audio_not_available"


class AudioNotEnabled(ApiError):
    """The session's audio may not be heard."""

    status, code = 403, "audio_not_enabled"


class WebhookNotFound(ApiError):
    """The caller has no webhook with this id."""

    status, code = 404, "webhook_not_found"


class ChunkNotFound(ApiError):
    """The session has no chunk with this name."""

    status, code = 404, "chunk_not_found"


class RangeNotSatisfiable(ApiError):
    """The Range header asks for bytes after the end (RFC 9110, 15.5.17)."""

    status, code = 416, "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"There are {size} bytes; ask for a range within them.", size=size)
        self.size = size

    @property
    def headers(self) -> Mapping[str, str]:
        """`Content-Range` with the size (RFC 9110, 14.4)."""
        return {"Content-Range": f"bytes */{self.size}"}


class InvalidAudioFormat(ApiError):
    """The MIME type is not supported, or the bytes are not audio of that type."""

    status, code = 400, "invalid_audio_format"


class ChunkTooLarge(ApiError):
    """The body is larger than one upload may be."""

    status, code = 413, "chunk_too_large"


class ServiceUnavailable(ApiError):
    """The server has reached its memory limit, or is stopping."""

    status, code = 503, "service_unavailable"

    #: Seconds after which a retry makes sense: finished sessions can be evicted about then.
    retry_after = 5

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After` (RFC 9110, 10.2.3)."""
        return {"Retry-After": str(self.retry_after)}


class StoreUnreachable(ServiceUnavailable):
    """The store outside this process does not answer, or refuses to write."""

    retry_after = 1


class InternalError(ApiError):
    """A bug in the mock."""

    status, code = 500, "internal_error"

    def __init__(self) -> None:
        super().__init__(
            "The mock failed; this is a bug in it, not in your request. Its log has the details."
        )


class ClientGone(ScribeError):
    """The client closed the connection before its request was complete."""


class StartError(ScribeError):
    """The program can't start; the text says why and what to do."""

    exit_code: ClassVar[int] = 1


class SettingsError(StartError):
    """A setting has a value that is not allowed."""

    exit_code = 2


class AddressError(StartError):
    """The server cannot listen on the address."""

    exit_code = 3


class SpecError(StartError):
    """The OpenAPI file is missing, broken, or has operations that the program does not have."""

    exit_code = 4


class FixtureError(StartError):
    """A fixture file is missing or broken."""

    exit_code = 5


class StoreError(StartError):
    """The store can't be reached, or can't do what a setting asks for."""

    exit_code = 6
