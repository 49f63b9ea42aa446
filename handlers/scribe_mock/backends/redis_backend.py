"""One of several servers that have their state in Redis."""

from scribe_mock.backends.assembly import Assembly
from scribe_mock.backends.memory_backend import MemoryBackend
from scribe_mock.backends.mirrors import mirrors, plant, signing_keys
from scribe_mock.server.exchange import PastExchange
from scribe_mock.settings import Settings
from scribe_mock.sharing.shared import Shared
from scribe_mock.sharing.shared_journal import SharedJournal
from scribe_mock.sharing.shared_lock_step import SharedLockStep
from scribe_mock.sharing.webhook_sender import WebhookSender
from scribe_mock.steering.held import Held
from scribe_mock.store.redis.connection import Connection
from scribe_mock.store.redis.sessions import RedisStore
from scribe_mock.store.session_store import SessionStore


class RedisBackend(MemoryBackend):
    """Makes the parts of a server that has its state in common with others.

    Args:
        settings: How the server was started.

    Raises:
        StoreError: Redis can't be used.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._redis = Connection(settings.store, durable=settings.redis_durable)
        self._redis.check()
        self.sharing = self._shared = Shared(self._redis)
        self.look = self._shared.look
        self._sender: WebhookSender | None = None

    def make_journal(self, parts: Assembly) -> SharedJournal:
        """The journal of all servers."""
        size, peers = self._settings.journal_size, self._shared.peers
        self._journal = SharedJournal(size, parts.clocks, self._redis, peers, PastExchange)
        return self._journal

    def make_store(self, parts: Assembly) -> SessionStore:
        """The store of sessions and their audio."""
        changes = self._shared.changes
        return RedisStore(self._redis, parts.clocks, self._settings.max_memory, changes)

    def make_lock_step(self, held: Held) -> SharedLockStep:
        """Lists and releases the requests that wait at any server."""
        self._lock_step = SharedLockStep(held, self._shared.peers)
        return self._lock_step

    async def start(self, parts: Assembly) -> None:
        """Have what the other servers have, or make what a fresh server has; raises StoreError."""
        sender = self._sender = self._make_sender(parts)
        await self._shared.join(
            mirrors(parts),
            signing_keys(parts),
            lambda: plant(parts),
            self._journal,
            [self._journal, parts.held, parts.streams, sender],
            sender.flush,
            parts.streams.settle_own,
            {**self._lock_step.handlers(), **sender.handlers()},
        )
        await sender.join()

    async def leave(self) -> None:
        """Let another server send the webhooks, and tell the others of the last changes."""
        if self._sender is not None:
            await self._sender.leave()
        await self._shared.leave()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close()

    def _make_sender(self, parts: Assembly) -> WebhookSender:
        """Lets one server after the other send the webhooks."""
        webhooks = parts.webhooks
        webhooks.sender = WebhookSender(
            self._redis,
            self._shared.peers,
            self._shared,
            parts.store,
            parts.clocks,
            parts.faults,
            webhooks.registry,
            webhooks.following,
            webhooks.deliveries,
        )
        return webhooks.sender
