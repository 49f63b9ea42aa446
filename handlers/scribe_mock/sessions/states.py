"""Where a session can stand (CONTRACT.md, "States")."""

from enum import StrEnum


class State(StrEnum):
    """Where a session stands; also the `status` of its public form."""

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
