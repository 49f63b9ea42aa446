"""Which chunks of a session have the same bytes."""

from scribe_mock.sessions.chunk import Chunk


class Repetitions:
    """The chunks of one session by the digests of their bytes, as far as those are known."""

    __slots__ = ("_alone", "_groups")

    def __init__(self) -> None:
        #: The chunks whose bytes no other one has, and the others.
        self._alone: dict[str, Chunk] = {}
        self._groups: dict[str, _Group] = {}

    def add(self, chunk: Chunk) -> None:
        """A chunk is there, or its digest is known."""
        digest = chunk.sha256
        if digest is None:
            return
        group = self._groups.get(digest)
        if group is None:
            other = self._alone.setdefault(digest, chunk)
            if other is chunk:
                return
            group = self._groups[digest] = _Group()
            group.add(self._alone.pop(digest))
        group.add(chunk)

    def remove(self, chunk: Chunk) -> None:
        """A chunk is gone."""
        digest = chunk.sha256
        if digest is None or self._alone.pop(digest, None) is not None:
            return
        group = self._groups[digest]
        group.remove(chunk)
        if len(group.chunks) == 1:
            del self._groups[digest]
            (self._alone[digest],) = group.chunks.values()

    def first(self, chunk: Chunk) -> Chunk:
        """The first chunk with the bytes of one, as far as digests are known."""
        group = self._groups.get(chunk.sha256 or "")
        return chunk if group is None else group.chunks[group.first]

    @property
    def any(self) -> bool:
        """Whether some chunk has the bytes of an earlier one; muted ones do not count."""
        return any(group.repeats for group in self._groups.values())

    def copy(self) -> "Repetitions":
        """A copy that stays as it is."""
        other = Repetitions()
        other._alone = dict(self._alone)
        other._groups = {digest: group.copy() for digest, group in self._groups.items()}
        return other


class _Group:
    """Chunks with the same bytes, by their numbers, and how many of them are not silent."""

    __slots__ = ("chunks", "first", "loud")

    def __init__(self) -> None:
        self.chunks: dict[int, Chunk] = {}
        self.loud = 0
        #: The lowest number.
        self.first = 0

    def add(self, chunk: Chunk) -> None:
        number = chunk.sequence
        self.first = min(self.first, number) if self.chunks else number
        self.chunks[number] = chunk
        self.loud += not chunk.is_silent

    def remove(self, chunk: Chunk) -> None:
        del self.chunks[chunk.sequence]
        self.loud -= not chunk.is_silent
        if chunk.sequence == self.first:
            self.first = min(self.chunks)

    @property
    def repeats(self) -> bool:
        if self.loud != 1:
            return self.loud > 1
        # The same bytes, declared as different types: the first one repeats nothing.
        return self.chunks[self.first].is_silent

    def copy(self) -> "_Group":
        other = _Group()
        other.chunks, other.loud = dict(self.chunks), self.loud
        other.first = self.first
        return other
