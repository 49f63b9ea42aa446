"""The protocol of a store for sessions and their audio."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

from scribe_mock.sessions.changes import Changes
from scribe_mock.sessions.session import Chunk, Session

T = TypeVar("T")

#: The bytes of one chunk, as the parts in which they came; joining them would be a copy.
Parts = Sequence[bytes]

#: What one upload adds to a session: chunks and their bytes.
Pieces = Sequence[tuple[Chunk, Parts]]


class Intake(Protocol):
    """The bytes of an upload under way; leaving it releases what was not added to a session."""

    #: What has arrived, in bytes and as it came.
    size: int
    parts: list[bytes]

    def take(self, part: bytes) -> None:
        """Keep one more part; raises ServiceUnavailable when there is no room for it."""

    def release(self) -> None:
        """Give up the claim on memory; the parts are the session's now, or nobody's."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class SessionStore(Protocol):
    """Sessions and their audio, bounded in memory.

    Every change is atomic: concurrent calls see one order (CONTRACT.md, "States"). Sessions that
    are handed out are to be read; `change` and `add_upload` alone write.
    """

    #: Notes every change, for those who watch.
    changes: Changes

    async def create(self, session: Session) -> None:
        """Keep a new session; raises SessionExists, ServiceUnavailable."""

    async def get(self, session_id: str) -> Session:
        """A session; raises SessionNotFound."""

    async def find_stream(self, stream_id: str) -> Session:
        """The session whose upload_url has this stream_id; raises SessionNotFound."""

    async def change(self, session_id: str, change: Callable[[Session], T]) -> T:
        """Let `change` alter a session; raises SessionNotFound and what `change` raises."""

    def intake(self, expected: int) -> Intake:
        """Begin an upload of `expected` bytes (0: unknown); raises ServiceUnavailable."""

    async def add_upload(
        self, admitted: Session, intake: Intake, pieces: Callable[[Session], Pieces]
    ) -> Pieces:
        """Add what `pieces` makes of the session, all or nothing, and end the intake's claim.

        Args:
            admitted: The session as it was when the upload began.
            intake: The upload's bytes.
            pieces: Makes chunks of them, given the session as it is now.

        Raises:
            SessionNotFound: it is gone, also when another one has its id now.
            SessionExpired, SessionEnded, SessionCompleted: it is not open.
            ServiceUnavailable: there is no room.
        """

    async def audio(self, session_id: str, sequence: int) -> Parts:
        """The bytes of one chunk; raises SessionNotFound, ChunkNotFound."""

    async def digests(self, session_id: str) -> Mapping[int, str]:
        """SHA-256 in hex of every chunk that is there when asked; raises SessionNotFound."""

    async def replace(self, session: Session, audio: dict[int, Parts]) -> None:
        """Keep a session with its audio, in place of one with the same id."""

    async def delete(self, session_id: str) -> None:
        """Forget a session; raises SessionNotFound."""

    async def all(self) -> Sequence[Session]:
        """Every session, in order of creation."""

    async def clear(self) -> None:
        """Forget all sessions."""

    async def usage(self) -> tuple[int, int]:
        """How many sessions there are, and how many bytes of audio."""
