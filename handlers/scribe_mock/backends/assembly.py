"""What a backend knows of the server that it is made for."""

from typing import Protocol

from scribe_mock.api.examinations import Examinations
from scribe_mock.api.resets import Resets
from scribe_mock.api.signed_addresses import SignedAddresses
from scribe_mock.api.stream import Streams
from scribe_mock.scenarios.fixture_faults import FixtureFaults
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.tokens import Tokens
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held
from scribe_mock.steering.journal import Journal
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates
from scribe_mock.webhooks.webhooks import Webhooks


class Assembly(Protocol):
    """The parts of a server that a backend works with."""

    @property
    def clocks(self) -> Clocks:
        """All clocks."""

    @property
    def faults(self) -> Faults:
        """All faults."""

    @property
    def held(self) -> Held:
        """The requests that wait."""

    @property
    def tokens(self) -> Tokens:
        """Makes the tokens of login and refresh."""

    @property
    def addresses(self) -> SignedAddresses:
        """Signs the addresses that need no token."""

    @property
    def templates(self) -> Templates:
        """The templates."""

    @property
    def examinations(self) -> Examinations:
        """The scenarios that are armed for clients of people."""

    @property
    def journal(self) -> Journal:
        """What arrives."""

    @property
    def store(self) -> SessionStore:
        """The sessions and their audio."""

    @property
    def streams(self) -> Streams:
        """The open WebSockets."""

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks."""

    @property
    def fixture_faults(self) -> FixtureFaults:
        """The faults of a fresh server."""

    @property
    def resets(self) -> Resets:
        """Brings the server, or a scope of it, back to the start."""
