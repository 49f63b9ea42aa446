"""What was told of sessions and what is to be delivered, in Redis for the next sender."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scribe_mock.errors import StoreUnreachable
from scribe_mock.sharing.sender_scripts import HOLD, LET_GO, WRITE
from scribe_mock.sharing.webhook_codec import (
    attempt_form,
    attempt_of,
    delivery_form,
    delivery_of,
)
from scribe_mock.store.redis.connection import Connection
from scribe_mock.store.redis.script import Script
from scribe_mock.webhooks.deliveries import LOGGED, Attempt, Deliveries
from scribe_mock.webhooks.following import Following


class WebhookRecords:
    """Writes what changes at the server that sends, and reads what another one has written.

    Args:
        connection: Redis.
        name: This server.
        following: Knows what was told.
        deliveries: Those that are not over.
    """

    def __init__(
        self, connection: Connection, name: str, following: Following, deliveries: Deliveries
    ) -> None:
        self._connection, self._name = connection, name
        self._following, self._deliveries = following, deliveries
        names = ("sender", "told", "deliveries", "number", "log")
        self._keys = tuple(f"{connection.prefix}webhooks:{name}" for name in names)
        #: Set when there is something to write.
        self.woken = asyncio.Event()
        self._writing = asyncio.Lock()
        # What is not in Redis yet: sessions, deliveries, attempts, and whether the log is another.
        self._told: set[str] = set()
        self._changed: set[int] = set()
        self._attempts: list[Attempt] = []
        self._relogged = False
        following.noted = self._note_session
        deliveries.noted = self._note_delivery
        deliveries.attempted = self._note_attempt

    async def hold(self, seconds: float) -> bool:
        """Whether it is this server's turn, for so many seconds; raises StoreUnreachable."""
        return bool(await self._run(HOLD, self._name, round(seconds * 1000)))

    async def let_go(self) -> None:
        """Let another server have its turn; raises StoreUnreachable."""
        await self._run(LET_GO, self._name)

    async def load(self) -> None:
        """Go on with the deliveries of the last sender; raises StoreUnreachable."""
        number, deliveries, log = await self._connection.run(
            ("GET", self._keys[3]), ("HVALS", self._keys[2]), ("LRANGE", self._keys[4], 0, -1)
        )
        found = [delivery_of(msgspec.msgpack.decode(one)) for one in deliveries]
        found.sort(key=lambda delivery: delivery.number)
        self._deliveries.number = int(number or 0)
        self._deliveries.restore(found, map(decode_attempt, reversed(log)))

    async def told(self, session_id: str) -> Sequence[str]:
        """What was told of a session; raises StoreUnreachable."""
        [entry] = await self._connection.run(("HGET", self._keys[1], session_id))
        return () if entry is None else list(msgspec.msgpack.decode(entry))

    async def begin(self, told: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Have this told of sessions that nobody follows yet; raises StoreUnreachable."""
        arguments: list[str | bytes] = []
        for session_id, events in told:
            arguments += [session_id, msgspec.msgpack.encode(events)]
        if arguments:
            await self._connection.run(("HSET", self._keys[1], *arguments))

    async def log(self) -> Sequence[Attempt]:
        """The attempts that are over, the newest first; raises StoreUnreachable."""
        [log] = await self._connection.run(("LRANGE", self._keys[4], 0, -1))
        return [decode_attempt(one) for one in log]

    def relog(self) -> None:
        """Write the whole log: it has lost some attempts."""
        self._attempts, self._relogged = list(reversed(self._deliveries.log())), True
        self.woken.set()

    def clear(self) -> None:
        """Write nothing of what has changed: another server sends."""
        self._told.clear()
        self._changed.clear()
        self._attempts, self._relogged = [], False

    async def write(self) -> bool:
        """Write what has changed; False if another server sends. Raises StoreUnreachable."""
        async with self._writing:
            while self._told or self._changed or self._attempts or self._relogged:
                if not await self._write():
                    return False
            return True

    async def _write(self) -> bool:
        # What changes before Redis answers is written the next time.
        told, changed, attempts, relogged = self._taken()
        entries = [*map(self._told_entry, told), *map(self._delivery_entry, changed)]
        entries += [("attempt", "", encode_attempt(attempt)) for attempt in attempts]
        bounds = (self._deliveries.number, LOGGED, int(relogged))
        arguments = [part for entry in entries for part in entry]
        try:
            return bool(await self._run(WRITE, self._name, *bounds, *arguments))
        except StoreUnreachable:
            self._told |= told
            self._changed |= changed
            self._attempts = attempts + self._attempts
            self._relogged = relogged or self._relogged
            raise

    def _taken(self) -> tuple[set[str], set[int], list[Attempt], bool]:
        taken = set(self._told), set(self._changed), self._attempts, self._relogged
        self.clear()
        return taken

    def _note_session(self, session_id: str) -> None:
        self._told.add(session_id)
        self.woken.set()

    def _note_delivery(self, number: int) -> None:
        self._changed.add(number)
        self.woken.set()

    def _note_attempt(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self.woken.set()

    def _told_entry(self, session_id: str) -> tuple[str, str, bytes]:
        told = self._following.told(session_id)
        return "told", session_id, b"" if told is None else msgspec.msgpack.encode(told)

    def _delivery_entry(self, number: int) -> tuple[str, str, bytes]:
        found = self._deliveries.find(number)
        data = b"" if found is None else msgspec.msgpack.encode(delivery_form(found))
        return "delivery", str(number), data

    async def _run(self, script: Script, *arguments: Any) -> Any:
        [answer] = await self._connection.run((script, len(self._keys), *self._keys, *arguments))
        return answer


def encode_attempt(attempt: Attempt) -> bytes:
    """An attempt as bytes."""
    return msgspec.msgpack.encode(attempt_form(attempt))


def decode_attempt(data: bytes) -> Attempt:
    """The attempt of `encode_attempt`."""
    return attempt_of(msgspec.msgpack.decode(data))
