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
    SessionAlreadyCommitted,
    SessionCompleted,
    SessionEnded,
    SessionExpired,
    SessionNotCompleted,
    SessionNotProcessing,
    TemplateNotFound,
)
from scribe_mock.sessions.diagnosis import Diagnosis
from scribe_mock.sessions.outcomes import Document, Outcome
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
        "scenario",
        "session_mode",
        "templates",
    }
)

#: The most characters of a template's name.
MAX_TEMPLATE_NAME = 128
#: The most templates that an error message lists; a session may have any number.
_LISTED_TEMPLATES = 20

_generations = count()


class UploadType(StrEnum):
    """How a session's audio arrives."""

    CHUNKED = "chunked"
    SINGLE = "single"
    STREAM = "stream"


@dataclass(slots=True)
class Chunk:
    """What a session knows of one stored chunk; the store has the bytes.

    `start_s` and `end_s` are the chunk's place in the recording that it was cut from, in seconds,
    and `speech` whether it has speech; None for a chunk that was uploaded as it is. `diagnosis` is
    None until the chunk was examined. `replaced` counts earlier uploads of the same number.
    """

    sequence: int
    extension: str
    original_filename: str
    content_type: str
    size: int
    received_at: float
    start_s: float | None = None
    end_s: float | None = None
    duration_s: float | None = None
    speech: bool | None = None
    diagnosis: Diagnosis | None = None
    replaced: int = 0

    @property
    def name(self) -> str:
        """The stored name, made of the sequence number and the extension alone."""
        return f"{self.sequence}.{self.extension}"


@dataclass(slots=True, kw_only=True)
class Session:
    """One session. Only its methods change it, and only inside `SessionStore.change`.

    `generation` tells it from earlier and later sessions with the same id; a copy has the same one.
    """

    session_id: str
    upload_type: UploadType
    created_at: float
    expires_at: float
    scenario: str
    communication_protocol: str = "http"
    session_mode: str = "dictation"
    model: str = "lite"
    templates: Sequence[str] = ()
    language_hint: Sequence[str] = ()
    transcript_language: str | None = None
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    patient_details: Mapping[str, Any] | None = None
    stream_id: str | None = None
    started: bool = False
    chunks: dict[int, Chunk] = field(default_factory=dict)
    uploads: int = 0
    ended_at: float | None = None
    done_at: float = math.inf
    outcome: Outcome | None = None
    documents: list[Document] = field(default_factory=list)
    generation: int = field(default_factory=_generations.__next__)

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
        """A copy that can be changed without changing this session."""
        return replace(self, chunks=dict(self.chunks), documents=list(self.documents))

    def ordered_chunks(self) -> list[Chunk]:
        """The chunks in numeric order of their sequence, 2 before 10."""
        return [self.chunks[sequence] for sequence in sorted(self.chunks)]

    def files_received(self) -> int:
        """The number to compare `audio_files_sent` with: sequence numbers, or single uploads."""
        return self.uploads if self.upload_type is UploadType.SINGLE else len(self.chunks)

    def next_sequence(self) -> int:
        """The sequence number after the highest one."""
        return max(self.chunks, default=-1) + 1

    def known_templates(self) -> list[str]:
        """The requested templates and those of its documents, each once, in order."""
        return list(dict.fromkeys([*self.templates, *(d.template_id for d in self.documents)]))

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

    def require_done(self, now: float) -> None:
        """Raise SessionExpired or SessionNotCompleted unless it has results."""
        self.require_unexpired(now)
        if not self.state(now).done:
            raise SessionNotCompleted(
                f"The session {self.session_id} is {self.state(now)}. End it, then poll "
                "Get session until it is no longer 202."
            )

    def add_upload(self, chunks: Iterable[Chunk], now: float) -> list[Chunk]:
        """Add one upload's chunks; returns the earlier ones with their numbers, now replaced.

        Raises:
            SessionExpired, SessionEnded, SessionCompleted: it accepts no audio any more.
        """
        self.require_open(now)
        replaced = []
        for chunk in chunks:
            earlier = self.chunks.get(chunk.sequence)
            if earlier is not None:
                chunk.replaced = earlier.replaced + 1
                replaced.append(earlier)
            self.chunks[chunk.sequence] = chunk
        self.uploads += 1
        self.started = True
        return replaced

    def end(self, now: float, outcome: Outcome, seconds: float, sent: int | None = None) -> None:
        """End the recording: processing takes `seconds` and has the result `outcome`.

        Args:
            now: Seconds since 1970.
            outcome: The result of processing. Without audio its transcript becomes empty.
            seconds: How long processing takes; `math.inf` for a session that stays in processing.
            sent: The client's `audio_files_sent`; another number than received makes it partial.
        """
        self.require_open(now)
        if not self.chunks:
            outcome = replace(outcome, transcript="", language=None)
        if sent is not None and self.upload_type is not UploadType.STREAM:
            outcome = outcome.compared_with(sent, self.files_received())
        self.ended_at = now
        self.done_at = now + seconds
        self.outcome = outcome
        self.documents = [
            Document(name, _document_id(), self.done_at, outcome.result(name))
            for name in self.templates
        ]

    def finish(self, now: float, state: State) -> None:
        """End processing now, with this outcome.

        Raises:
            SessionNotProcessing: the session is in another state.
        """
        if self.outcome is None or now >= self.done_at:
            raise SessionNotProcessing(
                f"The session {self.session_id} is {self.state(now)}; "
                "only one that is processing can be finished. End it first."
            )
        self.outcome = outcome = self.outcome.forced(state)
        self.done_at = now
        self.documents = [
            replace(document, ready_at=now, result=outcome.result(document.template_id))
            for document in self.documents
        ]

    def place(self, now: float, state: State, outcome: Outcome, lifetime: float) -> None:
        """Put the session into any state; `processing` then lasts until `finish`.

        `created` removes the chunks, since a session with chunks is recording. Uploads that began
        before do not go into the session any more.

        Args:
            now: Seconds since 1970.
            state: The state that the session is to have.
            outcome: The result of processing, for the states that have one.
            lifetime: Seconds from creation to expiry, where the old times do not fit the state.
        """
        self.outcome, self.ended_at, self.done_at, self.documents = None, None, math.inf, []
        self.generation = next(_generations)
        self.started = state is not State.CREATED
        if not self.started:
            self.chunks, self.uploads = {}, 0
        if state is State.EXPIRED:
            self.created_at, self.expires_at = min(self.created_at, now - lifetime), now
            return
        if self.expires_at <= now:
            self.created_at, self.expires_at = now, now + lifetime
        if state is State.PROCESSING:
            self.end(now, outcome, math.inf)
        elif state.done:
            self.end(now, outcome.forced(state), 0)

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
        self.set_fields(changes)

    def set_fields(self, changes: Mapping[str, Any]) -> None:
        """Set those of `changes` that are in CHANGEABLE_FIELDS.

        A spec of the user's own may have more fields; a session has no place for them.
        """
        for name in CHANGEABLE_FIELDS & changes.keys():
            setattr(self, name, changes[name])

    def add_document(self, now: float, template_id: str, seconds: float) -> Document:
        """Process one more template; its result is ready after `seconds`."""
        self.require_done(now)
        assert self.outcome is not None
        result = self.outcome.result(template_id)
        document = Document(template_id, _document_id(), now + seconds, result)
        self.documents.append(document)
        return document


def _document_id() -> str:
    return f"doc_{secrets.token_hex(10)}"
