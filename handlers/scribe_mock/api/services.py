"""What the operations of one server work with."""

from dataclasses import dataclass

from scribe_mock.api.callers import Callers
from scribe_mock.api.comparisons import Comparisons
from scribe_mock.api.examinations import Examinations
from scribe_mock.api.following_audio import FollowingAudio
from scribe_mock.api.memory_use import MemoryUse
from scribe_mock.api.resets import Resets
from scribe_mock.api.signed_addresses import SignedAddresses
from scribe_mock.api.stream import Streams
from scribe_mock.audio.examination import Examiner
from scribe_mock.scenarios.fixtures import Fixtures
from scribe_mock.scenarios.reloading import LoadProblems
from scribe_mock.scenarios.scenario import Scenario
from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.settings import Settings
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.journal import Journal
from scribe_mock.steering.lock_step import LockStep
from scribe_mock.steering.metrics import Metrics
from scribe_mock.steering.reading import FaultReader
from scribe_mock.steering.shared_metrics import OwnPlace
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates
from scribe_mock.webhooks.webhooks import Webhooks


@dataclass(frozen=True)
class Services:
    """The parts of one server that its operations share; two servers share none.

    Args:
        settings: How the server was started.
        clocks: The clocks that sessions and callers go by.
        store: Where sessions and chunks are stored.
        fixtures: The scenarios and the sessions of a fresh server.
        seeder: Puts sessions into a state.
        examiner: Cuts recordings and examines chunks.
        following_audio: Knows whose transcripts follow the audio.
        comparisons: Compares what arrived with what was spoken.
        streams: The open WebSockets.
        templates: The server's templates, and those of its callers.
        tokens: Makes the tokens of login and refresh.
        callers: Finds out whose a request is.
        addresses: Signs the addresses that need no token.
        webhooks: The webhooks, and their deliveries.
        faults: What goes wrong on purpose.
        lock_step: Lists and releases the requests that wait for a test.
        fault_reader: Reads faults from JSON.
        journal: What arrived, and what came of it.
        load_problems: What is wrong with files that could not be loaded anew.
        metrics: Counts the requests.
        place: Has the figures of all processes; None if there is one alone.
        examinations: The scenarios of the gauntlet that are armed.
        resets: Brings the server, or a scope of it, back to the start.
        memory_use: What uses memory besides sessions and uploads.
        sharing: What other servers have of this one.
    """

    settings: Settings
    clocks: Clocks
    store: SessionStore
    fixtures: Fixtures
    seeder: Seeder
    examiner: Examiner
    following_audio: FollowingAudio
    comparisons: Comparisons
    streams: Streams
    templates: Templates
    tokens: Tokens
    callers: Callers
    addresses: SignedAddresses
    webhooks: Webhooks
    faults: Faults
    lock_step: LockStep
    fault_reader: FaultReader
    journal: Journal
    load_problems: LoadProblems
    metrics: Metrics
    place: OwnPlace | None
    examinations: Examinations
    resets: Resets
    memory_use: MemoryUse
    sharing: Sharing

    def processing_seconds(self, scenario: Scenario) -> float:
        """How long processing takes in a scenario, in seconds."""
        if scenario.processing_seconds is None:
            return self.settings.processing_seconds
        return scenario.processing_seconds


class OperationGroup:
    """Operations that belong together: one async method for each operationId, in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services
