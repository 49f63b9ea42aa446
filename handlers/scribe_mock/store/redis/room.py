"""How many bytes sessions may take in Redis, and how there is room for more."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from scribe_mock.errors import ServiceUnavailable
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.store.redis.connection import Command, Connection
from scribe_mock.store.redis.eviction import Eviction
from scribe_mock.store.redis.script import Script

#: How often a write makes room and finds that others took it.
_MOST_ATTEMPTS = 20

_REMOVE = Script.of("removal", "remove")


class Arrived(Protocol):
    """An upload whose bytes are counted until they are written."""

    size: int

    def release(self) -> None:
        """Stop counting them."""


class Room:
    """Counts the bytes in Redis, which all servers share, and those that this process receives.

    Args:
        redis: The connections.
        clocks: All clocks.
        most: The most bytes.
        gone: Is told the ids of sessions that were removed.
    """

    def __init__(
        self,
        redis: Connection,
        clocks: Clocks,
        most: int,
        gone: Callable[[Iterable[str]], None],
    ) -> None:
        self._redis, self._most, self._gone = redis, most, gone
        self._eviction = Eviction(redis, clocks)
        #: The bytes in Redis when this process last heard of them.
        self._total = 0
        self._claimed = 0

    def claim(self, size: int) -> None:
        """Count bytes that are used outside the sessions; raises ServiceUnavailable."""
        if self._claimed + size > self._most:
            raise self._full()
        self._claimed += size

    def unclaim(self, size: int) -> None:
        """Stop counting bytes that `claim` or `count` counted."""
        self._claimed -= size

    def count(self, size: int) -> Awaitable[None] | None:
        """Count bytes of an upload in progress; what is returned makes room for them."""
        self._claimed += size
        return self.make(0) if self._total + self._claimed > self._most else None

    async def make(self, size: int) -> None:
        """Evict sessions until `size` more bytes fit; raises ServiceUnavailable."""
        if self._total + self._claimed + size > self._most:
            total = await self._redis.run(("HGET", f"{self._redis.prefix}totals", "bytes"))
            self._total = int(total[0] or 0)
            over = self._total + self._claimed + size - self._most
            if over > 0:
                await self._evict(over, None)

    async def write(
        self,
        session_id: str,
        command: Callable[[int, int], Command],
        arrived: Arrived | None,
        first: Sequence[Command] = (),
    ) -> bool:
        """Run a script that writes; returns whether the session was still as it was.

        Args:
            session_id: The session, which is not evicted for it.
            command: The script, for the most bytes and those that this process uses besides.
            arrived: The upload that is written.
            first: Commands that store what the script refers to.

        Raises:
            ServiceUnavailable: there is no memory left, or no Redis.
        """
        for _ in range(_MOST_ATTEMPTS):
            claimed = self._claimed - (arrived.size if arrived else 0)
            answer = await self._redis.write(*first, command(self._most, claimed))
            first = ()
            if answer[0] == b"written":
                self._total = answer[1]
                if arrived is not None:
                    arrived.release()
                return True
            if answer[0] == b"conflict":
                return False
            if answer[0] == b"gone":
                raise ServiceUnavailable("The upload took too long. Send it again.")
            await self._evict(answer[1], session_id)
        raise self._full()

    async def remove(self, *sessions: tuple[str, float | None]) -> int:
        """Remove sessions; returns how many there were.

        Args:
            sessions: Their ids, each with the time at which it is over, or None if that does not
                matter.
        """
        arguments: list[str | float] = []
        for session_id, over_at in sessions:
            arguments += [session_id, "" if over_at is None else repr(over_at)]
        removed, self._total = await self._redis.write((_REMOVE, 0, self._redis.prefix, *arguments))
        self._gone(session_id for session_id, _ in sessions)
        return int(removed)

    async def _evict(self, over: int, keep: str | None) -> None:
        chosen, missing = await self._eviction.choose(over, keep)
        # A request that is refused in the end evicts nothing.
        if missing:
            raise self._full()
        await self.remove(*chosen)

    def _full(self) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"All of the mock's {self._most} bytes are used by sessions in progress. "
            "End or expire some, or start it with a larger --max-memory."
        )
