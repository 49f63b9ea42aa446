"""The one clock of a server."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: The latest time of a clock: RFC 3339 cannot write a year after 9999.
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


class Clock:
    """The system's time, which tests can freeze and move forward, but not back."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._watchers: list[Callable[[], None]] = []
        self.reset()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` whenever the clock is moved, stopped or started."""
        self._watchers.append(watcher)

    def _moved(self) -> None:
        for watcher in self._watchers:
            watcher()

    def reset(self) -> None:
        """Follow the system's time again."""
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._moved()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        if self._frozen_at is not None:
            return self._frozen_at
        return time.time() + self._offset

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None

    @property
    def uptime_seconds(self) -> float:
        """Real seconds since the clock was made, not counting what was advanced or frozen."""
        return time.monotonic() - self._started

    def advance(self, seconds: float) -> None:
        """Move forward by this many seconds, frozen or not."""
        if self._frozen_at is not None:
            self._frozen_at = min(self._frozen_at + seconds, _END_OF_TIME)
        else:
            self._offset = min(self._offset + seconds, _END_OF_TIME - time.time())
        self._moved()

    def freeze(self) -> None:
        """Stop the clock."""
        self._frozen_at = self.now()
        self._moved()

    def thaw(self) -> None:
        """Let the clock run on from its current time."""
        if self._frozen_at is not None:
            self._offset = self._frozen_at - time.time()
            self._frozen_at = None
            self._moved()


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
