"""What was spoken during a session: a recording that its audio is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from scribe_mock.testing.scope_calls import ScopeCalls

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

#: How long the mock may take to decode an hour, in seconds, on a busy machine too.
DECODING_SECONDS = 600.0


@dataclass(frozen=True)
class Reference:
    """What the mock knows of a reference; `fixture` is None for bytes that were sent."""

    duration_s: float
    media_type: str
    sha256: str
    fixture: str | None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """The reference that an answer has."""
        return cls(found["duration_s"], found["media_type"], found["sha256"], found["fixture"])


def put_reference(
    calls: ScopeCalls, session_id: str, audio: bytes | Path | str | None, fixture: str | None
) -> Reference:
    """Send a reference; see `ScopeSessions.put_reference`."""
    if (audio is None) is (fixture is None):
        raise TypeError("A reference is either audio (bytes or a path), or fixture=NAME.")
    content = audio if audio is None or isinstance(audio, bytes) else Path(audio).read_bytes()
    found = calls.send(
        "PUT",
        f"/sessions/{session_id}/reference",
        None if fixture is None else {"fixture": fixture},
        content=content,
        wait_seconds=DECODING_SECONDS,
    )
    return Reference.of(found)
