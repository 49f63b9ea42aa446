"""When the next request may be sent: `--rate`, and the waits that a server asks for with 429."""

import asyncio
import math
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scribe_mock.contract.transport.message import Answer

#: Seconds to wait after a 429 that does not say how long.
_UNSAID = 1.0
#: The shortest pause, in seconds, and how many in a row without another answer make no sense.
_SHORTEST, _MOST_PAUSES = 0.2, 15
#: After a 429 this part of the rate before it is used, at least so many requests a second; each
#: request that follows makes it a little faster again.
_SLOWER, _SLOWEST, _FASTER = 0.7, 1.0, 1.01


class Pace:
    """Spaces the requests of all connections.

    Args:
        rate: Most requests a second; None for no limit.
    """

    def __init__(self, rate: float | None = None) -> None:
        self._most = math.inf if rate is None else rate
        #: Requests a second for now: at most `rate`, and less after a 429.
        self.rate = self._most
        #: Seconds that the server made the run wait.
        self.waited = 0.0
        self._pauses = 0
        self._line = asyncio.Lock()
        self._next = 0.0
        self._paused_until = 0.0
        self._recent: deque[float] = deque(maxlen=1000)

    @property
    def remark(self) -> str:
        """What a report says about waiting; empty if there was none."""
        waited = f"The server answered 429, so the check waited for {self.waited:.0f} s"
        return f"{waited}; --rate N may avoid that." if self.waited else ""

    @property
    def hopeless(self) -> str:
        """Why nothing more is sent: many pauses in a row brought nothing but 429; or empty."""
        if self._pauses <= _MOST_PAUSES:
            return ""
        return f"the server answers nothing but 429, also after {_MOST_PAUSES} waits; try --rate N"

    def note(self, answer: Answer) -> None:
        """Learn from an answer that it need not wait any more."""
        if answer.status != 429:
            self._pauses = 0

    async def turn(self, count: int = 1) -> None:
        """Wait until so many requests may be sent together; waiters are served in order."""
        async with self._line:
            while True:
                left = self._due(count) - time.monotonic()
                if left <= 0:
                    break
                await asyncio.sleep(left)  # a pause may begin meanwhile
            now = time.monotonic()
            self._recent.extend([now] * count)
            self._next = now + count / self.rate
            self.rate = min(self._most, self.rate * _FASTER**count)

    def _due(self, count: int) -> float:
        return self._next + (count - 1) / self.rate

    def obey(self, answer: Answer, longest: float) -> str:
        """Pause as long as a 429 asks; returns why not if that is longer than so many seconds."""
        seconds = retry_after(answer)
        if seconds > longest:
            return (
                f"the server answers 429 and asks for {seconds:g} seconds, more than {longest:g};"
                " a longer --patience waits for it, --rate N may avoid it"
            )
        self.pause(seconds)
        return ""

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, and then fewer requests a second than now."""
        now, seconds = time.monotonic(), max(seconds, _SHORTEST)
        if now >= self._paused_until:
            self._pauses += 1
            self.rate = min(self.rate, max(_SLOWEST, _SLOWER * self._now(now)))
        self.waited += max(0.0, now + seconds - max(now, self._paused_until))
        self._paused_until = max(self._paused_until, now + seconds)
        self._next = max(self._next, self._paused_until)

    def _now(self, now: float) -> float:
        """How many requests a second are being sent."""
        recent = [moment for moment in self._recent if moment > now - 1]
        return len(recent) / max(now - recent[0], 0.1) if recent else _SLOWEST


def retry_after(answer: Answer) -> float:
    """Seconds that an answer asks to wait: a number or an HTTP date (RFC 9110, section 10.2.3)."""
    text = (answer.header("retry-after") or "").strip()
    with suppress(ValueError):
        seconds = float(text)
        return seconds if 0 <= seconds < math.inf else _UNSAID
    until = _date(text)
    if until is None:
        return _UNSAID
    now = _date(answer.header("date") or "") or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
