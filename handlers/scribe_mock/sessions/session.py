"""Sessions, their chunks and the state machine (CONTRACT.md, "States"): no HTTP, no I/O.

    created → recording → processing → completed | partial | failed
    created | recording → expired

No state changes in the background: it follows from what was recorded and what time it is, so
every method that depends on it takes `now`, in seconds since 1970.
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

#: What a session_id looks like (CONTRACT.md, "Create session").
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

#: Characters of a template's name.
MAX_TEMPLATE_NAME = 128
#: How many templates an error lists: a session may have been processed with any number.
_LISTED_TEMPLATES = 20

_generations = count()


class UploadType(StrEnum):
    """How a session's audio arrives."""

    CHUNKED = "chunked"
    SINGLE = "single"
    STREAM = "stream"


@dataclass(slots=True)
class Chunk:
    """One stored piece of audio; its bytes are the store's.

    `start_s` and `end_s` are seconds: the place in the recording, for chunks that were cut from
    one; `speech` tells whether anybody speaks there. `diagnosis` is None until it was examined.
    `replaced` counts the earlier uploads of the same sequence number.
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
        """The stored name: sequence and extension alone, never the client's words."""
        return f"{self.sequence}.{self.extension}"


@dataclass(slots=True, kw_only=True)
class Session:
    """One session. Change it through its methods alone, inside `SessionStore.change`.

    `generation` tells it from others that had or will have its id; copies have the same.
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
        """Where the session stands at this time."""
        if self.outcome is None:
            if now >= self.expires_at:
                return State.EXPIRED
            return State.RECORDING if self.started else State.CREATED
        return self.outcome.state if now >= self.done_at else State.PROCESSING

    def changes_at(self, now: float) -> float | None:
        """When the state changes by itself, if nothing happens before; None for never."""
        due = self.expires_at if self.outcome is None else self.done_at
        return due if now < due < math.inf else None

    def copy(self) -> "Session":
        """The same session, to be changed without touching this one."""
        return replace(self, chunks=dict(self.chunks), documents=list(self.documents))

    def ordered_chunks(self) -> list[Chunk]:
        """The chunks in numeric order of their sequence, 2 before 10."""
        return [self.chunks[sequence] for sequence in sorted(self.chunks)]

    def files_received(self) -> int:
        """What `audio_files_sent` is held against: sequence numbers, or single uploads."""
        return self.uploads if self.upload_type is UploadType.SINGLE else len(self.chunks)

    def next_sequence(self) -> int:
        """The number that continues the numbering."""
        return max(self.chunks, default=-1) + 1

    def known_templates(self) -> list[str]:
        """Templates this session was asked for or has documents of, each once, in order."""
        return list(dict.fromkeys([*self.templates, *(d.template_id for d in self.documents)]))

    def require_template(self, template_id: str) -> None:
        """Raise TemplateNotFound for a template that the session does not know."""
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
        """Raise SessionExpired."""
        if self.outcome is None and now >= self.expires_at:
            raise SessionExpired(
                f"The session {self.session_id} expired before it was ended. "
                "Create a new one and send the audio again."
            )

    def require_open(self, now: float) -> None:
        """Raise unless audio may still arrive: SessionExpired, SessionEnded, SessionCompleted."""
        if self.outcome is None:
            self.require_unexpired(now)
        elif now >= self.done_at:
            raise SessionCompleted(
                f"Processing of the session {self.session_id} has finished. "
                "Create a new session for more audio."
            )
        else:
            raise SessionEnded(
                f"The session {self.session_id} was ended and is being processed. "
                "Create a new session for more audio."
            )

    def require_done(self, now: float) -> None:
        """Raise unless results are there: SessionExpired, SessionNotCompleted."""
        self.require_unexpired(now)
        if not self.state(now).done:
            raise SessionNotCompleted(
                f"The session {self.session_id} is {self.state(now)}. End it, then poll "
                "Get session until it is no longer 202."
            )

    def add_upload(self, chunks: Iterable[Chunk], now: float) -> None:
        """Record one upload's chunks; one with a sequence that is there already replaces it.

        Raises:
            SessionExpired, SessionEnded, SessionCompleted: it is not open any more.
        """
        self.require_open(now)
        for chunk in chunks:
            earlier = self.chunks.get(chunk.sequence)
            if earlier is not None:
                chunk.replaced = earlier.replaced + 1
            self.chunks[chunk.sequence] = chunk
        self.uploads += 1
        self.started = True

    def end(self, now: float, outcome: Outcome, seconds: float, sent: int | None = None) -> None:
        """End the recording: processing takes `seconds` and finds `outcome`.

        Args:
            now: Seconds since 1970.
            outcome: What processing finds; a transcript needs audio, so without any it is empty.
            seconds: How long processing takes; `math.inf` for ever.
            sent: The client's `audio_files_sent`; a wrong one makes the outcome partial.
        """
        self.require_open(now)
        if not self.chunks:
            outcome = replace(outcome, transcript="", language=None)
        if sent is not None and self.upload_type is not UploadType.STREAM:
            outcome = outcome.held_against(sent, self.files_received())
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
            SessionNotProcessing: there is nothing to finish.
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
        """Put the session into any state, whatever it was; `processing` lasts until `finish`.

        `created` drops the chunks, since a session that has some is recording. What was on its way
        to the session as it was does not arrive any more.

        Args:
            now: Seconds since 1970.
            state: Where the session is to stand.
            outcome: What processing finds, where there is any.
            lifetime: Seconds from creation to expiry, of one that expires now or lives again.
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
            SessionExpired: nothing may change any more.
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
        """Process one more template; its result is there after `seconds`."""
        self.require_done(now)
        assert self.outcome is not None
        result = self.outcome.result(template_id)
        document = Document(template_id, _document_id(), now + seconds, result)
        self.documents.append(document)
        return document


def _document_id() -> str:
    return f"doc_{secrets.token_hex(10)}"
