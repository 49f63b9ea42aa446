"""Sessions, their chunks and the state machine (CONTRACT.md, "States").

    created → recording → processing → completed | partial | failed
    created | recording → expired

No timer changes a state. The state follows from the recorded times and the current one, so every
method that depends on it has the argument `now`, in seconds since 1970.
"""

import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import Any

from scribe_mock.errors import (
    DocumentNotFound,
    SessionAlreadyCommitted,
    SessionCompleted,
    SessionEnded,
    SessionExpired,
    SessionNotCompleted,
    SessionNotEnded,
    TemplateNotFound,
)
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.documents import Document, template_document
from scribe_mock.sessions.outcomes import Outcome
from scribe_mock.sessions.states import State

#: The form of a session_id (CONTRACT.md, "Create session").
SESSION_ID_PATTERN = r"^[A-Za-z0-9._~-]{16,64}\Z"

#: What Update session and the control API may change; no other attribute is set by a request.
CHANGEABLE_FIELDS = frozenset(
    {
        "additional_data",
        "language_hint",
        "model",
        "patient_details",
        "processing_status",
        "scenario",
        "session_mode",
        "templates",
        "user_status",
    }
)

#: The most characters of a template's name.
MAX_TEMPLATE_NAME = 128
#: The most templates that an error message lists; a session may have any number.
_LISTED_TEMPLATES = 20


def next_generation() -> int:
    """A number for `Session.generation`: random, since several servers may share a store."""
    return secrets.randbits(53)


class UploadType(StrEnum):
    """How a session's audio arrives."""

    CHUNKED = "chunked"
    SINGLE = "single"
    STREAM = "stream"


