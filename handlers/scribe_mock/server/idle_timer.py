"""One timer for the many requests of a connection."""

import asyncio
from collections.abc import Callable


class IdleTimer:
    """Calls a function some seconds after the last `restart`.

    A restart only notes the time. When the timer of the event loop ends, it runs on for the rest.

    Args:
        loop: The event loop.
        seconds: From the last restart to the call.
        on_idle: Called without arguments; a later restart starts the timer again.
    """

    __slots__ = ("_loop", "_on_idle", "_restarted", "_seconds", "_timer")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, on_idle: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._on_idle = on_idle
        self._restarted = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def restart(self) -> None:
        """Start the timer, or let it begin anew."""
        self._restarted = self._loop.time()
        if self._timer is None:
            self._run_for(self._seconds)

    def stop(self) -> None:
        """Do not call the function."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run_for(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        rest = self._restarted + self._seconds - self._loop.time()
        if rest > 0:
            self._run_for(rest)
        else:
            self._on_idle()
