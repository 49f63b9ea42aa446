"""A clock: the time that sessions, tokens and webhooks go by. `clocks` has all of a server."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: The latest time of a clock: RFC 3339 cannot write a year after 9999.
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


class Clock:
    """The system's time, or another clock's, which tests can freeze and move forward, not back.

    Args:
        base: Finds the clock that this one goes by; without it, the system's time.
    """

    __slots__ = ("_base", "_frozen_at", "_offset", "_started")

    def __init__(self, base: "Callable[[], Clock] | None" = None) -> None:
        self._base = base
        self._started = time.monotonic()
        self.reset()

    def reset(self) -> None:
        """Show the time of the base again."""
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        if self._frozen_at is not None:
            return self._frozen_at
        if self._base is None:
            return time.time() + self._offset
        return self._base().now() + self._offset

    def setting(self) -> tuple[float, float | None]:
        """How far it is ahead of its base, and at which time it stands still, if it does."""
        return self._offset, self._frozen_at

    def restore(self, offset: float, frozen_at: float | None) -> None:
        """Show the time of a clock with this `setting`."""
        self._offset, self._frozen_at = offset, frozen_at

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still, itself or with the clock that it goes by."""
        return self._frozen_at is not None or (self._base is not None and self._base().frozen)

    @property
    def uptime_seconds(self) -> float:
        """Real seconds since the clock was made, not counting what was advanced or frozen."""
        return time.monotonic() - self._started

    def advance(self, seconds: float) -> None:
        """Move forward by this many seconds, frozen or not."""
        step = max(0.0, min(seconds, _END_OF_TIME - self.now()))
        if self._frozen_at is not None:
            self._frozen_at += step
        else:
            self._offset += step

    def freeze(self) -> None:
        """Stop the clock."""
        self._frozen_at = self.now()

    def thaw(self) -> None:
        """Let the clock run on from its current time, as fast as the clock that it goes by."""
        if self._frozen_at is not None:
            stopped_at, self._frozen_at = self._frozen_at, None
            self._offset = 0.0
            self._offset = stopped_at - self.now()


def system_time() -> float:
    """The system's own time, in seconds since 1970: for timers alone."""
    return time.time()


def parse_rfc3339(text: str) -> float:
    """The time in a text, in seconds since 1970; raises ValueError for another form."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text.upper():
        raise ValueError(text)
    return moment.timestamp()


def rfc3339(timestamp: float) -> str:
    """A time as RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(min(timestamp, _END_OF_TIME), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
