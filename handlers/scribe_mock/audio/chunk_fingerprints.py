"""The fingerprints of stored chunks: made once for the same bytes, kept within bounds."""

from collections import OrderedDict

from scribe_mock.audio.audio_errors import AudioError, WorkerLost
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.packed_fingerprint import PackedFingerprint
from scribe_mock.store.session_store import Parts

#: The most bytes of fingerprints that are kept; 15 hours of sound have as many.
MOST_BYTES = 64 * 1024 * 1024
#: What one counts as besides its data.
_OWN_BYTES = 512

#: The digests of a chunk and of the one whose header it needs; the second is empty for none.
_Key = tuple[str, str]


class ChunkFingerprints:
    """Makes the fingerprints of one server's chunks.

    Args:
        examiner: Decodes them.
        most_bytes: The most bytes that are kept.
    """

    def __init__(self, examiner: Examiner, most_bytes: int = MOST_BYTES) -> None:
        self._examiner = examiner
        self._most_bytes = most_bytes
        self._kept: OrderedDict[_Key, PackedFingerprint | None] = OrderedDict()
        self._bytes = 0

    async def of(
        self, digest: str, parts: Parts, head_digest: str = "", head: Parts = ()
    ) -> PackedFingerprint | None:
        """The fingerprint of a chunk; None if it can't be decoded.

        Args:
            digest: The SHA-256 of its bytes.
            parts: Its bytes.
            head_digest: That of the last chunk before it that can be decoded by itself.
            head: The bytes of that chunk; empty for none.
        """
        alone, behind = (digest, ""), (digest, head_digest)
        known = alone if self._kept.get(alone) is not None else behind
        if known in self._kept:
            self._kept.move_to_end(known)
            return self._kept[known]
        try:
            found = await self._examiner.fingerprint(parts, head)
        except WorkerLost:
            return None  # The chunk need not be the cause, so it may be tried again.
        except AudioError:
            found = None
        self._keep(alone if found is not None and found.alone else behind, found)
        return found

    def _keep(self, key: _Key, found: PackedFingerprint | None) -> None:
        if key not in self._kept:
            self._kept[key] = found
            self._bytes += _size(found)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(found: PackedFingerprint | None) -> int:
    return _OWN_BYTES + (len(found.data) + len(found.loudness) if found is not None else 0)
