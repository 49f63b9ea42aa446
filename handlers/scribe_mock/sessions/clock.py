"""The one clock that everything reads."""

import time
from datetime import UTC, datetime

#: No clock goes past this: 31 December 9999 is the last day that RFC 3339 can write.
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


class Clock:
    """Wall time that tests can freeze and push forward, never back."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.reset()

    def reset(self) -> None:
        """Run with the wall again."""
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        if self._frozen_at is not None:
            return self._frozen_at
        return time.time() + self._offset

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_at is not None

    @property
    def uptime_seconds(self) -> float:
        """Real seconds since the clock was made, whatever was advanced or frozen."""
        return time.monotonic() - self._started

    def advance(self, seconds: float) -> None:
        """Move forward by this many seconds, frozen or not."""
        if self._frozen_at is not None:
            self._frozen_at = min(self._frozen_at + seconds, _END_OF_TIME)
        else:
            self._offset = min(self._offset + seconds, _END_OF_TIME - time.time())

    def freeze(self) -> None:
        """Let time stand still."""
        self._frozen_at = self.now()

    def thaw(self) -> None:
        """Let time run on from where it stands."""
        if self._frozen_at is not None:
            self._offset = self._frozen_at - time.time()
            self._frozen_at = None


def rfc3339(timestamp: float) -> str:
    """A time as RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`."""
    moment = datetime.fromtimestamp(min(timestamp, _END_OF_TIME), UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
