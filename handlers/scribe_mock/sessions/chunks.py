"""The chunks of one session, in order, and what is wrong with them in short.

Each change costs the same with ten chunks and with 100,000, and so does what Get session asks for.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.diagnosis import Diagnosis
from scribe_mock.sessions.neighbours import neighbour_codes
from scribe_mock.sessions.repetitions import Repetitions


class Chunks(Mapping[int, Chunk]):
    """The chunks of one session by their numbers, in their order.

    Args:
        chunks: Those that are there at the start.

    Attributes:
        names: The stored names in order; read-only.
        last_received_at: When the latest one arrived, in seconds since 1970; None without chunks.
        size: The bytes of all chunks.
        undigested: The numbers of the chunks whose digest is not known.
        unexamined: The numbers of the chunks that were not examined.
    """

    __slots__ = (
        "_by_number",
        "_codes",
        "_files",
        "_names_json",
        "_numbers",
        "_repetitions",
        "_sent_again",
        "last_received_at",
        "names",
        "size",
        "undigested",
        "unexamined",
    )

    def __init__(self, chunks: Iterable[Chunk] = ()) -> None:
        self._by_number: dict[int, Chunk] = {}
        self._numbers: list[int] = []
        self.names: list[str] = []
        self._names_json: bytes | None = None
        #: The numbers of the chunks of each file, in order.
        self._files: dict[str, tuple[int, ...]] = {}
        #: The files whose recording replaced an earlier one.
        self._sent_again: set[str] = set()
        self._codes: Counter[str] = Counter()
        self._repetitions = Repetitions()
        self.size = 0
        self.last_received_at: float | None = None
        self.undigested: set[int] = set()
        self.unexamined: dict[int, None] = {}
        for chunk in chunks:
            self.put(chunk)

    def __getitem__(self, number: int) -> Chunk:
        return self._by_number[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def ordered(self, first: int = 0, count: int | None = None) -> list[Chunk]:
        """The chunks in numeric order, 2 before 10: all, or so many from a position on."""
        end = None if count is None else first + count
        return [self._by_number[number] for number in self._numbers[first:end]]

    def before(self, page: Sequence[Chunk]) -> Sequence[Chunk]:
        """The chunk before the first of some, if there is one."""
        place = bisect_left(self._numbers, page[0].sequence) if page else 0
        return self.ordered(place - 1, 1) if place else ()

    def first_alike(self, chunk: Chunk) -> Chunk:
        """The first chunk that is known to have the same bytes: it, or an earlier one."""
        return self._repetitions.first(chunk)

    @property
    def last_number(self) -> int:
        """The highest number; -1 without chunks."""
        return self._numbers[-1] if self._numbers else -1

    @property
    def files(self) -> Collection[str]:
        """The names of the files that they came from."""
        return self._files.keys()

    def numbers_of(self, file_name: str) -> Sequence[int]:
        """The numbers of the chunks of one file, in order."""
        return self._files.get(file_name, ())

    @property
    def codes(self) -> Collection[str]:
        """The codes of all findings, each once; duplicates count as far as digests are known."""
        more = {"sent_again"} if self._sent_again else set()
        return more | self._codes.keys() | ({"duplicate"} if self._repetitions.any else set())

    @property
    def names_json(self) -> bytes:
        """The stored names as a JSON array; it is kept, since it may be long."""
        if self._names_json is None:
            # A name has only letters, digits and a dot.
            text = '["' + '","'.join(self.names) + '"]' if self.names else "[]"
            self._names_json = text.encode()
        return self._names_json

    @property
    def first_unexamined(self) -> Chunk | None:
        """The chunk that has waited for longest to be examined."""
        number = next(iter(self.unexamined), None)
        return None if number is None else self._by_number[number]

    def put(self, chunk: Chunk) -> Chunk | None:
        """Add a chunk; returns the one with its number, which it replaces."""
        number, name = chunk.sequence, chunk.name
        earlier = self._by_number.get(number)
        place = bisect_left(self._numbers, number)
        if earlier is None:
            self._count(-1, place)
            self._numbers.insert(place, number)
            self._name(place, name)
        else:
            self._count(-1, place, place + 1)
            self._leave(earlier)
            if self.names[place] != name:
                self.names[place], self._names_json = name, None
        self._by_number[number] = chunk
        self._count(1, place, place + 1)
        self._enter(chunk)
        if earlier is not None and earlier.original_filename != chunk.original_filename:
            self._leave_file(earlier)
        self._enter_file(chunk)
        if earlier is not None:
            self._look_whether_sent_again(chunk.original_filename)
            if earlier.received_at > chunk.received_at:
                self._look_for_latest(earlier)
        return earlier

    def remove(self, number: int) -> Chunk:
        """Remove a chunk, and return it; raises KeyError."""
        chunk = self._by_number[number]
        place = bisect_left(self._numbers, number)
        self._count(-1, place, place + 1)
        del self._by_number[number], self._numbers[place], self.names[place]
        self._names_json = None
        self._count(1, place)
        self._leave(chunk)
        self._leave_file(chunk)
        self._look_for_latest(chunk)
        return chunk

    def diagnose(self, chunk: Chunk, diagnosis: Diagnosis) -> None:
        """Store what was found out about a chunk, unless it was replaced meanwhile."""
        # One that replaced it has another count of replacements.
        if self._by_number.get(chunk.sequence) == chunk:
            self.put(replace(chunk, diagnosis=diagnosis))

    def learn(self, chunk: Chunk, sha256: str) -> None:
        """Note the digest of a chunk, also of one that was examined or replaced meanwhile."""
        current = self._by_number.get(chunk.sequence)
        if current is not None and current.sha256 is None and _same_upload(current, chunk):
            current.sha256 = sha256
            self._repetitions.add(current)
            self.undigested.discard(chunk.sequence)
        if chunk.sha256 is None:  # whoever asked for it still shows this one
            chunk.sha256 = sha256

    def copy(self) -> "Chunks":
        """A copy that stays as it is, of the same chunks."""
        other = Chunks()
        other._by_number, other._numbers = dict(self._by_number), list(self._numbers)
        other.names, other._names_json = list(self.names), self._names_json
        other._files, other._sent_again = dict(self._files), set(self._sent_again)
        other._codes, other._repetitions = Counter(self._codes), self._repetitions.copy()
        other.size, other.undigested = self.size, set(self.undigested)
        other.unexamined = dict(self.unexamined)
        other.last_received_at = self.last_received_at
        return other

    def _count(self, sign: int, *places: int) -> None:
        """Count the findings about the chunks at these places, or no longer."""
        for place in places:
            if place < len(self._numbers):
                chunk = self._by_number[self._numbers[place]]
                before = self._by_number[self._numbers[place - 1]] if place else None
                codes = neighbour_codes(before, chunk)
                if chunk.findings:
                    codes = [*codes, *(finding.code for finding in chunk.findings)]
                for code in codes:
                    self._codes[code] += sign
                    if not self._codes[code]:
                        del self._codes[code]

    def _name(self, place: int, name: str) -> None:
        """Insert a stored name; mostly it is the last one."""
        known, last = self._names_json, place == len(self.names)
        self.names.insert(place, name)
        self._names_json = (
            b'%b,"%b"]' % (known[:-1], name.encode()) if known and last and place else None
        )

    def _enter(self, chunk: Chunk) -> None:
        self.size += chunk.size
        if self.last_received_at is None or chunk.received_at > self.last_received_at:
            self.last_received_at = chunk.received_at
        self._repetitions.add(chunk)
        if chunk.sha256 is None:
            self.undigested.add(chunk.sequence)
        if chunk.diagnosis is None:
            self.unexamined[chunk.sequence] = None

    def _leave(self, chunk: Chunk) -> None:
        self.size -= chunk.size
        self._repetitions.remove(chunk)
        self.undigested.discard(chunk.sequence)
        self.unexamined.pop(chunk.sequence, None)

    def _look_for_latest(self, gone: Chunk) -> None:
        if gone.received_at == self.last_received_at:
            left = self._by_number.values()
            self.last_received_at = max((one.received_at for one in left), default=None)

    def _enter_file(self, chunk: Chunk) -> None:
        """Note which chunks a file has."""
        name, number = chunk.original_filename, chunk.sequence
        numbers = self._files.get(name, ())
        if not numbers or numbers[-1] < number:
            self._files[name] = (*numbers, number)
        elif number not in numbers:
            self._files[name] = tuple(sorted((*numbers, number)))
        if chunk.is_cut or name in self._sent_again:
            self._look_whether_sent_again(name)

    def _leave_file(self, chunk: Chunk) -> None:
        name = chunk.original_filename
        rest = tuple(number for number in self._files[name] if number != chunk.sequence)
        if rest:
            self._files[name] = rest
        else:
            del self._files[name]
        self._look_whether_sent_again(name)

    def _look_whether_sent_again(self, name: str) -> None:
        found = (self._by_number[number] for number in self._files.get(name, ()))
        first = next((chunk for chunk in found if chunk.is_cut), None)
        if first is not None and first.replaced:
            self._sent_again.add(name)
        else:
            self._sent_again.discard(name)


def _same_upload(one: Chunk, other: Chunk) -> bool:
    """Whether two chunks with one number are of one upload, examined or not."""
    return (one.received_at, one.replaced) == (other.received_at, other.replaced)
