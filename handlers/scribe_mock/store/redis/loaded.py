"""A session as it was read from Redis, and what a change of it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.session import Session
from scribe_mock.store.redis.stored_chunk import StoredChunk
from scribe_mock.store.redis.write import Put, Write
from scribe_mock.store.session_codec import decode_session


@dataclass(frozen=True, slots=True)
class Loaded:
    """A session with its chunks.

    Args:
        session: The session.
        stored: Its chunks with the places of their bytes, by their numbers.
        uploads: How many writes of chunks it had.
        fields: What Redis had of it besides its chunks; each change of them changes it, too.
    """

    session: Session
    stored: Mapping[int, StoredChunk]
    uploads: bytes
    fields: tuple[bytes | None, ...] = ()

    @classmethod
    def of(cls, fields: Sequence[bytes | None], chunks: Mapping[bytes, bytes]) -> "Loaded | None":
        """The session of what Redis answered: record and count of uploads; None without one."""
        record, uploads = fields
        if record is None:
            return None
        stored = {int(number): StoredChunk.decoded(value) for number, value in chunks.items()}
        session = decode_session(record, [one.chunk for one in stored.values()])
        return cls(session, stored, uploads or b"0", (record, uploads))

    @classmethod
    def head(cls, session: Session) -> "Loaded":
        """A session whose chunks do not matter."""
        return cls(session, {}, b"")

    def changed(self, session: Session) -> Write:
        """What a change of its fields and of what is known of its chunks writes.

        Args:
            session: A copy of its session that was changed.
        """
        before = self.session
        removed = [number for number in before.chunks if number not in session.chunks]
        put = [
            Put(self.stored[number].with_chunk(chunk), before=self.stored[number].blob)
            for number, chunk in session.chunks.items()
            if before.chunks[number] is not chunk
        ]
        # How it ends depends on which chunks there are.
        counts = bool(removed) or session.outcome is not before.outcome
        uploads = self.uploads if counts else b""
        return Write(before.session_id, before.version, uploads, session, False, removed, put)

    def appended(self, put: Sequence[Put]) -> Write:
        """What one more upload writes where the other chunks do not matter."""
        before, session = self.session, None
        if not before.started:
            session = before.copy()
            session.started = True
        return Write(before.session_id, before.version, session=session, put=put)

    def extended(self, chunks: Sequence[Chunk], put: Sequence[Put], now: float) -> Write:
        """What one more upload writes where the other chunks matter.

        Raises what `Session.add_upload` raises.

        Args:
            chunks: Its chunks.
            put: The same with their bytes.
            now: Seconds since 1970.
        """
        before, session = self.session, self.session.snapshot()
        session.add_upload(chunks, now)
        removed = [number for number in before.chunks if number not in session.chunks]
        is_new = not before.started
        return Write(
            before.session_id,
            before.version,
            self.uploads,
            session if is_new else None,
            False,
            removed,
            put,
        )
