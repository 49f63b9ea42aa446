"""What the journal keeps of one request: no body, and nothing that is a secret."""

import hashlib
import re
from typing import Any
from urllib.parse import unquote

from scribe_mock.audio.file_names import sequence_of
from scribe_mock.paths import stream_path
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import UploadType
from scribe_mock.steering.header_fields import HIDDEN, unpacked, unpacked_fields
from scribe_mock.store.body import Body

_STREAM = re.compile(stream_path("[^/]+"))

#: What is shown of a body, in bytes.
FIRST_BYTES = 64

#: Values of fields that are not set yet, or never.
_DEFAULTS: dict[str, Any] = {
    "answer_bytes": 0,
    "answer_fields": b"",
    "announced": None,
    "began": 0.0,
    "body": None,
    "code": None,
    "duration": None,
    "faults": (),
    "first_bytes": b"",
    "forgotten": False,
    "generation": None,
    "hasher": None,
    "operation": None,
    "outcome": None,
    "owner": None,
    "query": b"",
    "request_bytes": 0,
    "request_fields": b"",
    "scope": None,
    "sequence_told": None,
    "session_id": None,
    "sha256": None,
    "status": 0,
    "stored": False,
    "upload_type": None,
    "warning": None,
    "whole": False,
}


class Record:
    """One entry of the journal: a request, a stream, or a delivery of a webhook.

    The gateway begins and finishes it; meanwhile others write what they know into it. A request's
    entry is its `server.exchange.Exchange` itself, since another object would cost time.

    Args:
        request_id: The `X-Request-Id`.
        at: When it began, in seconds since 1970.
        method: The method.
        target: The path as it was sent, without its query; a whole URL for a delivery.
        caller: The owner that the bearer token stands for.
    """

    __slots__ = (*_DEFAULTS, "at", "caller", "method", "request_id", "size", "target")

    at: float
    #: The system's time when it began; only where several servers have one journal.
    began: float
    #: Seconds until the answer was sent; None while it is going on.
    duration: float | None
    #: The owner of the session, or of the tokens that login or refresh gave.
    owner: str | None
    session_id: str | None
    #: The session's `generation`, since another one may get its id.
    generation: int | None
    upload_type: UploadType | None
    operation: str | None
    query: bytes
    status: int
    code: str | None
    #: `answered`, `cut`, `dropped`, `client_left` or `held`; None while it is going on.
    outcome: str | None
    warning: str | None
    #: The ids of the faults that fired.
    faults: tuple[str, ...]
    #: The Content-Length, as it was sent.
    announced: bytes | None
    request_bytes: int
    answer_bytes: int
    first_bytes: bytes
    #: Whether the body arrived as a whole.
    whole: bool
    #: Whether the audio was stored.
    stored: bool
    #: The bytes that a store has, or had; None for a body that is hashed as it arrives.
    body: Body | None
    hasher: Any
    sha256: str | None
    #: The header fields, packed.
    request_fields: bytes
    answer_fields: bytes
    sequence_told: int | None
    #: The ASGI scope while the request is going on: others write into that, too.
    scope: Any
    #: Whether it is no longer in the journal.
    forgotten: bool
    #: The bytes of memory that it counts as.
    size: int

    def __init__(
        self, request_id: bytes, at: float, method: str, target: bytes, caller: str
    ) -> None:
        self.request_id = request_id
        self.begin(at, method, target, caller)

    def begin(self, at: float, method: str, target: bytes, caller: str) -> None:
        """Note what is known at the beginning; see Record."""
        self.at = at
        self.method = method
        self.target = target
        self.caller = caller
        # What every request reads or counts; `__getattr__` would take longer.
        self.request_bytes = 0
        self.first_bytes = b""
        self.body = self.outcome = self.session_id = self.owner = self.scope = None
        self.forgotten = self.stored = False

    def __getattr__(self, name: str) -> Any:
        # Called for what is not set: most of a record never is, and setting it would cost time.
        try:
            return _DEFAULTS[name]
        except KeyError:
            raise AttributeError(name) from None

    def arrived(self, part: bytes) -> None:
        """Count a part of the body; without a `body` it is hashed, too."""
        before = self.request_bytes
        if before < FIRST_BYTES:
            self.first_bytes += part[: FIRST_BYTES - before]
        self.request_bytes = before + len(part)
        if self.body is None:
            self._hash(part)

    def heard(self, pcm: bytes) -> None:
        """Note audio of a WebSocket, whose messages are counted elsewhere."""
        if len(self.first_bytes) < FIRST_BYTES:
            self.first_bytes += pcm[: FIRST_BYTES - len(self.first_bytes)]
        self.whole = True
        self._hash(pcm)

    def _hash(self, part: bytes) -> None:
        if self.hasher is None:
            self.hasher = hashlib.sha256()
        self.hasher.update(part)

    def refer(self, body: Body) -> None:
        """Take the digest from this body, which a store has or will have."""
        if self.body is not body and not self.forgotten:
            self.leave_body()
            self.hasher = None
            body.readers += 1
            self.body = body

    def leave_body(self) -> None:
        """Refer to no body any more."""
        if self.body is not None:
            self.body.readers -= 1
            self.body = None

    def settle(self) -> None:
        """Note what the middlewares have found out so far: operation and session."""
        scope = self.scope
        if scope is None:
            return
        self.operation = scope.get("scribe_mock.operation")
        session = scope.get("scribe_mock.session")
        if session is not None:
            self.session_id, self.owner = session.session_id, session.owner
            self.generation, self.upload_type = session.generation, session.upload_type
        elif self.session_id is None and "path_params" in scope:
            self.session_id = scope["path_params"].get("session_id")

    def is_in(self, scope: Scope) -> bool:
        """Whether a scope includes it: its session, its caller, or its owner."""
        if scope.session_id is not None and scope.session_id != self.session_id:
            return False
        return scope.owner is None or scope.owner in (self.caller, self.owner)

    def digest(self) -> str | None:
        """The SHA-256 of the body, in hex; None without a whole body. It may take long."""
        if not self.whole or not self.request_bytes:
            return None
        if self.sha256 is None:
            if self.body is not None:
                self.sha256 = self.body.digest()
            elif self.hasher is not None:
                return str(self.hasher.hexdigest())
        return self.sha256

    @property
    def sequence(self) -> int | None:
        """The number in the file name of an upload, unless the session is a single one."""
        if self.sequence_told is not None:
            return self.sequence_told
        if self.operation != "uploadAudio" or self.upload_type is UploadType.SINGLE:
            return None
        return sequence_of(self.file_name)

    @property
    def path(self) -> str:
        """The path without the query; for a delivery the whole URL.

        That of a stream hides the stream id, by which anybody could send audio.
        """
        path = self.target.decode("latin-1")
        return stream_path(HIDDEN) if _STREAM.fullmatch(path) else path

    @property
    def content_type(self) -> str | None:
        """The value of Content-Type."""
        fields = (self.scope or {}).get("headers") or unpacked_fields(self.request_fields)
        values = [value for name, value in fields if name == b"content-type"]
        return b", ".join(values).decode("latin-1") if values else None

    @property
    def file_name(self) -> str:
        """The file name of an upload."""
        return unquote(self.target.rpartition(b"/")[2].decode("latin-1"))

    def request_headers(self) -> list[tuple[str, str]]:
        """The request's header fields, without secrets."""
        return unpacked(self.request_fields, self.request_id, self.announced or b"")

    def answer_headers(self) -> list[tuple[str, str]]:
        """The answer's header fields, without secrets."""
        return unpacked(self.answer_fields, self.request_id)
