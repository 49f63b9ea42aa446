"""The journal: what arrived, and what came of it. It is bounded in entries and in bytes."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.digests import Digests
from scribe_mock.steering.evictions import Evictions
from scribe_mock.steering.header_fields import HeaderFields
from scribe_mock.steering.record import Record

#: The most bytes of memory, whatever the number of entries.
MOST_BYTES = 20_000_000
#: What an entry counts as besides its texts, measured with tracemalloc and rounded up.
_ENTRY_BYTES = 900
#: A full journal loses this part of its entries at once.
_TOGETHER = 64


class Entries:
    """Entries of a journal, to be read.

    Args:
        records: The entries, the oldest first.
        evictions: What is known of those that are gone.
        digests: Learns the digests of bodies.
    """

    def __init__(self, records: Collection[Record], evictions: Evictions, digests: Digests) -> None:
        self._records = records
        self.evictions = evictions
        self.digests = digests

    def __iter__(self) -> Iterator[Record]:
        """All entries, the oldest first."""
        return iter(list(self._records))

    def records(self, scope: Scope) -> Sequence[Record]:
        """The entries of a scope, the oldest first."""
        found = []
        for record in self._records:
            record.settle()
            if record.is_in(scope):
                found.append(record)
        return found

    def find(self, request_id: str) -> Record | None:
        """The latest entry with this id."""
        wanted = request_id.encode("utf-8", "replace")
        for record in reversed(list(self._records)):
            if record.request_id == wanted:
                record.settle()
                return record
        return None

    async def learn_digests(self, records: Sequence[Record]) -> None:
        """Wait until the digests of these entries are known, as far as they can be."""
        await self.digests.of(r.body for r in records if r.whole and r.body is not None)


class Journal(Entries):
    """The latest requests of one server. Use it in the server's event loop alone.

    Args:
        size: The most entries; 0 for a journal that keeps none.
        clocks: An entry's time is that of its caller.
    """

    def __init__(self, size: int, clocks: Clocks) -> None:
        self._size = size
        #: The time of an entry that begins now, by its caller.
        self.now = clocks.now_of
        self._latest: deque[Record] = deque()
        self._bytes = 0
        self._fields = HeaderFields()
        self._watcher: Callable[[], None] | None = None
        super().__init__(self._latest, Evictions(), Digests())

    @property
    def is_on(self) -> bool:
        """Whether it keeps anything."""
        return self._size > 0

    @property
    def kept_bytes(self) -> int:
        """How many bytes of memory the entries take."""
        return self._bytes

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` whenever an entry is complete."""
        self._watcher = watcher

    def begin(
        self, request_id: bytes, method: str, target: bytes, caller: str, at: float | None = None
    ) -> Record:
        """Add an entry for what begins, now or at this time; see Record."""
        record = Record(request_id, self.now(caller) if at is None else at, method, target, caller)
        self.add(record)
        return record

    def add(self, record: Record) -> None:
        """Add an entry that has begun."""
        size = record.size = _ENTRY_BYTES + len(record.target)
        self._bytes += size
        self._latest.append(record)
        if len(self._latest) > self._size or self._bytes > MOST_BYTES:
            self._evict()

    def finish(
        self, record: Record, seconds: float, request_fields: Any, answer_fields: Any
    ) -> None:
        """Complete an entry: its answer was sent, or there will be none."""
        self._complete(record, seconds)
        if record.forgotten:
            return
        more = self._pack(record, request_fields, answer_fields)
        if more:
            record.size += more
            self._bytes += more
            if self._bytes > MOST_BYTES:
                self._evict()

    def _pack(self, record: Record, request_fields: Any, answer_fields: Any) -> int:
        """Keep the header fields; how many bytes they take."""
        record.request_fields, more = self._fields.of_request(request_fields)
        record.answer_fields, much_more = self._fields.of_answer(answer_fields)
        return more + much_more + len(record.query)

    def _complete(self, record: Record, seconds: float) -> None:
        record.duration = seconds
        if self._watcher is not None:
            self._watcher()
        if record.outcome is None:
            record.outcome = "answered"
        body = record.body
        if body is None:
            if record.hasher is not None:
                record.sha256 = record.hasher.hexdigest()
                record.hasher = None
        elif not body.stored:
            # It was refused, or the chunks of a recording are stored in its place.
            if body.size == record.request_bytes:
                self.digests.let_go(body)
            else:
                # A refused part is in no body, so nothing knows the digest of the whole.
                record.leave_body()

    def _evict(self) -> None:
        """Drop the oldest entries, some together: that takes less time than one by one."""
        records = self._latest
        least = self._size - self._size // _TOGETHER
        gone = [records.popleft() for _ in range(len(records) - least)]
        self._bytes -= sum([record.size for record in gone])
        while self._bytes > MOST_BYTES and len(records) > 1:
            gone.append(records.popleft())
            self._bytes -= gone[-1].size
        for record in gone:
            if record.scope is not None:
                record.settle()
            record.forgotten = True
            if record.body is not None:
                record.leave_body()
        self.evictions.add(gone)

    def _drop(self, record: Record) -> None:
        self._bytes -= record.size
        record.forgotten = True
        record.leave_body()

    def forget(self, scope: Scope) -> None:
        """Drop the entries of a scope, and what is known of those that were evicted."""
        kept: deque[Record] = deque()
        for record in self._latest:
            record.settle()
            if record.is_in(scope):
                self._drop(record)
            else:
                kept.append(record)
        self._records = self._latest = kept
        self.evictions.forget(scope)

    async def read(self) -> Entries:
        """All entries as of now, also those of other servers; raises ServiceUnavailable."""
        return self
