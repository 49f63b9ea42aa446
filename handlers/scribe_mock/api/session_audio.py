"""The audio of a whole session as one MP3: made once, cached within bounds."""

import asyncio
from collections import OrderedDict
from weakref import WeakValueDictionary

from scribe_mock.audio.examination import Examiner
from scribe_mock.sessions.session import Session
from scribe_mock.store.session_store import Parts, SessionStore

#: The most bytes of one MP3, and of all in the cache; four hours have 58 MB.
MOST_BYTES = 64 * 1024 * 1024

#: Identifies the audio of a session: the id alone may name another session later.
_Key = tuple[str, int, int]


class SessionAudio:
    """Makes the MP3s of one server's sessions, one at a time.

    Args:
        store: Where the chunks are.
        examiner: Decodes them.
        most_bytes: The most bytes of one MP3, and of all in the cache.
    """

    def __init__(
        self, store: SessionStore, examiner: Examiner, most_bytes: int = MOST_BYTES
    ) -> None:
        self._most_bytes = most_bytes
        self._store = store
        self._examiner = examiner
        self._made: OrderedDict[_Key, bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._locks: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def mp3(self, session: Session) -> bytes:
        """All chunks of a session in order, as MP3; chunks that can't be decoded are left out.

        It is empty when none can, and ends before the chunk that would make it too long. Raises
        SessionNotFound when the session is deleted meanwhile.
        """
        key = (session.session_id, session.generation, len(session.chunks))
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._made:
                async with self._turn:
                    self._cache(key, await self._make(session))
            self._made.move_to_end(key)
            return self._made[key]

    async def _make(self, session: Session) -> bytes:
        mp3 = bytearray()
        head: Parts = ()
        for chunk in session.ordered_chunks():
            parts = await self._store.audio(session.session_id, chunk.sequence)
            frames, alone = await self._examiner.as_mp3(parts, head)
            head = parts if alone else head
            if len(mp3) + len(frames) > self._most_bytes:
                break
            mp3 += frames
        return bytes(mp3)

    def _cache(self, key: _Key, mp3: bytes) -> None:
        self._made[key] = mp3
        while len(self._made) > 1 and sum(map(len, self._made.values())) > self._most_bytes:
            self._made.popitem(last=False)
