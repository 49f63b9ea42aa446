"""Cutting recordings and examining chunks, in decoding processes and in the background."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.session_doctor import StoredChunk, diagnose_session
from scribe_mock.audio.worker_pool import AudioWorkers
from scribe_mock.errors import ScribeError
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.session import Chunk, Session
from scribe_mock.store.session_store import Parts, SessionStore

logger = logging.getLogger("scribe_mock")

#: After each examination there is a pause of this many times its duration, so that uploads stay
#: quick, but of at most so many seconds, since a hostile chunk may take minutes.
_REST, _MOST_REST_SECONDS = 9.0, 30.0
#: Examining begins when fewer than this many uploads arrived within so many seconds, or after the
#: longest wait in seconds.
_BUSY_UPLOADS, _LOOK_SECONDS, _PATIENCE_SECONDS = 16, 0.1, 10.0

#: The most sessions in the queue; the oldest leave it, and are examined when a client asks.
_MOST_WAITING = 10_000

_BEGIN_BYTES, _MOST_FIRST_LOOKS = 256, 1024
#: The bytes of a chunk that are enough for a first look.
_FIRST_LOOK_BYTES = 32 * 1024


class Examiner:
    """Cuts recordings, and examines every stored chunk in the background, a few at a time.

    Args:
        store: Where the chunks are.
        limits: Bounds on one recording.
        strict: Serious findings refuse an upload, so it is examined before it is stored.
    """

    def __init__(self, store: SessionStore, limits: Limits, *, strict: bool) -> None:
        self._store = store
        self._limits = limits
        self.strict = strict
        self._workers: AudioWorkers | None = None
        # The queue of sessions with unexamined chunks; each session is in it once.
        self._waiting: OrderedDict[str, None] = OrderedDict()
        # A session is settled under its lock, so that parallel requests examine its chunks once.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._noted = 0
        self._first_looks: dict[tuple[bytes, str, str], Diagnosis] = {}
        self._rounds: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[AudioWorkers] | None = None

    def prepare(self) -> None:
        """Start the decoding processes before the first recording arrives."""
        if self._workers is None:
            self._preparing = asyncio.create_task(asyncio.to_thread(self._decoding().start))

    async def split(self, parts: Parts, media_type: str) -> list[RecordingChunk]:
        """The chunks of one recording; raises AudioError."""
        return await self._decoding().split_async(parts, media_type, self._limits)

    async def examine(self, parts: Parts, media_type: str, extension: str) -> Diagnosis:
        """The whole examination of one chunk."""
        return await self._decoding().diagnose_async(parts, media_type, extension, self._limits)

    def first_look(self, parts: Parts, media_type: str, extension: str) -> Diagnosis:
        """A first look at a chunk's first bytes; cached for chunks with the same first bytes."""
        begin = _begin(parts)
        key = (begin[:_BEGIN_BYTES], media_type, extension)
        known = self._first_looks.get(key)
        if known is None:
            if len(self._first_looks) >= _MOST_FIRST_LOOKS:
                self._first_looks.clear()
            known = self._first_looks[key] = first_look(begin, media_type, extension)
        return known

    def note(self, session_id: str) -> None:
        """Put a session with new chunks into the queue."""
        self._noted += 1
        self._waiting[session_id] = None
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._examine_queue())

    async def settle(self, session_id: str) -> None:
        """Examine the new chunks that a session has now; raises SessionNotFound.

        Chunks that arrive meanwhile are not waited for.
        """
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            for chunk in _new_chunks(await self._store.get(session_id)):
                await self._examine_chunk(session_id, chunk)

    async def _examine_next(self, session_id: str) -> bool:
        """Examine one new chunk of a session; returns whether there was one."""
        chunk = next(iter(_new_chunks(await self._store.get(session_id))), None)
        if chunk is not None:
            await self._examine_chunk(session_id, chunk)
        return chunk is not None

    async def _examine_chunk(self, session_id: str, chunk: Chunk) -> None:
        """Examine one chunk, unless it was replaced or examined; raises SessionNotFound."""
        session = await self._store.get(session_id)
        if session.chunks.get(chunk.sequence) is not chunk:
            return
        parts = await self._store.audio(session_id, chunk.sequence)
        diagnosis = await self.examine(parts, chunk.content_type, chunk.extension)
        note = partial(_note_in, chunk=chunk, diagnosis=diagnosis)
        await self._store.change(session_id, note)

    async def close(self) -> None:
        """End the decoding processes."""
        if self._rounds is not None:
            self._rounds.cancel()
        if self._preparing is not None:
            # Its failure does not matter at the end.
            await asyncio.gather(self._preparing, return_exceptions=True)
        if self._workers is not None:
            await asyncio.to_thread(self._workers.close)

    def _decoding(self) -> AudioWorkers:
        if self._workers is None:
            self._workers = AudioWorkers()
        return self._workers

    async def _quiet(self) -> None:
        """Return when few uploads arrive, or after the longest wait."""
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        busy = True
        while busy and asyncio.get_running_loop().time() < until:
            before = self._noted
            await asyncio.sleep(_LOOK_SECONDS)
            busy = self._noted - before >= _BUSY_UPLOADS

    async def _examine_queue(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await self._quiet()
            session_id, _ = self._waiting.popitem(last=False)
            began = loop.time()
            try:
                if await self._examine_next(session_id):
                    self._waiting[session_id] = None
            except ScribeError:
                pass  # The session or its chunk was deleted meanwhile.
            except Exception as error:
                logger.error("The examination of a chunk failed.", exc_info=error)
            await asyncio.sleep(min(_REST * (loop.time() - began), _MOST_REST_SECONDS))


def _new_chunks(session: Session) -> list[Chunk]:
    """The chunks that were not examined yet, in order."""
    return [chunk for chunk in session.ordered_chunks() if chunk.diagnosis is None]


def _begin(parts: Parts) -> bytes:
    """The first parts, as many as a first look needs: clients may send very small ones."""
    count, size = 1, len(parts[0])
    while size < _FIRST_LOOK_BYTES and count < len(parts):
        size += len(parts[count])
        count += 1
    return parts[0] if count == 1 else b"".join(parts[:count])


def findings(
    chunks: Sequence[Chunk], digests: Mapping[int, str]
) -> Mapping[int, Sequence[AudioFinding]]:
    """The findings about each chunk, alone and compared with the others, by sequence number."""
    looked_at = [
        StoredChunk(chunk.sequence, digests[chunk.sequence], chunk.diagnosis or Diagnosis())
        for chunk in chunks
    ]
    beside = diagnose_session(looked_at)
    return {
        chunk.sequence: [*chunk.diagnosis.findings, *beside[chunk.sequence]]
        if chunk.diagnosis
        else beside[chunk.sequence]
        for chunk in chunks
    }


def _note_in(session: Session, chunk: Chunk, diagnosis: Diagnosis) -> None:
    """Store the diagnosis in the session, unless the chunk was replaced meanwhile."""
    # Compared by identity: with a stopped clock, a replaced chunk may have the same values.
    if session.chunks.get(chunk.sequence) is chunk:
        session.chunks[chunk.sequence] = replace(chunk, diagnosis=diagnosis)
