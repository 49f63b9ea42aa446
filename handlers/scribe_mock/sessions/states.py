"""The states of a session (CONTRACT.md, "States")."""

from enum import StrEnum


class State(StrEnum):
    """A session's state; the value is the `status` in its JSON forms."""

    CREATED = "created"
    RECORDING = "recording"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def done(self) -> bool:
        """Whether processing has finished, whatever its outcome."""
        return self in (State.COMPLETED, State.PARTIAL, State.FAILED)
