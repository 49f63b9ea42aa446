"""The journal of several servers: each writes its entries to Redis, and reads those of all."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from scribe_mock.errors import StoreUnreachable
from scribe_mock.sessions.clock import system_time
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sharing.journal_scripts import ADD, FORGET
from scribe_mock.sharing.peers import Handler, Peers
from scribe_mock.sharing.record_codec import decode_record, encode_record
from scribe_mock.steering.evictions import Evictions
from scribe_mock.steering.journal import MOST_BYTES, Entries, Journal
from scribe_mock.steering.record import Record
from scribe_mock.store.redis.connection import Connection

#: Entries are written so many seconds after the first of them was complete, and so many at once.
_WRITE_SECONDS, _AT_ONCE = 0.01, 200
#: The pause before entries are written again that could not be, in seconds.
_AGAIN_SECONDS = 0.5
#: The most entries that wait for being written.
_MOST_WAITING = 2000
#: How many entries are read in one round trip.
_READ_AT_ONCE = 2000
#: A full journal loses this part of its entries at once.
_TOGETHER = 64


class SharedJournal(Journal):
    """The latest requests of all servers. Use it in the server's event loop alone.

    Args:
        size: The most entries; 0 for a journal that keeps none.
        clocks: An entry's time is that of its caller.
        connection: Redis.
        peers: The other servers.
        request: The class of requests that clients sent.
    """

    def __init__(
        self,
        size: int,
        clocks: Clocks,
        connection: Connection,
        peers: Peers,
        request: type[Record],
    ) -> None:
        super().__init__(size, clocks)
        self._connection, self._peers, self._request = connection, peers, request
        names = ("entries", "number", "bytes", "lost", "forgotten")
        self._keys = tuple(f"{connection.prefix}journal:{name}" for name in names)
        #: The entries that are going on, and those that are complete and not in Redis yet.
        self._going_on: dict[Record, None] = {}
        self._waiting: list[Record] = []
        self._dropped: list[Record] = []
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        #: What was read: entries by their numbers.
        self._read: dict[int, Record] = {}
        self._latest_number = 0

    def handlers(self) -> dict[str, Handler]:
        """What this server does when others ask."""
        return {"journal": self._on_journal, "forget_requests": self._on_forget}

    def add(self, record: Record) -> None:
        """Add an entry that has begun."""
        record.began = system_time()
        self._going_on[record] = None

    def finish(
        self, record: Record, seconds: float, request_fields: Any, answer_fields: Any
    ) -> None:
        """Complete an entry: its answer was sent, or there will be none."""
        self._going_on.pop(record, None)
        self._complete(record, seconds)
        if record.forgotten:
            return
        self._pack(record, request_fields, answer_fields)
        self._waiting.append(record)
        if len(self._waiting) > _MOST_WAITING:
            self._dropped.append(self._waiting.pop(0))
            del self._dropped[:-_MOST_WAITING]
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon())

    def forget(self, scope: Scope) -> None:
        """Forget the entries of a scope that are at this server alone."""
        for record in [*self._going_on, *self._waiting]:
            record.settle()
            if record.is_in(scope):
                record.forgotten = True
                record.leave_body()
        self._waiting = [record for record in self._waiting if not record.forgotten]
        self._dropped = [record for record in self._dropped if not record.is_in(scope)]

    async def forget_everywhere(self, scope: Scope) -> None:
        """Forget those that are in Redis; raises StoreUnreachable."""
        await self._connection.run((FORGET, len(self._keys), *self._keys, _field(scope)))

    async def read(self) -> Entries:
        """All entries as of now; raises StoreUnreachable."""
        others, _ = await asyncio.gather(self._peers.ask("journal"), self._write())
        async with self._turn:
            await self._read_new()
            lost, forgotten = await self._connection.run(
                ("HGETALL", self._keys[3]), ("HGETALL", self._keys[4])
            )
            self._drop_forgotten({name.decode(): int(until) for name, until in forgotten.items()})
            records = [
                *self._read.values(),
                *(record for record in self._going_on if not record.forgotten),
                *(decode_record(data, self._request) for data in chain(*others)),
            ]
        records.sort(key=lambda record: record.began)
        return Entries(records, _evictions(lost), self.digests)

    async def leave(self) -> None:
        """Write what is complete."""
        await self._write()
        if self._writing is not None:
            self._writing.cancel()

    async def _read_new(self) -> None:
        """Read what was written since the last time, and drop what is gone."""
        entries = self._keys[0]
        oldest, number = await self._connection.run(
            ("XRANGE", entries, "-", "+", "COUNT", 1), ("GET", self._keys[1])
        )
        if int(number or 0) < self._latest_number:  # Redis has begun anew
            self._read, self._latest_number = {}, 0
        first = _number(oldest[0][0]) if oldest else self._latest_number + 1
        self._read = {number: record for number, record in self._read.items() if number >= first}
        while True:
            after = f"({self._latest_number}-0"
            [found] = await self._connection.run(
                ("XRANGE", entries, after, "+", "COUNT", _READ_AT_ONCE)
            )
            for name, fields in found:
                self._latest_number = _number(name)
                self._read[self._latest_number] = decode_record(fields[9], self._request)
            if len(found) < _READ_AT_ONCE:
                return

    def _drop_forgotten(self, forgotten: Mapping[str, int]) -> None:
        def is_kept(number: int, record: Record) -> bool:
            fields = ("*", f"o:{record.caller}", f"o:{record.owner}", f"s:{record.session_id}")
            return all(forgotten.get(field, 0) < number for field in fields)

        if forgotten:
            self._read = {n: record for n, record in self._read.items() if is_kept(n, record)}

    async def _write_soon(self) -> None:
        pause = _WRITE_SECONDS
        while self._waiting or self._dropped:
            await asyncio.sleep(pause)
            try:
                await self._write()
            except StoreUnreachable:
                pause = _AGAIN_SECONDS
        self._writing = None

    async def _write(self) -> None:
        """Write what is complete; raises StoreUnreachable."""
        async with self._turn:
            while self._waiting or self._dropped:
                some, dropped = self._waiting[:_AT_ONCE], self._dropped[:_AT_ONCE]
                await self.learn_digests(some)
                written = [_arguments(one, encode_record(one)) for one in some]
                lost = [_arguments(one, b"") for one in dropped]
                arguments = [*chain(*lost), *chain(*written)]
                bounds = (self._size, MOST_BYTES, min(max(1, self._size // _TOGETHER), _AT_ONCE))
                await self._connection.run((ADD, len(self._keys), *self._keys, *bounds, *arguments))
                gone = {id(record) for record in some}
                self._waiting = [one for one in self._waiting if id(one) not in gone]
                del self._dropped[: len(dropped)]

    async def _on_journal(self, _: None) -> list[bytes]:
        """Write what is complete; the entries that are going on."""
        await self._write()
        shown = []
        for record in self._going_on:
            record.settle()
            if record.scope is not None:
                record.request_fields, _more = self._fields.of_request(record.scope["headers"])
            shown.append(encode_record(record))
        return shown

    async def _on_forget(self, scope: Sequence[str | None]) -> None:
        self.forget(Scope(*scope))


def _arguments(record: Record, data: bytes) -> tuple[str | bytes, ...]:
    return record.caller, record.owner or "", record.session_id or "", repr(record.at), data


def _field(scope: Scope) -> str:
    if scope.session_id is not None:
        return f"s:{scope.session_id}"
    return "*" if scope.owner is None else f"o:{scope.owner}"


def _number(name: bytes) -> int:
    return int(name.partition(b"-")[0])


def _evictions(counts: Mapping[bytes, bytes]) -> Evictions:
    found = {name.decode(): value for name, value in counts.items()}

    def of(kind: str) -> dict[str, int]:
        return {name[2:]: int(value) for name, value in found.items() if name.startswith(kind)}

    return Evictions.counted(
        int(found.get("total", 0)),
        float(found.get("latest", "-inf")),
        of("o:"),
        of("s:"),
        (int(found.get("lost_owners", 0)), int(found.get("lost_sessions", 0))),
    )
