"""What was spoken during a session: a recording to compare its audio with."""

from dataclasses import dataclass

from scribe_mock.audio.packed_fingerprint import PackedFingerprint
from scribe_mock.store.body import Body

#: Bytes of memory of a reference besides its data, rounded up.
_OWN_BYTES = 640


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording that can be decoded.

    Args:
        body: Its bytes.
        media_type: What they are.
        fingerprint: What it is compared by.
        fixture: The name of the file that it was read from; None for bytes that were sent.
    """

    body: Body
    media_type: str
    fingerprint: PackedFingerprint
    fixture: str | None = None

    @property
    def bytes(self) -> int:
        """How many bytes of memory it takes."""
        return (
            self.body.size
            + len(self.fingerprint.data)
            + len(self.fingerprint.loudness)
            + _OWN_BYTES
        )
