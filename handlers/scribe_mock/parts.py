"""The parts of one server, and how they are put together."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from scribe_mock.api.callers import Callers
from scribe_mock.api.comparisons import Comparisons
from scribe_mock.api.deeds import Deeds
from scribe_mock.api.examinations import Examinations
from scribe_mock.api.following_audio import FollowingAudio
from scribe_mock.api.resets import Part, Resets
from scribe_mock.api.services import Services
from scribe_mock.api.signed_addresses import SignedAddresses
from scribe_mock.api.stream import Streams
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.scenarios.fixture_faults import FixtureFaults
from scribe_mock.scenarios.fixtures import Fixtures, load_fixtures
from scribe_mock.scenarios.reloading import LoadProblems
from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.server.exchange import PastExchange
from scribe_mock.server.steering.requests import SteeredRequests
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.settings import Settings
from scribe_mock.sharing.sharing import ALONE, Sharing
from scribe_mock.spec import SpecFile, shipped
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held
from scribe_mock.steering.journal import Journal
from scribe_mock.steering.lock_step import LockStep
from scribe_mock.steering.metrics import Metrics
from scribe_mock.steering.reading import FaultReader
from scribe_mock.steering.shared_metrics import OwnPlace
from scribe_mock.store.memory import MemoryStore
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates
from scribe_mock.store_address import MEMORY, is_redis, sqlite_file
from scribe_mock.webhooks.webhooks import Webhooks

if TYPE_CHECKING:
    from scribe_mock.sharing.kept import Kept
    from scribe_mock.sharing.mirror import Mirror
    from scribe_mock.sharing.planted import SigningKeys
    from scribe_mock.sharing.shared import Shared
    from scribe_mock.sharing.webhook_sender import WebhookSender
    from scribe_mock.store.redis.connection import Connection
    from scribe_mock.store.sqlite.database import Database


class Parts:
    """The parts of one server, each made once; two servers share none.

    Args:
        settings: How the server was started.
        place: Where its figures are, if it is one of several processes.

    Raises:
        SpecError, FixtureError: a file named in the settings is missing or broken.
        SettingsError: the fixtures have no such scenario.
    """

    def __init__(self, settings: Settings, place: OwnPlace | None = None) -> None:
        self.settings = settings
        self.place = place
        self.spec = SpecFile(settings.spec or shipped("openapi.yaml"))
        self.control_spec = SpecFile(shipped("control.yaml"))
        self.clocks = Clocks()
        self.alarm = Alarm(self.clocks)
        self.faults, self.held = Faults(), Held()
        self.problems = LoadProblems()
        # The order counts: the webhooks need the clock of a session that is gone once more.
        self.store.changes.watch(self.faults.session_changed)
        self.webhooks = Webhooks(self.clocks, self.alarm, self.store, self.faults, self.journal)
        self.store.changes.watch(self.clocks.session_changed)

    @cached_property
    def fixtures(self) -> Fixtures:
        """The scenarios, and what a fresh server has."""
        settings = self.settings
        return load_fixtures(settings.fixtures, settings.scenario, settings.max_memory)

    @cached_property
    def journal(self) -> Journal:
        """What arrives."""
        size = self.settings.journal_size
        if self.shared is None or self.redis is None:
            return Journal(size, self.clocks)
        from scribe_mock.sharing.shared_journal import SharedJournal

        peers = self.shared.peers
        return SharedJournal(size, self.clocks, self.redis, peers, PastExchange)

    @cached_property
    def metrics(self) -> Metrics:
        """Counts the requests."""
        return Metrics(self.faults.fired, lambda: self.examiner.busy_seconds)

    @cached_property
    def redis(self) -> "Connection | None":
        """The connections to Redis, if that is the store."""
        if not is_redis(self.settings.store):
            return None
        # Imported only where it is used: it takes a tenth of the time of a start.
        from scribe_mock.store.redis.connection import Connection

        return Connection(self.settings.store, durable=self.settings.redis_durable)

    @cached_property
    def database(self) -> "Database | None":
        """The file that all is in, if that is the store."""
        file = sqlite_file(self.settings.store)
        if file is None:
            return None
        from scribe_mock.store.sqlite.database import Database

        return Database(file)

    @cached_property
    def store(self) -> SessionStore:
        """The sessions and their audio."""
        store = self._store()
        self.journal.watch(store.changes.note)
        return store

    def _store(self) -> SessionStore:
        settings = self.settings
        if settings.store == MEMORY:
            return MemoryStore(self.clocks, settings.max_memory, self.journal.digests.let_go)
        if self.redis is not None:
            from scribe_mock.store.redis.sessions import RedisStore

            assert self.shared is not None
            changes = self.shared.changes
            return RedisStore(self.redis, self.clocks, settings.max_memory, changes)
        assert self.database is not None, "there is no other store"
        from scribe_mock.store.sqlite.sqlite_store import SqliteStore

        let_go = self.journal.digests.let_go
        return SqliteStore(self.clocks, settings.max_memory, let_go, self.database)

    @cached_property
    def seeder(self) -> Seeder:
        """Puts sessions into a state."""
        return Seeder(self.settings, self.clocks, self.store, self.fixtures)

    @cached_property
    def templates(self) -> Templates:
        """The server's templates, and those of its callers."""
        return Templates(self.store, self.fixtures.templates, self.seeder.owner)

    @cached_property
    def tokens(self) -> Tokens:
        """Makes the tokens of login and refresh."""
        return Tokens(self.clocks)

    @cached_property
    def callers(self) -> Callers:
        """Finds out whose a request is."""
        return Callers(self.tokens)

    @cached_property
    def addresses(self) -> SignedAddresses:
        """Signs the addresses that need no token."""
        return SignedAddresses()

    @cached_property
    def kept(self) -> "Kept | None":
        """The steering state in a file, if that is the store."""
        if self.database is None:
            return None
        from scribe_mock.sharing.kept import Kept

        return Kept(self.database)

    @cached_property
    def shared(self) -> "Shared | None":
        """What other servers have of this one, if there can be others."""
        if self.redis is None:
            return None
        from scribe_mock.sharing.shared import Shared

        return Shared(self.redis)

    @property
    def sharing(self) -> Sharing:
        """What has to know of each change of the steering state."""
        return self.shared or self.kept or ALONE

    @cached_property
    def documented(self) -> Documented:
        """The answers of the spec."""
        return Documented(self.spec)

    @cached_property
    def fault_reader(self) -> FaultReader:
        """Reads faults from JSON."""
        return FaultReader(self.documented, self.store, self.callers.of_text)

    @cached_property
    def fixture_faults(self) -> FixtureFaults:
        """The faults of a fresh server."""
        folder, owner = self.settings.fixtures, self.seeder.owner
        return FixtureFaults(folder, self.fixtures, owner, self.fault_reader, self.faults)

    @cached_property
    def steering(self) -> SteeredRequests:
        """Lets requests meet their faults."""
        return SteeredRequests(
            self.faults,
            self.held,
            self.documented,
            self.store,
            self.tokens,
            self.callers,
            self.clocks,
            self.sharing,
        )

    @cached_property
    def examiner(self) -> Examiner:
        """Cuts recordings and examines chunks."""
        settings = self.settings
        limits = Limits(
            settings.max_audio_seconds, settings.max_audio_work, settings.max_audio_wait
        )
        return Examiner(
            self.store,
            limits,
            strict=settings.strict_audio,
            most_waiting=settings.max_recordings,
        )

    @cached_property
    def following_audio(self) -> FollowingAudio:
        """Knows whose transcripts follow the audio."""
        return FollowingAudio(self.settings, self.fixtures, self.examiner)

    @cached_property
    def streams(self) -> Streams:
        """The open WebSockets."""
        return Streams(self.store, self.clocks, self.alarm, self.examiner, self.sharing)

    @cached_property
    def examinations(self) -> Examinations:
        """The scenarios that are armed for clients of people."""
        faults, reader, lock_step = self.faults, self.fault_reader, self.lock_step
        deeds = Deeds(faults, reader, lock_step, self.store, self.clocks, self.sharing)
        return Examinations(faults, reader, lock_step, deeds)

    @cached_property
    def lock_step(self) -> LockStep:
        """Lists and releases the requests that wait."""
        if self.shared is None:
            return LockStep(self.held)
        from scribe_mock.sharing.shared_lock_step import SharedLockStep

        return SharedLockStep(self.held, self.shared.peers)

    @cached_property
    def resets(self) -> Resets:
        """Brings the server, or a scope of it, back to the start."""
        parts: list[Part] = [
            self.webhooks,
            self.streams,
            self.clocks,
            self.templates,
            self.examinations,
            self.fixture_faults,
            self.held,
            self.tokens,
        ]
        return Resets(
            self.store,
            parts,
            journal=self.journal,
            seeder=self.seeder,
            templates=self.templates,
            webhooks=self.webhooks,
            sharing=self.sharing,
        )

    @cached_property
    def services(self) -> Services:
        """What the operations work with."""
        return Services(
            self.settings,
            self.clocks,
            self.store,
            self.fixtures,
            self.seeder,
            self.examiner,
            self.following_audio,
            Comparisons(self.store, self.examiner, self.following_audio),
            self.streams,
            self.templates,
            self.tokens,
            self.callers,
            self.addresses,
            self.webhooks,
            self.faults,
            self.lock_step,
            self.fault_reader,
            self.journal,
            self.problems,
            self.metrics,
            self.place,
            self.examinations,
            self.resets,
            self.sharing,
        )

    async def start(self) -> None:
        """Make what a fresh server has, or have what other servers have.

        Raises:
            StoreError: the store can't be used.
        """
        if self.settings.store == MEMORY:
            await self.resets.plant()
            return
        from scribe_mock.sharing.planted import SigningKeys

        mirrors: dict[str, Mirror] = {
            "clocks": self.clocks,
            "faults": self.faults,
            "tokens": self.tokens,
            "templates": self.templates,
            "webhooks": self.webhooks.registry,
            "examinations": self.examinations,
        }
        keys = SigningKeys(tokens=self.tokens, addresses=self.addresses)
        if self.kept is not None:
            await self.kept.begin(mirrors, keys, self._plant)
        elif self.shared is not None:
            await self._join(self.shared, mirrors, keys)

    async def _join(
        self, shared: "Shared", mirrors: "Mapping[str, Mirror]", keys: "SigningKeys"
    ) -> None:
        """Have what the other servers have."""
        from scribe_mock.sharing.shared_journal import SharedJournal
        from scribe_mock.sharing.shared_lock_step import SharedLockStep

        assert isinstance(self.lock_step, SharedLockStep)
        assert isinstance(self.journal, SharedJournal)
        sender = self._sender(shared)
        await shared.join(
            mirrors,
            keys,
            self._plant,
            self.journal,
            [self.journal, self.held, self.streams, sender],
            self.streams.settle_own,
            {**self.lock_step.handlers(), **sender.handlers()},
        )
        await sender.join()

    def _sender(self, shared: "Shared") -> "WebhookSender":
        """Lets one server after the other send the webhooks."""
        from scribe_mock.sharing.webhook_sender import WebhookSender

        assert self.redis is not None
        webhooks = self.webhooks
        webhooks.sender = WebhookSender(
            self.redis,
            shared.peers,
            shared,
            self.store,
            self.clocks,
            self.faults,
            webhooks.registry,
            webhooks.following,
            webhooks.deliveries,
        )
        return webhooks.sender

    async def _plant(self) -> None:
        """Make what a fresh server has, where all servers have lost it."""
        self.fixture_faults.forget(Scope())
        await self.resets.plant()

    async def stop(self) -> None:
        """End what goes on by itself."""
        if self.webhooks.sender is not None:
            await self.webhooks.sender.leave()
        await self.sharing.leave()
        self.examinations.forget(Scope())
        await self.webhooks.stop()
        self.alarm.clear()
        await self.examiner.close()
        if self.database is not None:
            await self.database.close()
        if self.redis is not None:
            await self.redis.close()
