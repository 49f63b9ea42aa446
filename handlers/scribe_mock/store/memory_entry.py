"""A session in the memory store, and how many bytes of memory it counts as."""

from scribe_mock.sessions.session import Session
from scribe_mock.store.body import Body
from scribe_mock.store.reference import Reference
from scribe_mock.store.weights import weight


class MemoryEntry:
    """A session with its audio and its reference, and how many bytes each counts as.

    Args:
        session: The session.
        audio: The bytes of its chunks, by sequence number.
        reference: What was spoken, if that is known.
    """

    __slots__ = ("audio", "audio_bytes", "own_bytes", "reference", "session")

    def __init__(
        self, session: Session, audio: dict[int, Body], reference: Reference | None = None
    ) -> None:
        self.session = session
        self.audio = audio
        self.reference = reference
        self.audio_bytes = sum(body.size for body in audio.values())
        self.own_bytes = weight(session)

    @property
    def reference_bytes(self) -> int:
        """The bytes of the reference."""
        return 0 if self.reference is None else self.reference.bytes

    @property
    def bytes(self) -> int:
        """All its bytes."""
        return self.own_bytes + self.audio_bytes + self.reference_bytes
