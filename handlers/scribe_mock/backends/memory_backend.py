"""A server that has all in its own memory, and shares nothing."""

from collections.abc import Awaitable, Callable

from scribe_mock.backends.assembly import Assembly
from scribe_mock.errors import ApiError
from scribe_mock.settings import Settings
from scribe_mock.sharing.sharing import ALONE, Sharing
from scribe_mock.steering.held import Held
from scribe_mock.steering.journal import Journal
from scribe_mock.steering.lock_step import LockStep
from scribe_mock.store.memory import MemoryStore
from scribe_mock.store.session_store import SessionStore


class MemoryBackend:
    """Makes the parts of a server that depend on where its state is.

    Args:
        settings: How the server was started.
    """

    #: What has to know of each change of the steering state.
    sharing: Sharing = ALONE
    #: Learns before a request what other servers have changed, and returns why that is not
    #: possible; None for a server that is alone.
    look: Callable[[str], Awaitable[ApiError | None]] | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make_journal(self, parts: Assembly) -> Journal:
        """The journal."""
        return Journal(self._settings.journal_size, parts.clocks)

    def make_store(self, parts: Assembly) -> SessionStore:
        """The store of sessions and their audio."""
        let_go = parts.journal.digests.let_go
        return MemoryStore(parts.clocks, self._settings.max_memory, let_go)

    def make_lock_step(self, held: Held) -> LockStep:
        """Lists and releases the requests that wait."""
        return LockStep(held)

    async def start(self, parts: Assembly) -> None:
        """Make what a fresh server has, or have what is there already; raises StoreError."""
        await parts.resets.plant()

    async def leave(self) -> None:
        """Leave alone what is outside: the server stops, and what its parts do is their own."""

    async def close(self) -> None:
        """End the work with what is outside."""
