"""What uses memory besides sessions and uploads, and how much of that counts for `--max-memory`."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from scribe_mock.store.session_store import SessionStore

#: Bytes of a fault and of an open WebSocket, estimated. A recording that is decoded
#: is there three times: in parts, as one, and in the process that decodes it.
FAULT_BYTES, STREAM_BYTES, DECODED_TIMES = 3_000, 128 * 1024, 3
#: So much is no part of `--max-memory`, like the program itself.
_ALLOWANCE = 50_000_000


class MemoryUse:
    """Counts what uses memory besides sessions and uploads.

    Args:
        store: Has the bound.
        measures: How many bytes each use takes, by its name.
    """

    def __init__(self, store: SessionStore, measures: Mapping[str, Callable[[], int]]) -> None:
        self._store = store
        self._measures = measures
        self._counted = 0

    def look(self) -> Mapping[str, int]:
        """Count what is in use now; returns the bytes of each use.

        Sessions that are over make room for what is more than the allowance.
        """
        used = {name: measure() for name, measure in self._measures.items()}
        more = max(0, sum(used.values()) - _ALLOWANCE)
        # It is there already, so it is counted also where there is no room for it.
        self._store.unclaim(self._counted - more)
        self._counted = more
        return used


def resident_bytes(processes: Iterable[int]) -> int | None:
    """The bytes of memory that this process and others use; None where no `/proc` tells."""
    found = 0
    for process in (os.getpid(), *processes):
        with suppress(OSError, ValueError):
            pages = int(Path(f"/proc/{process}/statm").read_bytes().split()[1])
            found += pages * os.sysconf("SC_PAGE_SIZE")
    return found or None
