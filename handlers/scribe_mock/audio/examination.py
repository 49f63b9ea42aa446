"""Cuts recordings, and examines stored chunks in the background."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from scribe_mock.audio.findings import sent_again
from scribe_mock.audio.first_look import first_look
from scribe_mock.audio.limits import Limits
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.audio.recording_chunk import RecordingChunk
from scribe_mock.audio.session_doctor import ExaminedChunk, diagnose_session
from scribe_mock.audio.worker_pool import AudioWorkers
from scribe_mock.errors import ScribeError
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.chunks import Chunks
from scribe_mock.sessions.diagnosis import AudioFinding, Diagnosis
from scribe_mock.store.session_store import Parts, SessionStore

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison

logger = logging.getLogger("scribe_mock")

# After each examination there is a pause of this many times its duration, so that uploads stay
# quick. It has a longest duration in seconds, since a hostile chunk may take minutes.
_PAUSE_FACTOR, _LONGEST_PAUSE = 9.0, 30.0
# An examination begins when fewer than this many uploads arrived within so many seconds, or after
# the longest wait in seconds.
_BUSY_UPLOADS, _BUSY_SECONDS, _LONGEST_WAIT = 16, 0.1, 10.0
# The most sessions in the queue. The oldest leave it; they are examined when a client asks.
_MOST_QUEUED = 10_000
# First looks are cached by this many bytes, or the hash of a small chunk, up to this number.
_CACHED_BYTES, _MOST_CACHED = 256, 1024
# The bytes of a chunk that are enough for a first look.
_FIRST_LOOK_BYTES = 32 * 1024


class Examiner:
    """Cuts recordings, and examines every stored chunk in the background, one at a time.

    Args:
        store: Where the chunks are.
        limits: Bounds on one recording.
        strict: Whether serious findings refuse an upload; it is then examined before it is stored.
        most_waiting: The most recordings and chunks that are decoded or wait for it.
    """

    def __init__(
        self, store: SessionStore, limits: Limits, *, strict: bool, most_waiting: int = 64
    ) -> None:
        self._store = store
        self._limits = limits
        self.strict = strict
        self._most_waiting = most_waiting
        self._workers: AudioWorkers | None = None
        # The queue of sessions with new chunks; each session is in it once.
        self._queue: OrderedDict[str, None] = OrderedDict()
        # A session's lock makes parallel requests for it examine its chunks once.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._uploads = 0
        self._cache: dict[tuple[bytes | int, str, str], Diagnosis] = {}
        self._queue_task: asyncio.Task[None] | None = None
        self._start_task: asyncio.Task[AudioWorkers] | None = None

    @property
    def busy_seconds(self) -> float:
        """How long decoding processes were busy, added up, in seconds."""
        return 0.0 if self._workers is None else self._workers.busy_seconds

    @property
    def decoding_bytes(self) -> int:
        """The bytes of the recordings and chunks that are decoded or wait for it."""
        return 0 if self._workers is None else self._workers.bytes

    @property
    def process_ids(self) -> Sequence[int]:
        """The ids of the decoding processes."""
        return () if self._workers is None else self._workers.process_ids

    def prepare(self) -> None:
        """Start the decoding processes before the first recording arrives."""
        if self._workers is None:
            self._start_task = asyncio.create_task(asyncio.to_thread(self._pool().start))

    async def split(self, parts: Parts, media_type: str) -> list[RecordingChunk]:
        """Return the chunks of one recording.

        Args:
            parts: the recording, in parts.
            media_type: its canonical MIME type.

        Raises:
            AudioError: it can't be used.
        """
        return await self._pool().split_async(parts, media_type, self._limits)

    async def examine(
        self, parts: Parts, media_type: str, extension: str, *, sheds: bool = False
    ) -> Diagnosis:
        """Decode one chunk, and return its measurements and findings.

        Raises:
            ServiceUnavailable: too many recordings wait, and this one `sheds`.
        """
        pool = self._pool()
        return await pool.diagnose_async(parts, media_type, extension, self._limits, sheds=sheds)

    async def as_mp3(self, parts: Parts, head: Parts) -> tuple[bytes, bool]:
        """Return one chunk as MP3 frames, and whether it can be decoded by itself.

        Args:
            parts: the chunk.
            head: the last chunk before it that can be decoded by itself; empty for none.
        """
        return await self._pool().mp3_async(parts, head, self._limits)

    async def fingerprint(self, parts: Parts, head: Parts = ()) -> PackedFingerprint:
        """Return what a recording, or one chunk, is compared by.

        Args:
            parts: the recording or chunk.
            head: the last chunk before it that can be decoded by itself; empty for none.

        Raises:
            AudioError: it can't be decoded.
        """
        return await self._pool().fingerprint_async(parts, head, self._limits)

    async def compare(
        self, reference: PackedFingerprint, pieces: Sequence[PackedPiece]
    ) -> "Comparison":
        """Return what became of a reference; raises AudioError if that takes too much work."""
        return await self._pool().compare_async(reference, pieces, self._limits)

    def first_look(self, parts: Parts, media_type: str, extension: str) -> Diagnosis:
        """Return what a chunk's first bytes show, or all bytes of a small one; cached by them."""
        start, whole = _first_bytes(parts)
        key = (hash(start) if whole else start[:_CACHED_BYTES], media_type, extension)
        known = self._cache.get(key)
        if known is None:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            known = self._cache[key] = first_look(start, media_type, extension, whole=whole)
        return known

    def enqueue(self, session_id: str) -> None:
        """Put a session with new chunks into the queue."""
        self._uploads += 1
        self._queue[session_id] = None
        if len(self._queue) > _MOST_QUEUED:
            self._queue.popitem(last=False)
        if self._queue_task is None or self._queue_task.done():
            self._queue_task = asyncio.create_task(self._examine_queue())

    async def examine_new_chunks(
        self, session_id: str, first: int = 0, count: int | None = None
    ) -> None:
        """Examine the new chunks that a session has now, but not those that arrive meanwhile.

        Args:
            session_id: The session.
            first: How many of its chunks to skip first.
            count: The most chunks to look at; None for all.

        Raises:
            SessionNotFound: it was deleted.
        """
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            chunks = (await self._store.get(session_id)).chunks
            if chunks.unexamined:
                for chunk in chunks.ordered(first, count):
                    if chunk.diagnosis is None:
                        await self._examine_chunk(session_id, chunk)

    async def _examine_next(self, session_id: str) -> bool:
        """Examine one new chunk of a session; returns whether there was one."""
        chunk = (await self._store.get(session_id)).chunks.first_unexamined
        if chunk is not None:
            await self._examine_chunk(session_id, chunk)
        return chunk is not None

    async def _examine_chunk(self, session_id: str, chunk: Chunk) -> None:
        """Examine one chunk, unless it was replaced or examined; raises SessionNotFound."""
        session = await self._store.get(session_id)
        if session.chunks.get(chunk.sequence) != chunk:
            return
        parts = await self._store.audio(session_id, chunk.sequence)
        diagnosis = await self.examine(parts, chunk.content_type, chunk.extension)
        await self._store.diagnose(session_id, chunk, diagnosis)

    async def close(self) -> None:
        """End the decoding processes."""
        if self._queue_task is not None:
            self._queue_task.cancel()
        if self._start_task is not None:
            # Its failure does not matter at the end.
            await asyncio.gather(self._start_task, return_exceptions=True)
        if self._workers is not None:
            await asyncio.to_thread(self._workers.close)

    def _pool(self) -> AudioWorkers:
        if self._workers is None:
            self._workers = AudioWorkers(most_waiting=self._most_waiting)
        return self._workers

    async def _wait_until_quiet(self) -> None:
        """Wait until few uploads arrive, at most the longest wait."""
        until = asyncio.get_running_loop().time() + _LONGEST_WAIT
        busy = True
        while busy and asyncio.get_running_loop().time() < until:
            before = self._uploads
            await asyncio.sleep(_BUSY_SECONDS)
            busy = self._uploads - before >= _BUSY_UPLOADS

    async def _examine_queue(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue:
            await self._wait_until_quiet()
            session_id, _ = self._queue.popitem(last=False)
            began = loop.time()
            try:
                if await self._examine_next(session_id):
                    self._queue[session_id] = None
            except ScribeError:
                pass  # The session or its chunk was deleted meanwhile.
            except Exception as error:
                logger.error("The examination of a chunk failed.", exc_info=error)
            await asyncio.sleep(min(_PAUSE_FACTOR * (loop.time() - began), _LONGEST_PAUSE))


def _first_bytes(parts: Parts) -> tuple[bytes, bool]:
    """Return the first parts, as many as a first look needs, and whether they are a small whole.

    Clients may send very small parts.
    """
    count, size = 1, len(parts[0])
    while size < _FIRST_LOOK_BYTES and count < len(parts):
        size += len(parts[count])
        count += 1
    start = parts[0] if count == 1 else b"".join(parts[:count])
    return start, count == len(parts) and size <= _FIRST_LOOK_BYTES


def session_findings(
    chunks: Sequence[Chunk], digests: Mapping[int, str]
) -> Mapping[int, Sequence[AudioFinding]]:
    """Return the findings about each chunk, alone and compared with the others, by sequence number.

    Args:
        chunks: all chunks of one session.
        digests: the SHA-256 of their bytes, by sequence number.
    """
    examined = [_examined(chunk, digests[chunk.sequence]) for chunk in chunks]
    compared, again = diagnose_session(examined), _sent_again(chunks)
    return {
        chunk.sequence: [
            *again.get(chunk.sequence, ()),
            *chunk.findings,
            *compared[chunk.sequence],
        ]
        for chunk in chunks
    }


def page_findings(chunks: Chunks, page: Sequence[Chunk]) -> Mapping[int, Sequence[AudioFinding]]:
    """Return the same for some chunks of a session that follow each other.

    Args:
        chunks: all of its chunks; those whose digest is not known repeat none.
        page: those that are asked for.
    """
    around = {chunk.sequence: chunk for chunk in (*chunks.before(page), *page)}
    around |= {first.sequence: first for first in map(chunks.first_alike, page)}
    context = [around[number] for number in sorted(around)]
    digests = {one.sequence: one.sha256 or f"unknown {one.sequence}" for one in context}
    compared = diagnose_session([_examined(one, digests[one.sequence]) for one in context])
    files = {chunk.original_filename for chunk in page if chunk.is_cut}
    of_files = [chunks[number] for name in files for number in chunks.numbers_of(name)]
    again = _sent_again(of_files)
    return {
        chunk.sequence: [
            *again.get(chunk.sequence, ()),
            *chunk.findings,
            *compared[chunk.sequence],
        ]
        for chunk in page
    }


def _examined(chunk: Chunk, sha256: str) -> ExaminedChunk:
    return ExaminedChunk(chunk.sequence, sha256, chunk.diagnosis or Diagnosis(), cut=chunk.is_cut)


def _sent_again(chunks: Sequence[Chunk]) -> Mapping[int, Sequence[AudioFinding]]:
    """Return the findings about recordings that replaced an earlier one, at their first chunks."""
    firsts = {chunk.original_filename: chunk for chunk in reversed(chunks) if chunk.is_cut}
    return {
        chunk.sequence: [sent_again(chunk.original_filename, chunk.replaced + 1)]
        for chunk in firsts.values()
        if chunk.replaced
    }
