"""Which sessions in Redis may be evicted when memory is short, and in which order."""

from collections.abc import AsyncIterator

from scribe_mock.sessions.clocks import Clocks
from scribe_mock.store.redis.connection import Connection

#: How many sessions are looked at in one round trip.
_AT_ONCE = 64


class Eviction:
    """Finished sessions, then expired ones, those that have been over for longest first.

    Args:
        redis: The connections.
        clocks: All clocks; each session is judged by the one that it goes by.
    """

    def __init__(self, redis: Connection, clocks: Clocks) -> None:
        self._redis, self._clocks = redis, clocks

    async def choose(self, over: int, keep: str | None) -> tuple[list[tuple[str, float]], int]:
        """The sessions to evict to get `over` bytes, and how many bytes are missing then.

        Each comes with the time at which it is over.

        Args:
            over: How many bytes are wanted.
            keep: A session that must stay.
        """
        chosen: list[tuple[str, float]] = []
        for kind in ("done", "open"):
            async for session_id, over_at, size in self._in_order(kind):
                if over <= 0:
                    return chosen, 0
                if session_id != keep:
                    chosen.append((session_id, over_at))
                    over -= size
        return chosen, max(over, 0)

    async def _in_order(self, kind: str) -> AsyncIterator[tuple[str, float, int]]:
        """The sessions of a kind that are over, with that time and their sizes."""
        special = await self._with_own_clocks(kind)
        owned = {session_id for _, session_id, _ in special}
        now, first = self._clocks.root.now(), 0
        while True:
            page = await self._page(kind, now, first)
            first += len(page)
            rest = [(at - now, one, at) for one, at in page if one not in owned]
            last = rest[-1][0] if len(page) == _AT_ONCE and rest else 0.0
            due = sorted([*rest, *(one for one in special if one[0] <= last)])
            special = [one for one in special if one[0] > last]
            for (_, session_id, over_at), size in zip(due, await self._sizes(due), strict=True):
                yield session_id, over_at, size
            if len(page) < _AT_ONCE:
                return

    async def _page(self, kind: str, now: float, first: int) -> list[tuple[str, float]]:
        key = self._redis.prefix + kind
        command = ("ZRANGE", key, "-inf", now, "BYSCORE", "LIMIT", first, _AT_ONCE, "WITHSCORES")
        [page] = await self._redis.run(command)
        return [(session_id.decode(), float(over_at)) for session_id, over_at in page]

    async def _with_own_clocks(self, kind: str) -> list[tuple[float, str, float]]:
        """Sessions that go by another clock than the root, with how long ago they were over.

        Those that are not over yet by their clocks have 1: a time that no page has.
        """
        prefix = self._redis.prefix
        owners, session_ids = self._clocks.with_own()
        commands = [("ZRANGE", f"{prefix}owner:{owner}", 0, -1) for owner in owners]
        owned = await self._redis.run(*commands) if commands else []
        names = list({*session_ids, *(one.decode() for page in owned for one in page)})
        if not names:
            return []
        scores, owners_of = await self._redis.run(
            ("ZMSCORE", prefix + kind, *names), ("HMGET", f"{prefix}owners", *names)
        )
        found = []
        for name, over_at, owner in zip(names, scores, owners_of, strict=True):
            if over_at is not None:
                ago = float(over_at) - self._clocks.find(name, (owner or b"").decode()).now()
                found.append((ago if ago <= 0 else 1.0, name, float(over_at)))
        return found

    async def _sizes(self, sessions: list[tuple[float, str, float]]) -> list[int]:
        if not sessions:
            return []
        names = [session_id for _, session_id, _ in sessions]
        [sizes] = await self._redis.run(("HMGET", f"{self._redis.prefix}bytes_of", *names))
        return [int(size or 0) for size in sizes]
