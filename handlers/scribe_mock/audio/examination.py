"""Recordings cut, and chunks looked at by the doctor, beside the requests and not in them."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from scribe_mock.audio.glance import glance
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.piece import Piece
from scribe_mock.audio.session_doctor import StoredChunk, diagnose_session
from scribe_mock.audio.worker_pool import AudioWorkers
from scribe_mock.errors import ScribeError
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.sessions.session import Chunk, Session
from scribe_mock.store.session_store import Parts, SessionStore

logger = logging.getLogger("scribe_mock")

#: The doctor rests this many times as long as he worked, so that uploads stay quick; and at most
#: so many seconds, since one hostile chunk may keep him for minutes.
_REST, _MOST_REST_SECONDS = 9.0, 30.0
#: He begins when fewer than this many uploads came within so many seconds, or has waited so long.
_BUSY_UPLOADS, _LOOK_SECONDS, _PATIENCE_SECONDS = 16, 0.1, 10.0

#: He keeps so many sessions in mind; of more, the oldest are left until somebody looks at them.
_MOST_WAITING = 10_000

_BEGIN_BYTES, _MOST_GLANCES = 256, 1024
#: What a glance needs of a chunk, if there is so much of it.
_GLANCED_BYTES = 32 * 1024


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
        # Sessions with chunks to look at, in order; a session is here once, however many it has.
        self._waiting: OrderedDict[str, None] = OrderedDict()
        # Held by who settles a session, so that many who look at it have it examined once.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._noted = 0
        self._glances: dict[tuple[bytes, str, str], Diagnosis] = {}
        self._rounds: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[AudioWorkers] | None = None

    def prepare(self) -> None:
        """Start the decoding processes now: a recording is about to come."""
        if self._workers is None:
            self._preparing = asyncio.create_task(asyncio.to_thread(self._decoding().start))

    async def split(self, parts: Parts, kind: str) -> list[Piece]:
        """The chunks of one recording; raises AudioError."""
        return await self._decoding().split_async(parts, kind, self._limits)

    async def examine(self, parts: Parts, kind: str, extension: str) -> Diagnosis:
        """All that can be said of one chunk."""
        return await self._decoding().diagnose_async(parts, kind, extension, self._limits)

    def glance(self, parts: Parts, kind: str, extension: str) -> Diagnosis:
        """What a chunk's first bytes tell at once; remembered for chunks that begin alike."""
        begin = _begin(parts)
        key = (begin[:_BEGIN_BYTES], kind, extension)
        known = self._glances.get(key)
        if known is None:
            if len(self._glances) >= _MOST_GLANCES:
                self._glances.clear()
            known = self._glances[key] = glance(begin, kind, extension)
        return known

    def note(self, session_id: str) -> None:
        """Look at a session's new chunks when there is time."""
        self._noted += 1
        self._waiting[session_id] = None
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go_round())

    async def settle(self, session_id: str) -> None:
        """Look at the new chunks that a session has now; raises SessionNotFound.

        Those that come meanwhile are left to others, or this would last for as long as they come.
        """
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            for chunk in _new_chunks(await self._store.get(session_id)):
                await self._examine_chunk(session_id, chunk)

    async def _examine_next(self, session_id: str) -> bool:
        """Look at one new chunk of a session; whether there was any."""
        chunk = next(iter(_new_chunks(await self._store.get(session_id))), None)
        if chunk is not None:
            await self._examine_chunk(session_id, chunk)
        return chunk is not None

    async def _examine_chunk(self, session_id: str, chunk: Chunk) -> None:
        """Look at one chunk, unless it was replaced or looked at; raises SessionNotFound."""
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
            # One that failed is of no interest any more: a recording would have told.
            await asyncio.gather(self._preparing, return_exceptions=True)
        if self._workers is not None:
            await asyncio.to_thread(self._workers.close)

    def _decoding(self) -> AudioWorkers:
        if self._workers is None:
            self._workers = AudioWorkers()
        return self._workers

    async def _quiet(self) -> None:
        """Return when few uploads come, or after a while."""
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        busy = True
        while busy and asyncio.get_running_loop().time() < until:
            before = self._noted
            await asyncio.sleep(_LOOK_SECONDS)
            busy = self._noted - before >= _BUSY_UPLOADS

    async def _go_round(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await self._quiet()
            session_id, _ = self._waiting.popitem(last=False)
            began = loop.time()
            try:
                if await self._examine_next(session_id):
                    self._waiting[session_id] = None
            except ScribeError:
                pass  # The session or its chunk went meanwhile.
            except Exception as error:
                logger.error("The doctor failed.", exc_info=error)
            await asyncio.sleep(min(_REST * (loop.time() - began), _MOST_REST_SECONDS))


def _new_chunks(session: Session) -> list[Chunk]:
    """The chunks that nobody has looked at, in order."""
    return [chunk for chunk in session.ordered_chunks() if chunk.diagnosis is None]


def _begin(parts: Parts) -> bytes:
    """The first part, and more where it is too small to tell anything: clients cut anywhere."""
    count, size = 1, len(parts[0])
    while size < _GLANCED_BYTES and count < len(parts):
        size += len(parts[count])
        count += 1
    return parts[0] if count == 1 else b"".join(parts[:count])


def findings(
    chunks: Sequence[Chunk], digests: Mapping[int, str]
) -> Mapping[int, Sequence[AudioFinding]]:
    """What is wrong with each chunk, by itself and beside the others, by sequence number."""
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
    """Write down what was found, unless the chunk was replaced meanwhile."""
    # A copied session has the same chunks, and a clock that stands still tells none apart.
    if session.chunks.get(chunk.sequence) is chunk:
        session.chunks[chunk.sequence] = replace(chunk, diagnosis=diagnosis)
