"""One write of a session, of chunks, or of both: the arguments of `scripts/write.lua`."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scribe_mock.sessions.session import Session
from scribe_mock.store.redis.script import Script
from scribe_mock.store.redis.stored_chunk import StoredChunk
from scribe_mock.store.session_codec import encode_session
from scribe_mock.store.weights import CHUNK_BYTES, weight

#: Seconds of real time for which a session stays after it has expired, or would have: a week.
STAY_SECONDS = 7 * 86400
#: The longest time that a session is counted as open: a hundred years.
_LONGEST = 100 * 365 * 86400
#: No record, as the script has it.
_NO_RECORD = (b"", b"", 0, 0, b"", b"", b"", b"", b"")

_SCRIPT = Script.of("removal", "write")


class Put(NamedTuple):
    """A chunk to write.

    `parts` is how many parts its bytes have in Redis; 0 for those of a chunk that stays. `data` are
    its bytes, if they are not in Redis yet. `before` is the name of the bytes that it must have
    before, if that matters.
    """

    stored: StoredChunk
    parts: int = 0
    data: bytes | None = None
    before: bytes = b""


@dataclass(slots=True)
class Write:
    """What is written in one step, if the session is still as it was.

    Args:
        session_id: The session.
        version: Its version before; None if there must be no such session.
        uploads: How many writes of chunks it had before, if that matters.
        session: What it is to be; None for as it is.
        owned: Whether owner and stream are written too.
        removed: The numbers of chunks to remove.
        put: The chunks to write.
    """

    session_id: str
    version: int | None
    uploads: bytes = b""
    session: Session | None = None
    owned: bool = False
    removed: Sequence[int] = ()
    put: Sequence[Put] = field(default_factory=list)

    def command(self, prefix: str, most: int, claimed: int) -> Sequence[Any]:
        """The script with its arguments.

        Args:
            prefix: What all keys begin with.
            most: The bytes that all sessions may take.
            claimed: The bytes that this process uses besides.
        """
        expected = b"" if self.version is None else self.version
        arguments = [prefix, self.session_id, expected, self.uploads, most, claimed, CHUNK_BYTES]
        arguments += self._record()
        arguments += [len(self.removed), *self.removed, len(self.put)]
        for stored, parts, _, before in self.put:
            arguments += [stored.chunk.sequence, before, stored.encoded(), parts]
        return (_SCRIPT, 0, *arguments)

    def _record(self) -> Sequence[Any]:
        session = self.session
        if session is None:
            return _NO_RECORD
        session.version = secrets.randbits(53)
        done = session.outcome is not None
        return (
            encode_session(session),
            session.version,
            weight(session) - CHUNK_BYTES * len(session.chunks),
            int(min(max(session.expires_at - session.created_at, 0), _LONGEST)) + STAY_SECONDS,
            b"1" if done else b"0",
            session.done_at if done else session.expires_at,
            f"={session.owner}" if self.owned else b"",
            session.stream_id or b"",
            " ".join(document.document_id for document in session.documents),
        )
