"""The mock's clock, as one scope has it."""

import datetime
from typing import Any

from scribe_mock.testing.journal import moment
from scribe_mock.testing.scope_calls import ScopeCalls

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True


class ScopeClock:
    """Moves, stops and reads the clock of one scope; it never goes back."""

    def __init__(self, calls: ScopeCalls) -> None:
        self._calls = calls

    @property
    def now(self) -> datetime.datetime:
        """The time on this clock, in UTC."""
        return moment(self._calls.ask("/clock")["now"])

    def advance(
        self,
        seconds: float = 0,
        *,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> None:
        """Move forward by the sum of these."""
        step = datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._set(advance_seconds=step.total_seconds())

    def freeze(self) -> None:
        """Stop the clock; `advance` still moves it."""
        self._set(freeze=True)

    def thaw(self) -> None:
        """Let the clock run on from its time."""
        self._set(freeze=False)

    def _set(self, **change: Any) -> None:
        self._calls.change("POST", "/clock", **change)
