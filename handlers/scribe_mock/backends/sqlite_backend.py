"""A server whose state is in a file too."""

from pathlib import Path

from scribe_mock.backends.assembly import Assembly
from scribe_mock.backends.memory_backend import MemoryBackend
from scribe_mock.backends.mirrors import mirrors, plant, signing_keys
from scribe_mock.settings import Settings
from scribe_mock.sharing.kept import Kept
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.sqlite.database import Database
from scribe_mock.store.sqlite.sqlite_store import SqliteStore


class SqliteBackend(MemoryBackend):
    """Makes the parts of a server that writes each change to a file.

    Args:
        settings: How the server was started.
        file: The file.

    Raises:
        StoreError: it can't be used.
    """

    def __init__(self, settings: Settings, file: Path) -> None:
        super().__init__(settings)
        self._database = Database(file)
        self.sharing = self._kept = Kept(self._database)

    def make_store(self, parts: Assembly) -> SessionStore:
        """The store of sessions and their audio."""
        let_go = parts.journal.digests.let_go
        return SqliteStore(parts.clocks, self._settings.max_memory, let_go, self._database)

    async def start(self, parts: Assembly) -> None:
        """Have what the file has, or make what a fresh server has; raises StoreError."""
        await self._kept.begin(mirrors(parts), signing_keys(parts), lambda: plant(parts))

    async def leave(self) -> None:
        """Write the last changes."""
        await self._kept.leave()

    async def close(self) -> None:
        """Close the file."""
        await self._database.close()
