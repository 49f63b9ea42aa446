"""A counter of changes, and a way to wait for the next one."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from scribe_mock.sessions.session import Session

#: Is told the id of a session that was stored or changed, with the session; None if it is gone.
Watcher = Callable[[str, Session | None], None]


class Changes:
    """The revision of one server's store. Use it in the server's event loop alone."""

    def __init__(self) -> None:
        self.revision = 0
        self._waiting: set[asyncio.Future[None]] = set()
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of each session whose fields change, except for its audio."""
        self._watchers.append(watcher)

    def note_session(self, session_id: str, session: Session | None) -> None:
        """Tell all watchers of a session; `note` is called besides."""
        for watcher in self._watchers:
            watcher(session_id, session)

    def note(self) -> None:
        """Increase the revision, and end all waits."""
        self.revision += 1
        self.wake()

    def wake(self) -> None:
        """End all waits."""
        while self._waiting:
            waiting = self._waiting.pop()
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, since: int, seconds: float) -> int:
        """The revision, as soon as it is not `since`, or after `seconds` at the latest."""
        if self.revision == since:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            with suppress(TimeoutError):
                await asyncio.wait_for(waiting, seconds)
            self._waiting.discard(waiting)
        return self.revision
