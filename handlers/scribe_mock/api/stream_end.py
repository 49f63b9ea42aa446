"""Says when the server ends a live stream by itself."""

import asyncio
from itertools import count

from scribe_mock.errors import SessionNotFound
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session

#: Seconds without a message after which the server closes a socket.
IDLE_SECONDS = 60.0

_numbers = count()


class StreamEnd:
    """The end of one socket: its client is silent, or its session is gone.

    How long it is silent, the clock of its session says.

    Args:
        clocks: All clocks.
        alarm: Waits for the end of the time.
        session: The session of the socket.
    """

    def __init__(self, clocks: Clocks, alarm: Alarm, session: Session) -> None:
        self._clocks = clocks
        self._alarm = alarm
        self._session = session
        self._key = f"stream {next(_numbers)}"
        #: Gets the reason for which the server is to close the socket.
        self.reached: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard()
        self._wait()

    def heard(self) -> None:
        """A message has come."""
        self._until = self._clocks.of(self._session).now() + IDLE_SECONDS

    def forget(self, scope: Scope) -> None:
        """Close the socket if a scope has its session: that is gone."""
        if scope.covers(self._session.session_id, self._session.owner):
            self._reach(SessionNotFound.code)

    def stop(self) -> None:
        """Wait no more: the socket is closed."""
        self._alarm.cancel(self._key)

    def _reach(self, reason: str) -> None:
        if not self.reached.done():
            self.reached.set_result(reason)

    def _wait(self) -> None:
        session = self._session
        self._alarm.set(
            self._key, self._until, self._look, session_id=session.session_id, owner=session.owner
        )

    def _look(self) -> None:
        if self._clocks.of(self._session).now() >= self._until:
            self._reach(f"no message for {IDLE_SECONDS:g} seconds")
        else:
            self._wait()
