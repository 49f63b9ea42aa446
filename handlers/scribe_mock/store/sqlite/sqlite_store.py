"""The store in memory that also keeps everything in a SQLite file."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from scribe_mock.errors import ServiceUnavailable, StoreError
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.memory import MemoryStore
from scribe_mock.store.memory_entry import MemoryEntry
from scribe_mock.store.memory_intake import MemoryIntake
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_codec import (
    decode_chunk,
    decode_reference,
    decode_session,
    encode_chunk,
    encode_reference,
    encode_session,
)
from scribe_mock.store.session_store import Intake, Parts, Pieces
from scribe_mock.store.sqlite.database import ROWS, Database, Statement

T = TypeVar("T")

_PUT_SESSION = (
    "INSERT INTO sessions VALUES (?, ?) "
    "ON CONFLICT (session_id) DO UPDATE SET record = excluded.record"
)
_PUT_CHUNK = f"INSERT OR REPLACE INTO chunks VALUES {ROWS}"
_PUT_SPOKEN = "INSERT OR REPLACE INTO spoken VALUES (?, ?, ?)"
_DROP_SESSION = "DELETE FROM sessions WHERE session_id = ?"
_DROP_CHUNK = "DELETE FROM chunks WHERE session_id = ? AND sequence = ?"
_DROP_CHUNKS = "DELETE FROM chunks WHERE session_id = ?"
_DROP_SPOKEN = "DELETE FROM spoken WHERE session_id = ?"


class SqliteStore(MemoryStore):
    """A MemoryStore whose changes are in a file before they are acknowledged.

    It answers from memory, so it holds no more than `max_memory`. What only measures a chunk, its
    diagnosis, is not in the file: it is made again when somebody asks.

    Args:
        clocks: All clocks.
        max_memory: As for MemoryStore.
        let_go: As for MemoryStore.
        database: The file; what it has is read at once.

    Raises:
        StoreError: the file has more than fits into `max_memory`.
    """

    def __init__(
        self,
        clocks: Clocks,
        max_memory: int,
        let_go: Callable[[Body], None],
        database: Database,
    ) -> None:
        super().__init__(clocks, max_memory, let_go)
        self._database = database
        try:
            self._load()
        except ServiceUnavailable:
            raise StoreError(
                f"--store: {database.path} has more than fits into --max-memory. Start the mock "
                "with a larger one, or name another file."
            ) from None
        self.changes.watch(self._session_changed)

    async def create(self, session: Session) -> None:
        """Store a new session; raises SessionExists, ServiceUnavailable."""
        self._database.require_writable()
        await super().create(session)
        await self._database.written()

    async def change(self, session_id: str, change: Callable[[Session], T]) -> T:
        """Apply `change` to a copy of a session, then store the copy; see SessionStore."""
        self._database.require_writable()
        result = await super().change(session_id, change)
        await self._database.written()
        return result

    async def intake(self, expected: int, *, whole: bool = True) -> MemoryIntake:
        """Begin an upload, all of whose parts stay in memory; see SessionStore."""
        self._database.require_writable()
        return await super().intake(expected, whole=whole)

    async def add_upload(
        self, admitted: Session, intake: Intake, pieces: Callable[[Session], Pieces]
    ) -> Pieces:
        """Add the chunks of one upload; see SessionStore."""
        self._database.require_writable()
        added = await super().add_upload(admitted, intake, pieces)
        await self._database.written()
        return added

    async def put_reference(
        self, session_id: str, generation: int, intake: Intake, reference: Reference
    ) -> None:
        """Store what was spoken during a session; see SessionStore."""
        self._database.require_writable()
        await super().put_reference(session_id, generation, intake, reference)
        self._database.write(_spoken(session_id, reference))
        await self._database.written()

    async def forget_reference(self, session_id: str) -> None:
        """Forget what was spoken during a session; raises SessionNotFound."""
        await super().forget_reference(session_id)
        self._database.write((_DROP_SPOKEN, (session_id,)))
        await self._database.written()

    async def replace(self, session: Session, audio: Mapping[int, Parts]) -> None:
        """Store a session, replacing one with the same id; see SessionStore."""
        self._database.require_writable()
        await super().replace(session, audio)
        session_id = session.session_id
        bodies = self._entries[session_id].audio
        chunks = [
            _chunk(session_id, chunk, bodies[number].parts or ())
            for number, chunk in session.chunks.items()
        ]
        self._database.write((_DROP_CHUNKS, (session_id,)), *chunks)
        await self._database.written()

    async def delete(self, session_id: str) -> None:
        """Delete a session; raises SessionNotFound."""
        await super().delete(session_id)
        await self._database.written()

    async def forget(self, scope: Scope) -> None:
        """Delete the sessions of a scope; the bytes of uploads in progress stay counted."""
        await super().forget(scope)
        await self._database.written()

    def _uploaded(self, session: Session, added: Pieces, replaced: Sequence[Chunk]) -> None:
        session_id, numbers = session.session_id, {chunk.sequence for chunk, _ in added}
        gone = [chunk.sequence for chunk in replaced if chunk.sequence not in numbers]
        self._database.write(
            *[(_DROP_CHUNK, (session_id, number)) for number in gone],
            *[_chunk(session_id, chunk, parts) for chunk, parts in added],
        )

    def _session_changed(self, session_id: str, session: Session | None) -> None:
        if session is not None:
            self._database.write((_PUT_SESSION, (session_id, encode_session(session))))
        else:
            drops = (_DROP_SESSION, _DROP_CHUNKS, _DROP_SPOKEN)
            self._database.write(*[(drop, (session_id,)) for drop in drops])

    def _load(self) -> None:
        """Read all sessions, in the order of their creation."""
        chunks: dict[str, list[Chunk]] = {}
        audio: dict[str, dict[int, Body]] = {}
        for session_id, number, record, data in self._database.read("SELECT * FROM chunks"):
            chunks.setdefault(session_id, []).append(decode_chunk(record))
            audio.setdefault(session_id, {})[number] = Body([data])
        spoken = {
            session_id: decode_reference(record, Body([data]))
            for session_id, record, data in self._database.read("SELECT * FROM spoken")
        }
        query = "SELECT session_id, record FROM sessions ORDER BY rowid"
        for session_id, record in self._database.read(query):
            session = decode_session(record, chunks.get(session_id, []))
            # An upload writes its chunks alone.
            session.started = session.started or bool(session.chunks)
            bodies = audio.get(session_id, {})
            self._put(MemoryEntry(session, bodies, spoken.get(session_id)))


def _chunk(session_id: str, chunk: Chunk, parts: Parts) -> Statement:
    return _PUT_CHUNK, (session_id, chunk.sequence, encode_chunk(chunk), list(parts))


def _spoken(session_id: str, reference: Reference) -> Statement:
    parts = list(reference.body.parts or ())
    return _PUT_SPOKEN, (session_id, encode_reference(reference), parts)
