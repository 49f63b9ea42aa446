"""The store of sessions in Redis, which any number of servers may share.

A change reads a session, changes a copy, and writes that in one script if the session is still as
it was; else it begins again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
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
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.store.body import sha256
from scribe_mock.store.redis import prefetch
from scribe_mock.store.redis.bodies import Bodies
from scribe_mock.store.redis.connection import Command, Connection
from scribe_mock.store.redis.intake import RedisIntake
from scribe_mock.store.redis.loaded import Loaded
from scribe_mock.store.redis.long_sessions import LongSessions
from scribe_mock.store.redis.references import References
from scribe_mock.store.redis.room import Room
from scribe_mock.store.redis.script import Script
from scribe_mock.store.redis.stored_chunk import LARGE, SMALL, StoredChunk, new_name
from scribe_mock.store.redis.write import Put, Write
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_store import Intake, Parts, Pieces

T = TypeVar("T")

#: How often a change begins again because another one came first.
_MOST_ATTEMPTS = 100
#: How many sessions are read or removed in one round trip.
_AT_ONCE = 100
#: So many chunks are decoded in a thread, and fewer in a few milliseconds.
_MANY = 500
#: Seconds between two looks for sessions whose keys have ended by themselves.
_SWEEP_SECONDS = 60

_SWEEP = Script.of("removal", "sweep")


class RedisStore:
    """The SessionStore of several processes.

    Args:
        redis: The connections.
        clocks: All clocks; they decide which sessions are finished or expired.
        max_memory: Bytes for all sessions and their audio in Redis, and for the uploads that this
            process receives. When they do not suffice, finished, then expired sessions are
            evicted, the oldest first.
        changes: Counts what changes; without it, the changes through this store alone.
    """

    def __init__(
        self,
        redis: Connection,
        clocks: Clocks,
        max_memory: int,
        changes: Changes | None = None,
    ) -> None:
        self._redis, self._prefix = redis, redis.prefix
        self._clocks = clocks
        self.changes = changes or Changes()
        self._room = Room(redis, clocks, max_memory, self._gone)
        self._bodies = Bodies(redis)
        self._references = References(redis, self._bodies, self._room)
        self._long = LongSessions()
        self._swept = 0.0

    async def create(self, session: Session) -> None:
        """Store a new session; raises SessionExists, ServiceUnavailable."""
        await self._sweep()
        if not await self._write(Write(session.session_id, None, session=session, owned=True)):
            raise SessionExists(session.session_id)
        self._changed(session)

    async def get(self, session_id: str) -> Session:
        """A session; raises SessionNotFound."""
        return (await self._load(session_id)).session

    async def head(self, session_id: str) -> Session:
        """A session without its chunks; raises SessionNotFound."""
        return (await self._load_head(session_id)).session

    async def find_stream(self, stream_id: str) -> Session:
        """The session whose upload_url has this stream_id; raises SessionNotFound."""
        [session_id] = await self._redis.run(("GET", f"{self._prefix}stream:{stream_id}"))
        if session_id is None:
            raise SessionNotFound(stream_id)
        return await self.get(session_id.decode())

    async def find_document(self, document_id: str) -> Session:
        """The session that has this document; raises DocumentNotFound."""
        [session_id] = await self._redis.run(("GET", f"{self._prefix}document:{document_id}"))
        if session_id is None:
            raise DocumentNotFound(f"There is no document {document_id[:80]!r}.")
        return await self.get(session_id.decode())

    async def change(self, session_id: str, change: Callable[[Session], T]) -> T:
        """Apply `change` to a copy of a session, then store the copy; see SessionStore."""
        for _ in range(_MOST_ATTEMPTS):
            loaded = await self._load(session_id)
            session = loaded.session.snapshot()
            result = change(session)
            if await self._write(loaded.changed(session)):
                self._changed(session)
                return result
        raise _too_busy(session_id)

    async def intake(self, expected: int, *, whole: bool = True) -> RedisIntake:
        """Begin an upload; see SessionStore."""
        await self._room.make(expected)
        return RedisIntake(self._room, self._bodies, whole=whole)

    async def add_upload(
        self, admitted: Session, intake: Intake, pieces: Callable[[Session], Pieces]
    ) -> Pieces:
        """Add the chunks of one upload; see SessionStore."""
        assert isinstance(intake, RedisIntake)
        session_id = admitted.session_id
        chunked = admitted.upload_type is UploadType.CHUNKED
        # Which number a chunk gets depends on the others, unless the client numbers them.
        loaded = Loaded.head(admitted) if chunked else await self._load(session_id)
        for _ in range(_MOST_ATTEMPTS):
            now = self._clocks.now(loaded.session)
            loaded.session.require_open(now)
            if loaded.session.generation != admitted.generation:
                break
            added = pieces(loaded.session)
            put = [await self._put(intake, chunk, parts) for chunk, parts in added]
            if chunked:
                write = loaded.appended(put)
            else:
                write = loaded.extended([chunk for chunk, _ in added], put, now)
            if await self._write(write, intake):
                self.changes.note()
                return added
            loaded = await (self._load_head if chunked else self._load)(session_id)
        else:
            raise _too_busy(session_id)
        raise SessionNotFound(session_id)

    async def diagnose(self, session_id: str, chunk: Chunk, diagnosis: Diagnosis) -> None:
        """Store what was found out about a chunk, unless it was replaced meanwhile."""
        await self.change(session_id, lambda session: session.chunks.diagnose(chunk, diagnosis))

    async def learn_digests(self, session_id: str) -> None:
        """Do nothing: each digest is known since the upload."""

    async def audio(self, session_id: str, sequence: int) -> Parts:
        """The bytes of one chunk; raises SessionNotFound, ChunkNotFound."""
        for _ in range(_MOST_ATTEMPTS):
            key = f"{self._prefix}chunks:{session_id}"
            [value] = await self._redis.run(("HGET", key, sequence))
            if value is None:
                await self.head(session_id)
                raise ChunkNotFound(f"The session has no chunk {sequence}.")
            stored = StoredChunk.decoded(value)
            parts = await self._bodies.parts_of(stored)
            # It may have been replaced between the two reads.
            if sum(map(len, parts)) == stored.chunk.size:
                return parts
        raise _too_busy(session_id)

    async def digests(self, session: Session) -> Mapping[int, str]:
        """The SHA-256, in hex, of each chunk when the session was read; known since its upload."""
        return {number: chunk.sha256 or "" for number, chunk in session.chunks.items()}

    async def reference(self, session_id: str) -> Reference | None:
        """What was spoken during a session, without its bytes; raises SessionNotFound."""
        return await self._references.get(session_id)

    async def reference_audio(self, session_id: str) -> Parts:
        """The bytes of what was spoken during a session; none without a reference."""
        return await self._references.parts(session_id)

    async def put_reference(
        self, session_id: str, generation: int, intake: Intake, reference: Reference
    ) -> None:
        """Store what was spoken during a session, and release the intake; see SessionStore."""
        assert isinstance(intake, RedisIntake)
        await self._references.put(session_id, generation, intake, reference)
        self.changes.note()

    async def forget_reference(self, session_id: str) -> None:
        """Forget what was spoken during a session; raises SessionNotFound."""
        await self._references.forget(session_id)
        self.changes.note()

    async def replace(self, session: Session, audio: Mapping[int, Parts]) -> None:
        """Store a session, replacing one with the same id; see SessionStore."""
        for _ in range(_MOST_ATTEMPTS):
            loaded = await self._find(session.session_id)
            if await self._write(_replacement(loaded, session, audio)):
                return self._changed(session)
        raise _too_busy(session.session_id)

    async def delete(self, session_id: str) -> None:
        """Delete a session; raises SessionNotFound."""
        if not await self._room.remove((session_id, None)):
            raise SessionNotFound(session_id)

    async def all(self) -> Sequence[Session]:
        """Every session, in order of creation."""
        return await self._listed(f"{self._prefix}sessions")

    async def of_owner(self, owner: str) -> Sequence[Session]:
        """The sessions of an owner, in order of creation."""
        return await self._listed(f"{self._prefix}owner:{owner}")

    async def forget(self, scope: Scope) -> None:
        """Delete the sessions of a scope; the bytes of uploads in progress stay counted."""
        if scope.session_id is not None:
            await self._room.remove((scope.session_id, None))
            return
        index = "sessions" if scope.owner is None else f"owner:{scope.owner}"
        while True:
            page = await self._redis.run(("ZRANGE", self._prefix + index, 0, _AT_ONCE - 1))
            if not page[0]:
                return
            await self._room.remove(*((session_id.decode(), None) for session_id in page[0]))

    async def usage(self) -> tuple[int, int]:
        """The number of sessions, and the bytes of audio."""
        await self._sweep()
        sessions, audio = await self._redis.run(
            ("ZCARD", f"{self._prefix}sessions"), ("HGET", f"{self._prefix}totals", "audio")
        )
        return sessions, int(audio or 0)

    def claim(self, size: int) -> None:
        """Count bytes that are used outside the sessions; raises ServiceUnavailable."""
        self._room.claim(size)

    def unclaim(self, size: int) -> None:
        """Stop counting bytes that `claim` counted."""
        self._room.unclaim(size)

    async def _find(self, session_id: str) -> Loaded | None:
        if session_id in self._long:
            [fields] = await self._redis.run(prefetch.fields_of(self._prefix, session_id))
            known = self._long.find(session_id, fields)
            if known is not None:
                return known
        fields, chunks = await self._redis.run(*self._reading(session_id))
        if len(chunks) < _MANY:
            loaded = Loaded.of(fields, chunks)
        else:
            loaded = await asyncio.to_thread(Loaded.of, fields, chunks)
        if loaded is not None:
            self._long.keep(loaded)
        return loaded

    async def _load(self, session_id: str) -> Loaded:
        loaded = await self._find(session_id)
        if loaded is None:
            raise SessionNotFound(session_id)
        return loaded

    async def _load_head(self, session_id: str) -> Loaded:
        fields = prefetch.take(session_id)
        if fields is None:
            [fields] = await self._redis.run(prefetch.fields_of(self._prefix, session_id))
        loaded = Loaded.of(fields, {})
        if loaded is None:
            raise SessionNotFound(session_id)
        return Loaded.head(loaded.session)

    def _reading(self, session_id: str) -> list[Command]:
        """What reads a session, and what reads its chunks."""
        fields = prefetch.fields_of(self._prefix, session_id)
        return [fields, ("HGETALL", f"{self._prefix}chunks:{session_id}")]

    async def _listed(self, index: str) -> list[Session]:
        """The sessions of an index, in its order."""
        [names] = await self._redis.run(("ZRANGE", index, 0, -1))
        sessions: list[Session] = []
        for first in range(0, len(names), _AT_ONCE):
            page = [name.decode() for name in names[first : first + _AT_ONCE]]
            commands = [command for name in page for command in self._reading(name)]
            answers = iter(await self._redis.run(*commands))
            found = (Loaded.of(fields, next(answers)) for fields in answers)
            sessions += [loaded.session for loaded in found if loaded is not None]
        return sessions

    async def _write(self, write: Write, intake: RedisIntake | None = None) -> bool:
        command = partial(write.command, self._prefix)
        bytes_first = [
            self._bodies.keeping(put.stored.blob, put.data)
            for put in write.put
            if put.data is not None
        ]
        return await self._room.write(write.session_id, command, intake, bytes_first)

    async def _put(self, intake: RedisIntake, chunk: Chunk, parts: Parts) -> Put:
        """A chunk of an upload with its bytes."""
        if parts is not intake.parts:
            return _small(chunk, parts)
        data = await intake.finish()
        chunk.sha256 = intake.sha256
        if intake.blob is None:
            return Put(StoredChunk(SMALL, new_name(), chunk), 1, data)
        return Put(StoredChunk(LARGE, intake.blob, chunk), intake.count)

    async def _sweep(self) -> None:
        """Remove what is left of sessions whose keys have ended, now and then."""
        now = time.monotonic()
        if now - self._swept > _SWEEP_SECONDS:
            self._swept = now
            [ended] = await self._redis.run((_SWEEP, 0, self._prefix))
            if ended:
                self._gone(session_id.decode() for session_id in ended)

    def _changed(self, session: Session) -> None:
        self.changes.note_session(session.session_id, session)
        self.changes.note()

    def _gone(self, session_ids: Iterable[str]) -> None:
        for session_id in session_ids:
            self.changes.note_session(session_id, None)
        self.changes.note()


def _small(chunk: Chunk, parts: Parts) -> Put:
    chunk.sha256 = sha256(parts)
    return Put(StoredChunk(SMALL, new_name(), chunk), 1, b"".join(parts))


def _replacement(loaded: Loaded | None, session: Session, audio: Mapping[int, Parts]) -> Write:
    """What writes a session in place of another one, if there is one with its id."""
    stored = {} if loaded is None else loaded.stored
    if not session.chunks.keys() <= {*audio, *stored}:
        raise SessionNotFound(session.session_id)
    put = [
        _small(chunk, audio[number])
        if number in audio
        else Put(stored[number].with_chunk(chunk), before=stored[number].blob)
        for number, chunk in session.chunks.items()
    ]
    removed = [number for number in stored if number not in session.chunks]
    version = None if loaded is None else loaded.session.version
    uploads = b"" if loaded is None else loaded.uploads
    return Write(session.session_id, version, uploads, session, True, removed, put)


def _too_busy(session_id: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"The session {session_id} is changed by too many requests at once. Send this one again."
    )
