"""The parts of one server, and how they are put together."""

from functools import cached_property

from scribe_mock.api.callers import Callers
from scribe_mock.api.comparisons import Comparisons
from scribe_mock.api.deeds import Deeds
from scribe_mock.api.examinations import Examinations
from scribe_mock.api.following_audio import FollowingAudio
from scribe_mock.api.memory_use import DECODED_TIMES, FAULT_BYTES, STREAM_BYTES, MemoryUse
from scribe_mock.api.resets import Part, Resets
from scribe_mock.api.services import Services
from scribe_mock.api.signed_addresses import SignedAddresses
from scribe_mock.api.stream import Streams
from scribe_mock.audio.examination import Examiner
from scribe_mock.audio.limits import Limits
from scribe_mock.backends.choice import backend_of
from scribe_mock.scenarios.fixture_faults import FixtureFaults
from scribe_mock.scenarios.fixtures import Fixtures, load_fixtures
from scribe_mock.scenarios.reloading import LoadProblems
from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.server.steering.requests import SteeredRequests
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.settings import Settings
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.spec import SpecFile, shipped
from scribe_mock.steering.documented import Documented
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held
from scribe_mock.steering.journal import Journal
from scribe_mock.steering.lock_step import LockStep
from scribe_mock.steering.metrics import Metrics
from scribe_mock.steering.reading import FaultReader
from scribe_mock.steering.shared_metrics import OwnPlace
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates
from scribe_mock.webhooks.webhooks import Webhooks


class Parts:
    """The parts of one server, each made once; two servers share none.

    Args:
        settings: How the server was started.
        place: Where its figures are, if it is one of several processes.

    Raises:
        SpecError, FixtureError: a file named in the settings is missing or broken.
        SettingsError: the fixtures have no such scenario.
        StoreError: the store can't be used.
    """

    def __init__(self, settings: Settings, place: OwnPlace | None = None) -> None:
        self.settings = settings
        self.place = place
        self.backend = backend_of(settings)
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
        return self.backend.make_journal(self)

    @cached_property
    def metrics(self) -> Metrics:
        """Counts the requests."""
        return Metrics(self.faults.fired, lambda: self.examiner.busy_seconds)

    @cached_property
    def store(self) -> SessionStore:
        """The sessions and their audio."""
        store = self.backend.make_store(self)
        self.journal.watch(store.changes.note)
        return store

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

    @property
    def sharing(self) -> Sharing:
        """What has to know of each change of the steering state."""
        return self.backend.sharing

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
        return Streams(
            self.store,
            self.clocks,
            self.alarm,
            self.examiner,
            self.sharing,
            self.settings.max_streams,
        )

    @cached_property
    def examinations(self) -> Examinations:
        """The scenarios that are armed for clients of people."""
        faults, reader, lock_step = self.faults, self.fault_reader, self.lock_step
        deeds = Deeds(faults, reader, lock_step, self.store, self.clocks, self.sharing)
        return Examinations(faults, reader, lock_step, deeds)

    @cached_property
    def lock_step(self) -> LockStep:
        """Lists and releases the requests that wait."""
        return self.backend.make_lock_step(self.held)

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
    def memory_use(self) -> MemoryUse:
        """What uses memory besides sessions and uploads."""
        return MemoryUse(
            self.store,
            {
                "journal": lambda: self.journal.kept_bytes,
                "faults": lambda: FAULT_BYTES * self.faults.number,
                "streams": lambda: STREAM_BYTES * self.streams.count,
                "decoders": lambda: DECODED_TIMES * self.examiner.decoding_bytes,
            },
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
            self.memory_use,
            self.sharing,
        )

    async def start(self) -> None:
        """Make what a fresh server has, or have what is there already; raises StoreError."""
        await self.backend.start(self)

    async def stop(self) -> None:
        """End what goes on by itself."""
        await self.backend.leave()
        self.examinations.forget(Scope())
        await self.webhooks.stop()
        self.alarm.clear()
        await self.examiner.close()
        await self.backend.close()
