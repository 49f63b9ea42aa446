"""Compares what arrived of a session with what was spoken: once, as long as neither changes."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from scribe_mock.audio.audio_errors import AudioError
from scribe_mock.audio.chunk_fingerprints import ChunkFingerprints
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.packed_fingerprint import PackedPiece
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.session import Session, UploadType
from scribe_mock.steering.heard import Heard
from scribe_mock.store.reference import Reference
from scribe_mock.store.session_store import Parts, SessionStore

if TYPE_CHECKING:
    from scribe_mock.audio.alignment.comparison import Comparison

#: The most comparisons that are kept.
_MOST_KEPT = 64

#: The digest of the reference; number, digest and place of each chunk, and where a recording ends.
_Key = tuple[str | None, tuple[tuple[int, str, float | None, float | None], ...]]


class Comparisons:
    """Compares the sessions of one server with their references.

    Args:
        store: Where both are.
        examiner: Decodes and compares in other processes.
    """

    def __init__(self, store: SessionStore, examiner: Examiner) -> None:
        self._store = store
        self._examiner = examiner
        self._fingerprints = ChunkFingerprints(examiner)
        self._kept: OrderedDict[_Key, Comparison] = OrderedDict()
        # Parallel requests for a session decode its chunks once.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, session_id: str) -> Heard | None:
        """What became of a session's reference; None without one. Raises SessionNotFound."""
        reference = await self._store.reference(session_id)
        if reference is None:
            return None
        duration_s = reference.fingerprint.duration_s
        try:
            found = await self.with_reference(session_id, reference)
        except AudioError as error:
            return Heard(reference.fixture, duration_s, None, str(error))
        return Heard(reference.fixture, duration_s, found)

    async def with_reference(self, session_id: str, reference: Reference) -> "Comparison":
        """What arrived of a reference, which need not be the session's own.

        Chunks that can't be decoded count as nothing.

        Raises:
            AudioError: the comparison takes too much work.
            SessionNotFound: there is no such session.
        """
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            return await self._compare(session_id, reference)

    async def _compare(self, session_id: str, reference: Reference) -> "Comparison":
        # The session, its bytes and the list of what is hashed are of one moment: nothing awaits
        # in between.
        session = await self._store.get(session_id)
        chunks = session.ordered_chunks()
        audio = {
            chunk.sequence: await self._store.audio(session_id, chunk.sequence) for chunk in chunks
        }
        digests = await self._store.digests(session_id)
        ends = _ends(session)
        places = tuple(
            (one.sequence, digests[one.sequence], one.start_s, ends.get(one.sequence))
            for one in chunks
        )
        key = (reference.body.digest(), places)
        if key not in self._kept:
            pieces = await self._pieces(chunks, audio, digests, ends)
            self._keep(key, await self._examiner.compare(reference.fingerprint, pieces))
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _pieces(
        self,
        chunks: Sequence[Chunk],
        audio: Mapping[int, Parts],
        digests: Mapping[int, str],
        ends: Mapping[int, float | None],
    ) -> list[PackedPiece]:
        """The chunks that can be decoded, by themselves or behind the header of an earlier one."""
        pieces: list[PackedPiece] = []
        head: tuple[str, Parts] = "", ()
        for chunk in chunks:
            digest, parts = digests[chunk.sequence], audio[chunk.sequence]
            found = await self._fingerprints.of(digest, parts, *head)
            if found is not None:
                until_s = ends.get(chunk.sequence)
                pieces.append(PackedPiece(chunk.sequence, found, chunk.start_s, until_s))
                head = (digest, parts) if found.alone else head
        return pieces

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
