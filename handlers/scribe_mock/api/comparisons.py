"""Compares what arrived of a session with what was spoken: once, as long as neither changes."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from scribe_mock.api.following_audio import FollowingAudio
from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.chunk_fingerprints import ChunkFingerprints
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.packed_fingerprint import PackedFingerprint, PackedPiece
from scribe_mock.errors import ChunkNotFound, ServiceUnavailable
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.steering.heard import Heard
from scribe_mock.steering.levels import Levels
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_store import Parts, SessionStore

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison

#: The most comparisons that are kept.
_MOST_KEPT = 64
#: How often a session is read again whose chunks changed meanwhile.
_MOST_READS = 20

#: The digest of the reference; number, digest and place of each chunk, and where a recording ends.
_Key = tuple[str | None, tuple[tuple[int, str, float | None, float | None], ...]]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A chunk, with the digest and the parts of its bytes.

    `until_s` is where the recording ends, for the last chunk that was cut from one.
    """

    chunk: Chunk
    digest: str
    parts: Parts
    until_s: float | None

    @property
    def place(self) -> tuple[int, str, float | None, float | None]:
        """All that a comparison depends on."""
        return self.chunk.sequence, self.digest, self.chunk.start_s, self.until_s


class Comparisons:
    """Compares the sessions of one server with their references.

    Args:
        store: Where both are.
        examiner: Decodes and compares in other processes.
        following: Has the references of sessions for which none was put.
    """

    def __init__(self, store: SessionStore, examiner: Examiner, following: FollowingAudio) -> None:
        self._store = store
        self._examiner = examiner
        self._following = following
        self._fingerprints = ChunkFingerprints(examiner)
        self._kept: OrderedDict[_Key, Comparison] = OrderedDict()
        # Parallel requests for a session decode its chunks once.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, session_id: str) -> Heard | None:
        """What became of a session's reference; None without one. Raises SessionNotFound."""
        reference = await self.reference(session_id)
        if reference is None:
            return None
        duration_s = reference.fingerprint.duration_s
        try:
            found = await self.with_reference(session_id, reference)
        except AudioError as error:
            return Heard(reference.fixture, duration_s, None, str(error))
        return Heard(reference.fixture, duration_s, found)

    async def reference(self, session_id: str) -> Reference | None:
        """What was spoken during a session, as far as that is known; raises SessionNotFound."""
        found = await self._store.reference(session_id)
        if found is None:
            session = await self._store.get(session_id)
            with suppress(AudioError, OSError):  # the outcome of the session tells of them
                found = await self._following.reference(session)
        return found

    async def with_reference(self, session_id: str, reference: Reference) -> "Comparison":
        """What arrived of a reference, which need not be the session's own.

        Chunks that can't be decoded count as nothing.

        Raises:
            AudioError: the comparison takes too much work.
            SessionNotFound: there is no such session.
        """
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            return await self._compare(session_id, reference)

    async def levels(self, session_id: str) -> Levels:
        """How loud the session's reference and its chunks are; raises SessionNotFound."""
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            reference = await self.reference(session_id)
            stored = await self._stored(session_id)
            found = await self._fingerprints_of(stored)
        chunks = {one.chunk.sequence: fingerprint.loudness for one, fingerprint in found}
        return Levels(reference.fingerprint.loudness if reference else None, chunks)

    async def _compare(self, session_id: str, reference: Reference) -> "Comparison":
        stored = await self._stored(session_id)
        key = (reference.body.digest(), tuple(one.place for one in stored))
        if key not in self._kept:
            pieces = [
                PackedPiece(one.chunk.sequence, found, one.chunk.start_s, one.until_s)
                for one, found in await self._fingerprints_of(stored)
            ]
            self._keep(key, await self._examiner.compare(reference.fingerprint, pieces))
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _stored(self, session_id: str) -> list[_Stored]:
        session, audio = await self._read(session_id)
        chunks, ends = session.ordered_chunks(), _ends(session)
        digests = await self._store.digests(session)
        return [
            _Stored(chunk, digests[chunk.sequence], parts, ends.get(chunk.sequence))
            for chunk, parts in zip(chunks, audio, strict=True)
        ]

    async def _read(self, session_id: str) -> tuple[Session, list[Parts]]:
        """A session and the bytes of its chunks in their order, both of one moment."""
        session = (await self._store.get(session_id)).snapshot()
        for _ in range(_MOST_READS):
            audio: list[Parts] = []
            with suppress(ChunkNotFound):
                for chunk in session.ordered_chunks():
                    audio.append(await self._store.audio(session_id, chunk.sequence))
            read, session = session, (await self._store.get(session_id)).snapshot()
            if read.chunks == session.chunks and len(audio) == len(read.chunks):
                return session, audio
        raise ServiceUnavailable("The session's audio changes all the time. Ask again later.")

    async def _fingerprints_of(
        self, stored: Sequence[_Stored]
    ) -> list[tuple[_Stored, PackedFingerprint]]:
        """The chunks that can be decoded, by themselves or behind the header of an earlier one."""
        found: list[tuple[_Stored, PackedFingerprint]] = []
        head: tuple[str, Parts] = "", ()
        for one in stored:
            fingerprint = await self._fingerprints.of(one.digest, one.parts, *head)
            if fingerprint is not None:
                found.append((one, fingerprint))
                head = (one.digest, one.parts) if fingerprint.alone else head
        return found

    def _keep(self, key: _Key, found: "Comparison") -> None:
        self._kept[key] = found
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _ends(session: Session) -> Mapping[int, float | None]:
    """Where recordings end, by the number of the last chunk that was cut from each.

    They are cut where somebody speaks, so nothing else tells of the silence at their ends.
    """
    chunks = session.ordered_chunks()
    if session.upload_type is UploadType.STREAM:
        return {chunk.sequence: session.streamed_s for chunk in chunks[-1:]}
    last = {chunk.original_filename: chunk for chunk in chunks if chunk.recording_s is not None}
    return {chunk.sequence: chunk.recording_s for chunk in last.values()}
