"""The store in this process's memory.

Methods change data without awaiting in between, so the event loop serves as the lock.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from scribe_mock.errors import (
    ChunkNotFound,
    DocumentNotFound,
    ServiceUnavailable,
    SessionExists,
    SessionNotFound,
)
from scribe_mock.sessions.changes import Changes
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.diagnosis import Diagnosis
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.eviction import Eviction
from scribe_mock.store.memory_entry import MemoryEntry
from scribe_mock.store.memory_intake import MemoryIntake
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_store import Intake, Parts, Pieces
from scribe_mock.store.trimming import Trimming
from scribe_mock.store.weights import CHUNK_BYTES, is_large, weight

T = TypeVar("T")


class MemoryStore:
    """The SessionStore of one process.

    Args:
        clocks: All clocks; they decide which sessions are finished or expired.
        max_memory: Bytes for all sessions, their audio and the uploads in progress together. When
            they do not suffice, finished, then expired sessions are evicted, the oldest first.
        let_go: Called with each body that is no longer stored, though something else refers to it.
    """

    def __init__(
        self, clocks: Clocks, max_memory: int, let_go: Callable[[Body], None] = Body.release
    ) -> None:
        self._clocks = clocks
        self._let_go = let_go
        self._max_memory = max_memory
        self.changes = Changes()
        self._entries: dict[str, MemoryEntry] = {}
        #: The ids of each owner's sessions, in order of creation.
        self._owned: dict[str, dict[str, None]] = {}
        self._streams: dict[str, str] = {}
        self._documents: dict[str, str] = {}
        self._stored = 0
        self._claimed = 0
        self._eviction = Eviction(clocks, self._find)
        self._trimming = Trimming()
        clocks.watch_choice(self._clock_chosen)

    async def create(self, session: Session) -> None:
        """Store a new session; raises SessionExists, ServiceUnavailable."""
        large = is_large(session)
        entry = await asyncio.to_thread(MemoryEntry, session, {}) if large else None
        if session.session_id in self._entries:
            raise SessionExists(session.session_id)
        self._put(entry or MemoryEntry(session, {}))

    async def get(self, session_id: str) -> Session:
        """A session; raises SessionNotFound."""
        return self._entry(session_id).session

    async def head(self, session_id: str) -> Session:
        """The same: nothing is saved by leaving the chunks out; raises SessionNotFound."""
        return self._entry(session_id).session

    async def find_stream(self, stream_id: str) -> Session:
        """The session whose upload_url has this stream_id; raises SessionNotFound."""
        session_id = self._streams.get(stream_id)
        if session_id is None:
            raise SessionNotFound(stream_id)
        return self._entry(session_id).session

    async def find_document(self, document_id: str) -> Session:
        """The session that has this document; raises DocumentNotFound."""
        session_id = self._documents.get(document_id)
        if session_id is None:
            raise DocumentNotFound(f"There is no document {document_id[:80]!r}.")
        return self._entry(session_id).session

    async def change(self, session_id: str, change: Callable[[Session], T]) -> T:
        """Apply `change` to a copy of a session, then store the copy; see SessionStore."""
        entry = self._entry(session_id)
        session = entry.session.copy()
        result = change(session)
        more = weight(session) - entry.own_bytes
        self._make_room(more, keep=session_id)
        self._forget_documents(entry.session)
        entry.session = session
        self._add_documents(session)
        entry.own_bytes += more
        self._stored += more
        self._eviction.add(session, len(self._entries))
        self.changes.note_session(session_id, session)
        self.changes.note()
        return result

    async def intake(self, expected: int, *, whole: bool = True) -> MemoryIntake:
        """Begin an upload, all of whose parts stay in memory; see SessionStore."""
        self._make_room(expected)
        return MemoryIntake(self)

    async def add_upload(
        self, admitted: Session, intake: Intake, pieces: Callable[[Session], Pieces]
    ) -> Pieces:
        """Add the chunks of one upload; see SessionStore."""
        entry = self._entry(admitted.session_id)
        now = self._clocks.now(entry.session)
        entry.session.require_open(now)
        if entry.session.generation != admitted.generation:
            raise SessionNotFound(admitted.session_id)
        added = pieces(entry.session)
        size = sum([chunk.size for chunk, _ in added])
        more = size - intake.size + CHUNK_BYTES * len(added)
        self._make_room(more, keep=admitted.session_id)
        replaced = entry.session.add_upload([chunk for chunk, _ in added], now)
        intake.release()
        count = len(entry.audio)
        before: dict[int, Body] = {}
        for chunk in replaced:
            size -= chunk.size
            before[chunk.sequence] = entry.audio.pop(chunk.sequence)
        for chunk, parts in added:
            body = intake.body if parts is intake.parts else Body(parts)
            earlier = before.get(chunk.sequence)
            if earlier is not None and earlier.readers and earlier.parts == parts:
                # The same bytes again: those that are stored stay, with their digest.
                body = intake.body = before.pop(chunk.sequence)
            body.stored = True
            entry.audio[chunk.sequence] = body
        if before:
            self._drop(before.values())
        entry.audio_bytes += size
        own = CHUNK_BYTES * (len(entry.audio) - count)
        entry.own_bytes += own
        self._stored += size + own
        self._uploaded(entry.session, added, replaced)
        self.changes.note()
        return added

    async def diagnose(self, session_id: str, chunk: Chunk, diagnosis: Diagnosis) -> None:
        """Store what was found out about a chunk, unless it was replaced meanwhile."""
        self._entry(session_id).session.chunks.diagnose(chunk, diagnosis)
        self.changes.note()

    async def learn_digests(self, session_id: str) -> None:
        """Compute the digests that are not known; in a thread, once for each."""
        entry = self._entry(session_id)
        chunks = entry.session.chunks
        unknown = [(chunks[number], entry.audio[number]) for number in chunks.undigested]
        if any(body.sha256 is None for _, body in unknown):
            await asyncio.to_thread(lambda: [body.digest() for _, body in unknown])
        for chunk, body in unknown:
            chunks.learn(chunk, body.digest() or "")

    def _uploaded(self, session: Session, added: Pieces, replaced: Sequence[Chunk]) -> None:
        """Chunks were added, and others replaced; for stores that keep them elsewhere too."""

    async def audio(self, session_id: str, sequence: int) -> Parts:
        """The bytes of one chunk; raises SessionNotFound, ChunkNotFound."""
        try:
            parts = self._entry(session_id).audio[sequence].parts
        except KeyError:
            raise ChunkNotFound(f"The session has no chunk {sequence}.") from None
        return parts or ()

    async def digests(self, session: Session) -> Mapping[int, str]:
        """The SHA-256, in hex, of each chunk; computed in a thread, once for each."""
        audio = dict(self._entry(session.session_id).audio)
        await self.learn_digests(session.session_id)
        return {sequence: body.digest() or "" for sequence, body in audio.items()}

    async def reference(self, session_id: str) -> Reference | None:
        """What was spoken during a session, if that was put; raises SessionNotFound."""
        return self._entry(session_id).reference

    async def reference_audio(self, session_id: str) -> Parts:
        """The bytes of a session's reference; none without one."""
        reference = self._entry(session_id).reference
        return () if reference is None else reference.body.parts or ()

    async def put_reference(
        self, session_id: str, generation: int, intake: Intake, reference: Reference
    ) -> None:
        """Store what was spoken during a session; see SessionStore."""
        entry = self._entry(session_id)
        if entry.session.generation != generation:
            raise SessionNotFound(session_id)
        more = reference.bytes - entry.reference_bytes
        self._make_room(more - intake.size, keep=session_id)
        intake.release()
        entry.reference = reference
        self._stored += more
        self.changes.note()

    async def forget_reference(self, session_id: str) -> None:
        """Forget what was spoken during a session; raises SessionNotFound."""
        entry = self._entry(session_id)
        self._stored -= entry.reference_bytes
        entry.reference = None
        self.changes.note()

    async def replace(self, session: Session, audio: Mapping[int, Parts]) -> None:
        """Store a session, replacing one with the same id; see SessionStore."""
        before = self._entries.get(session.session_id)
        bodies = {
            number: before.audio[number] if before and number not in audio else Body(audio[number])
            for number in session.chunks
        }
        self._put(MemoryEntry(session, bodies, before.reference if before else None))

    async def delete(self, session_id: str) -> None:
        """Delete a session; raises SessionNotFound."""
        self._entry(session_id)
        self._remove(session_id)

    async def all(self) -> Sequence[Session]:
        """Every session, in order of creation."""
        return [entry.session for entry in self._entries.values()]

    async def of_owner(self, owner: str) -> Sequence[Session]:
        """The sessions of an owner, in order of creation."""
        return [self._entries[session_id].session for session_id in self._owned.get(owner, ())]

    async def forget(self, scope: Scope) -> None:
        """Delete the sessions of a scope; the bytes of uploads in progress stay counted."""
        if scope.session_id is not None:
            gone = [scope.session_id] if scope.session_id in self._entries else []
        elif scope.owner is not None:
            gone = list(self._owned.get(scope.owner, ()))
        else:
            gone = list(self._entries)
        for session_id in gone:
            self._remove(session_id)

    async def usage(self) -> tuple[int, int]:
        """The number of sessions, and the bytes of audio."""
        stored = self._entries.values()
        return len(stored), sum(entry.audio_bytes + entry.reference_bytes for entry in stored)

    def claim(self, size: int) -> None:
        """Count bytes that are used outside the sessions; raises ServiceUnavailable."""
        if self._stored + self._claimed + size > self._max_memory:
            self._make_room(size)
        self._claimed += size

    def unclaim(self, size: int) -> None:
        """Stop counting bytes that `claim` counted."""
        used = self._stored + self._claimed
        self._claimed -= size
        self._trimming.freed(used, used - size)

    def _entry(self, session_id: str) -> MemoryEntry:
        try:
            return self._entries[session_id]
        except KeyError:
            raise SessionNotFound(session_id) from None

    def _find(self, session_id: str) -> Session | None:
        entry = self._entries.get(session_id)
        return None if entry is None else entry.session

    def _clock_chosen(self, scope: Scope) -> None:
        """Other clocks count for the sessions of a scope now."""
        if scope.session_id is not None:
            of_scope: Collection[str] = (scope.session_id,)
        else:
            of_scope = self._entries if scope.owner is None else self._owned.get(scope.owner, ())
        for session in filter(None, map(self._find, of_scope)):
            self._eviction.add(session, len(self._entries))

    def _put(self, entry: MemoryEntry) -> None:
        session_id = entry.session.session_id
        before = self._entries.get(session_id)
        more = entry.bytes - (before.bytes if before else 0)
        self._make_room(more, keep=session_id)
        if before is not None:
            self._forget_documents(before.session)
            if before.session.owner != entry.session.owner:
                self._disown(before.session)
            kept = set(map(id, entry.audio.values()))
            self._drop(body for body in before.audio.values() if id(body) not in kept)
        for body in entry.audio.values():
            body.stored = True
        self._entries[session_id] = entry
        self._owned.setdefault(entry.session.owner, {})[session_id] = None
        self._add_documents(entry.session)
        if entry.session.stream_id is not None:
            self._streams[entry.session.stream_id] = session_id
        self._stored += more
        self._eviction.add(entry.session, len(self._entries))
        self.changes.note_session(session_id, entry.session)
        self.changes.note()

    def _remove(self, session_id: str) -> None:
        entry = self._entries.pop(session_id)
        self._disown(entry.session)
        self._streams.pop(entry.session.stream_id or "", None)
        self._forget_documents(entry.session)
        used = self._stored + self._claimed
        self._stored -= entry.bytes
        self._trimming.freed(used, used - entry.bytes)
        self._drop(entry.audio.values())
        self.changes.note_session(session_id, None)
        self.changes.note()

    def _drop(self, bodies: Iterable[Body]) -> None:
        for body in bodies:
            body.stored = False
            if body.readers:
                self._let_go(body)

    def _add_documents(self, session: Session) -> None:
        for document in session.documents:
            self._documents[document.document_id] = session.session_id

    def _forget_documents(self, session: Session) -> None:
        for document in session.documents:
            self._documents.pop(document.document_id, None)

    def _disown(self, session: Session) -> None:
        owned = self._owned[session.owner]
        del owned[session.session_id]
        if not owned:
            del self._owned[session.owner]

    def _make_room(self, size: int, keep: str | None = None) -> None:
        """Evict sessions until `size` more bytes fit, never `keep`; raises ServiceUnavailable."""
        over = self._stored + self._claimed + size - self._max_memory
        if over <= 0:
            return
        chosen, missing = self._eviction.choose(
            over, lambda session_id: self._entries[session_id].bytes if session_id != keep else 0
        )
        for session_id in chosen:
            # A request that is refused in the end evicts nothing.
            if missing or session_id == keep:
                self._eviction.add(self._entries[session_id].session, len(self._entries))
            else:
                self._remove(session_id)
        if missing:
            raise ServiceUnavailable(
                f"All of the mock's {self._max_memory} bytes are used by sessions in progress. "
                "End or expire some, or start it with a larger --max-memory."
            )
