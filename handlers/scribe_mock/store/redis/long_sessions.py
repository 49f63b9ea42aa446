"""Long sessions as this process read them last, since reading 100,000 chunks takes seconds."""

from collections import OrderedDict
from collections.abc import Sequence

from scribe_mock.store.redis.loaded import Loaded

#: A session is long from so many chunks on; shorter ones are read in one round trip.
_LONG = 500
#: The most chunks that are kept, of all sessions together.
_MOST_CHUNKS = 200_000


class LongSessions:
    """What was read of long sessions, the latest used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Loaded] = OrderedDict()
        self._chunks = 0

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._kept

    def find(self, session_id: str, fields: Sequence[bytes | None]) -> Loaded | None:
        """A session as it was read, if these are still its fields in Redis."""
        loaded = self._kept[session_id]
        if loaded.fields != tuple(fields):
            self._drop(session_id)
            return None
        self._kept.move_to_end(session_id)
        return loaded

    def keep(self, loaded: Loaded) -> None:
        """Keep a session that was just read, if it is long."""
        session_id = loaded.session.session_id
        if len(loaded.stored) < _LONG:
            return
        if session_id in self._kept:
            self._drop(session_id)
        self._kept[session_id] = loaded
        self._chunks += len(loaded.stored)
        while self._chunks > _MOST_CHUNKS:
            self._drop(next(iter(self._kept)))

    def _drop(self, session_id: str) -> None:
        self._chunks -= len(self._kept.pop(session_id).stored)
