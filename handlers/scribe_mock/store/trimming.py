"""Gives memory back to the system after much of it was freed.

The C library keeps what was freed for later, also hundreds of megabytes. Its settings that give all
back at once (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD) double the processor time of an upload of 10 MiB.
"""

import asyncio
from collections.abc import Callable

#: So many bytes less than at the most are in use when memory is given back.
_STEP_BYTES = 32 * 1024 * 1024
#: Seconds until then: what frees much often frees more at once.
_DELAY_SECONDS = 0.3


class Trimming:
    """Watches how many bytes are in use. Use it in the event loop alone."""

    __slots__ = ("_most", "_waits")

    def __init__(self) -> None:
        self._most = 0
        self._waits = False

    def freed(self, before: int, now: int) -> None:
        """Some bytes were freed.

        Args:
            before: How many bytes were in use until then.
            now: How many are.
        """
        if before > self._most:
            self._most = before
        if self._most - now > _STEP_BYTES and not self._waits:
            self._waits = True
            asyncio.get_running_loop().call_later(_DELAY_SECONDS, self._begin, now)

    def _begin(self, now: int) -> None:
        self._waits = False
        self._most = now
        trim = _trim()
        if trim is not None:
            asyncio.get_running_loop().run_in_executor(None, trim, 0)


def _trim() -> Callable[[int], int] | None:
    """The function of the C library that gives memory back; only that of GNU has it."""
    import ctypes

    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
    return found