@dataclass(slots=True, kw_only=True)
class Session:
    """One session. Only its methods and `placing` change it, inside `SessionStore.change`.

    `owner` is a digest of the token that created it. `user_status` and `processing_status` are what
    a client set, None where the state decides; `transcript` is what a client uploaded.
    `audio_files_sent` is what End session said. `generation` tells it from earlier and later
    sessions with the same id; a copy has the same one. `streamed_s` is how many seconds of sound
    its sockets received. `version` is a store's, which tells by it whether a session has changed.
    """

    session_id: str
    upload_type: UploadType
    created_at: float
    expires_at: float
    scenario: str
    communication_protocol: str = "http"
    session_mode: str = "dictation"
    model: str = "pro"
    templates: Sequence[str] = ()
    language_hint: Sequence[str] = ()
    transcript_language: str | None = None
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    patient_details: Mapping[str, Any] | None = None
    owner: str = ""
    user_status: str | None = None
    processing_status: str | None = None
    stream_id: str | None = None
    started: bool = False
    streamed_s: float = 0.0
    chunks: Chunks = field(default_factory=Chunks)
    ended_at: float | None = None
    done_at: float = math.inf
    transcript: str | None = None
    outcome: Outcome | None = None
    audio_files_sent: int | None = None
    documents: list[Document] = field(default_factory=list)
    generation: int = field(default_factory=next_generation)
    version: int = 0

    def state(self, now: float) -> State:
        """The session's state at this time."""
        if self.outcome is None:
            if now >= self.expires_at:
                return State.EXPIRED
            return State.RECORDING if self.started else State.CREATED
        return self.outcome.state if now >= self.done_at else State.PROCESSING

    def changes_at(self, now: float) -> float | None:
        """When the state changes by time alone; None for never."""
        due = self.expires_at if self.outcome is None else self.done_at
        return due if now < due < math.inf else None

    def copy(self) -> "Session":
        """A copy that can be changed without changing this session; it has the same chunks."""
        return replace(self, documents=list(self.documents))

    def snapshot(self) -> "Session":
        """A copy that stays as it is when chunks come."""
        return replace(self, chunks=self.chunks.copy(), documents=list(self.documents))

    def ordered_chunks(self) -> list[Chunk]:
        """The chunks in numeric order of their sequence, 2 before 10."""
        return self.chunks.ordered()

    def files_received(self) -> int:
        """How many files were received: sequence numbers, or names of single recordings."""
        if self.upload_type is not UploadType.SINGLE:
            return len(self.chunks)
        return len(self.chunks.files)

    def next_sequence(self) -> int:
        """The sequence number after the highest one."""
        return self.chunks.last_number + 1

    def stream_until(self, seconds: float) -> None:
        """Note how many seconds of sound its sockets have received so far."""
        self.streamed_s = max(self.streamed_s, seconds)

    def sequences_for(self, file_name: str, pieces: int) -> list[int]:
        """The numbers for the pieces of a single recording.

        Those of an earlier recording with the same name come first: clients repeat an upload
        whose answer was lost.
        """
        earlier = list(self.chunks.numbers_of(file_name))
        later = count(self.next_sequence())
        return (earlier + [next(later) for _ in range(pieces - len(earlier))])[:pieces]

    def template_documents(self) -> list[Document]:
        """The documents that were made from templates, without deleted ones."""
        return [d for d in self.documents if d.result is not None and not d.deleted]

    def known_templates(self) -> list[str]:
        """The requested templates and those of its documents, each once, in order."""
        made = (d.template_id for d in self.template_documents() if d.template_id is not None)
        return list(dict.fromkeys([*self.templates, *made]))

    def require_document(self, document_id: str) -> None:
        """Raise DocumentNotFound unless one of its templates' documents has this id."""
        if all(d.document_id != document_id for d in self.template_documents()):
            raise DocumentNotFound(
                f"The session has no document {document_id[:80]!r}. Get the session without "
                "document_id to see all of them."
            )

    def require_template(self, template_id: str) -> None:
        """Raise TemplateNotFound unless `known_templates` has the template."""
        known = self.known_templates()
        if template_id not in known:
            shown = known[:_LISTED_TEMPLATES]
            more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
            raise TemplateNotFound(
                f"The session has no template {template_id[:80]!r}; "
                f"it has {', '.join(shown) or 'none'}{more}.",
                templates=shown,
            )

    def require_unexpired(self, now: float) -> None:
        """Raise SessionExpired if the session was not ended before it expired."""
        if self.outcome is None and now >= self.expires_at:
            raise SessionExpired(
                f"The session {self.session_id} expired before it was ended. "
                "Create a new one and send the audio again."
            )

    def require_open(self, now: float) -> None:
        """Raise SessionExpired, SessionEnded or SessionCompleted unless it accepts audio."""
        if self.outcome is None and now < self.expires_at:
            return
        self.require_unexpired(now)
        if now >= self.done_at:
            raise SessionCompleted(
                f"Processing of the session {self.session_id} has finished. "
                "Create a new session for more audio."
            )
        raise SessionEnded(
            f"The session {self.session_id} was ended and is being processed. "
            "Create a new session for more audio."
        )

    def require_ended(self, now: float) -> None:
        """Raise SessionExpired or SessionNotEnded unless it was ended."""
        self.require_unexpired(now)
        if self.outcome is None:
            raise SessionNotEnded(
                f"The session {self.session_id} is {self.state(now)}. End it first with POST "
                f"/voice/v1/sessions/{self.session_id}/end."
            )

    def require_done(self, now: float) -> None:
        """Raise SessionExpired or SessionNotCompleted unless it has results."""
        self.require_unexpired(now)
        if not self.state(now).done:
            raise SessionNotCompleted(
                f"The session {self.session_id} is {self.state(now)}. End it, then poll "
                "Get session until it is no longer 202."
            )

    def add_upload(self, chunks: Iterable[Chunk], now: float) -> list[Chunk]:
        """Add one upload's chunks; returns the earlier chunks that they replace.

        Those are the ones with the same numbers, and in a single session all of the recording with
        the same name.

        Raises:
            SessionExpired, SessionEnded, SessionCompleted: it accepts no audio any more.
        """
        self.require_open(now)
        replaced, added = [], list(chunks)
        for chunk in added:
            earlier = self.chunks.get(chunk.sequence)
            if earlier is not None:
                chunk.replaced = earlier.replaced + 1
                replaced.append(earlier)
            self.chunks.put(chunk)
        if self.upload_type is UploadType.SINGLE:
            there = {chunk.sequence for chunk in added}
            earlier_ones = self.chunks.numbers_of(added[0].original_filename)
            surplus = [number for number in earlier_ones if number not in there]
            replaced += [self.chunks.remove(number) for number in surplus]
        self.started = True
        return replaced

    def end(self, now: float, outcome: Outcome, seconds: float, sent: int | None = None) -> None:
        """End the recording: processing takes `seconds` and has the result `outcome`.

        Args:
            now: Seconds since 1970.
            outcome: The result of processing. Without audio its transcript becomes empty.
            seconds: How long processing takes; `math.inf` for a session that stays in processing.
            sent: The client's `audio_files_sent`; it matters where the outcome says so.
        """
        self.audio_files_sent = sent
        if not self.chunks:
            outcome = replace(outcome, transcript="", language=None)
        if sent is not None and self.upload_type is not UploadType.STREAM:
            outcome = outcome.compared_with(sent, self.files_received())
        self._process(now, outcome, seconds, self.templates)

    def expire(self, now: float) -> None:
        """Let it be expired from now on; raises what `require_open` raises."""
        self.require_open(now)
        self.expires_at = now

    def end_with_transcript(
        self,
        now: float,
        outcome: Outcome,
        seconds: float,
        transcript: str,
        templates: Sequence[str],
    ) -> list[Document]:
        """End the recording, with the client's own transcript; returns the new documents.

        Without `templates` it makes what was requested for the session. The rest is as in `end`.
        """
        self.transcript = transcript
        outcome = replace(outcome, transcript=transcript)
        return self._process(now, outcome, seconds, templates or self.templates)

    def _process(
        self, now: float, outcome: Outcome, seconds: float, templates: Sequence[str]
    ) -> list[Document]:
        self.require_open(now)
        self.ended_at, self.done_at, self.outcome = now, now + seconds, outcome
        documents = [
            template_document(name, now, self.done_at, outcome.result(name))
            for name in templates or outcome.templates
        ]
        self.documents += documents
        return documents

    def update(self, now: float, changes: Mapping[str, Any]) -> None:
        """Change the fields that a request may change; others are ignored.

        Raises:
            SessionExpired: an expired session cannot be changed.
            SessionAlreadyCommitted: `session_mode` or `model` after the session was ended.
        """
        self.require_unexpired(now)
        if self.outcome is not None:
            for name in ("session_mode", "model"):
                if name in changes:
                    raise SessionAlreadyCommitted(
                        f"{name} can't change once the session was ended; "
                        "set it in Create session or before End session.",
                        field=name,
                    )
        if "additional_data" in changes:
            merged = {**self.additional_data, **changes["additional_data"]}
            changes = {**changes, "additional_data": merged}
        self.set_fields(changes)

    def set_fields(self, changes: Mapping[str, Any]) -> None:
        """Set those of `changes` that are in CHANGEABLE_FIELDS.

        A spec of the user's own may have more fields; a session has no place for them.
        """
        for name in CHANGEABLE_FIELDS & changes.keys():
            setattr(self, name, changes[name])

    def add_document(self, now: float, template_id: str, seconds: float) -> Document:
        """Process one more template; its result is ready after `seconds`, not before the others."""
        self.require_ended(now)
        assert self.outcome is not None
        ready_at = max(now + seconds, self.done_at)
        document = template_document(template_id, now, ready_at, self.outcome.result(template_id))
        self.documents.append(document)
        return document

    def document(self, document_id: str) -> Document:
        """A document, also a deleted one; raises DocumentNotFound."""
        for document in self.documents:
            if document.document_id == document_id:
                return document
        raise DocumentNotFound(f"There is no document {document_id[:80]!r}.")

    def put_document(self, document: Document) -> None:
        """Add a document, or replace the one with its id."""
        for index, known in enumerate(self.documents):
            if known.document_id == document.document_id:
                self.documents[index] = document
                return
        self.documents.append(document)
