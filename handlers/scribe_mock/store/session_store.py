"""The protocol of a store for sessions and their audio."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from scribe_mock.sessions.changes import Changes
from scribe_mock.sessions.chunk import Chunk
from scribe_mock.sessions.diagnosis import Diagnosis
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.reference import Reference

T = TypeVar("T")

#: The bytes of one chunk in the parts in which they arrived; joining them would copy them.
Parts = Sequence[bytes]

#: The chunks that one upload adds to a session, each with its bytes.
Pieces = Sequence[tuple[Chunk, Parts]]


class Intake(Protocol):
    """The bytes of an upload in progress, as a context manager.

    On exit it releases the memory of bytes that were not added to a session.
    """

    #: The number of bytes that have arrived, and the parts in which they did.
    size: int
    parts: list[bytes]
    #: What is stored of them; an equal one that was stored before stays stored instead.
    body: Body

    def take(self, part: bytes) -> Awaitable[None] | None:
        """Add one more part; what is returned has to be awaited before the next one.

        Either raises ServiceUnavailable when there is no memory for it.
        """

    def release(self) -> None:
        """Stop counting the parts as an upload in progress."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class SessionStore(Protocol):
    """Sessions and their audio, bounded in memory.

    Every change is atomic: concurrent calls see one order (CONTRACT.md, "States"). Sessions that
    the store returns are read-only; only `change` and `add_upload` write.
    """

    #: Counts every change.
    changes: Changes

    async def create(self, session: Session) -> None:
        """Store a new session; raises SessionExists, ServiceUnavailable."""

    async def get(self, session_id: str) -> Session:
        """A session; raises SessionNotFound."""

    async def head(self, session_id: str) -> Session:
        """A session, for what needs no chunks of it: there may be none; raises SessionNotFound."""

    async def find_stream(self, stream_id: str) -> Session:
        """The session whose upload_url has this stream_id; raises SessionNotFound."""

    async def find_document(self, document_id: str) -> Session:
        """The session that has this document, also a deleted one; raises DocumentNotFound."""

    async def change(self, session_id: str, change: Callable[[Session], T]) -> T:
        """Apply `change` to a session; raises SessionNotFound and what `change` raises.

        Returns what `change` returns. If it raises, the session stays as it was.
        """

    async def intake(self, expected: int, *, whole: bool = True) -> Intake:
        """Begin an upload; raises ServiceUnavailable.

        Args:
            expected: How many bytes it has; 0 for unknown.
            whole: Whether all its parts are read before it is stored; else the first 32 KiB are
                enough, and a store may keep no more of them in memory.
        """

    async def add_upload(
        self, admitted: Session, intake: Intake, pieces: Callable[[Session], Pieces]
    ) -> Pieces:
        """Add the chunks of one upload, all or none, and release the intake.

        Args:
            admitted: The session as it was at the beginning of the upload.
            intake: The upload's bytes.
            pieces: Makes the chunks, given the session as it is now.

        Raises:
            SessionNotFound: it was deleted, or another session has its id now.
            SessionExpired, SessionEnded, SessionCompleted: it accepts no audio any more.
            ServiceUnavailable: there is no memory left.
        """

    async def diagnose(self, session_id: str, chunk: Chunk, diagnosis: Diagnosis) -> None:
        """Store what was found out about a chunk, unless it was replaced; raises SessionNotFound.

        It costs the same for sessions of any size.
        """

    async def learn_digests(self, session_id: str) -> None:
        """Compute the SHA-256 of the chunks that have none yet; raises SessionNotFound.

        They are told to the session's `chunks`, which say then whether some are there twice.
        """

    async def audio(self, session_id: str, sequence: int) -> Parts:
        """The bytes of one chunk; raises SessionNotFound, ChunkNotFound."""

    async def digests(self, session: Session) -> Mapping[int, str]:
        """The SHA-256, in hex, of each chunk that a session has now; raises SessionNotFound.

        A store may give those that it had when it was read.
        """

    async def reference(self, session_id: str) -> Reference | None:
        """What was spoken during a session, if that was put; raises SessionNotFound.

        Its body need not have the bytes.
        """

    async def reference_audio(self, session_id: str) -> Parts:
        """The bytes of a session's reference; none without one."""

    async def put_reference(
        self, session_id: str, generation: int, intake: Intake, reference: Reference
    ) -> None:
        """Store what was spoken during a session, and release the intake.

        Args:
            session_id: The session.
            generation: That of the session as it was when the reference began to arrive.
            intake: Where it arrived.
            reference: What was made of it.

        Raises:
            SessionNotFound: it was deleted, or another session has its id now.
            ServiceUnavailable: there is no memory left.
        """

    async def forget_reference(self, session_id: str) -> None:
        """Forget what was spoken during a session; raises SessionNotFound."""

    async def replace(self, session: Session, audio: Mapping[int, Parts]) -> None:
        """Store a session, replacing one with the same id, but not its reference.

        Args:
            session: The session.
            audio: The bytes of its chunks, by their numbers; a chunk of the session that it
                replaces keeps its bytes without.
        """

    async def delete(self, session_id: str) -> None:
        """Delete a session; raises SessionNotFound."""

    async def all(self) -> Sequence[Session]:
        """Every session, in order of creation."""

    def claim(self, size: int) -> None:
        """Count bytes that are used outside the sessions; raises ServiceUnavailable."""

    def unclaim(self, size: int) -> None:
        """Stop counting bytes that `claim` counted."""

    async def of_owner(self, owner: str) -> Sequence[Session]:
        """The sessions of an owner, in order of creation."""

    async def forget(self, scope: Scope) -> None:
        """Delete the sessions of a scope."""

    async def usage(self) -> tuple[int, int]:
        """The number of sessions, and the bytes of audio."""
