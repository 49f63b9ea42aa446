"""The options of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.contract.transport.address import Address

#: The bearer token if none is given: the mock accepts any.
DEFAULT_TOKEN = "scribe-mock-check"
#: The session that scribe-mock has in the state `expired`, which no request can bring about.
EXPIRED_SESSION = "demo_session_expired"
#: Seconds that processing may take by default.
PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to check one server. The defaults are those of `scribe-mock check`.

    Args:
        base: The address under which `/sessions` lies.
        token: The bearer token.
        login: Client id and secret to get a token with, instead of `token`.
        patience: Seconds that processing may take; more than the default makes other waits longer.
        seed: Seed for random test data.
        only, skip: Patterns of rule ids.
        time_budget: Seconds after which no more rules start; None for no limit.
        strict: Whether notes fail the run, too.
        concurrency: Most requests at the same time.
        max_bytes: Most bytes of request bodies in the whole run.
        rate: Most requests a second over all connections; None for no limit.
        follow_host: Hosts besides the server's that its addresses may lead to.
        cacert: A file with the certificates to trust instead of the system's; empty for those.
        insecure: Whether any certificate of the server will do.
        read_only: Whether to send only requests that change nothing.
        create_fields: Fields that Create session always sends.
        allow_skipped: Whether a run in which rules were not checked may end with exit code 0.
        keep: Whether the sessions of the run stay on a mock.
        expired_session: The id of a session that has expired, where the server has one.
    """

    base: Address
    token: str = field(default=DEFAULT_TOKEN, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    patience: float = PATIENCE
    seed: int = 0
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    time_budget: float | None = None
    strict: bool = False
    concurrency: int = 64
    max_bytes: int = 250_000_000
    rate: float | None = None
    follow_host: tuple[str, ...] = ()
    cacert: str = ""
    insecure: bool = False
    read_only: bool = False
    expired_session: str = EXPIRED_SESSION
    create_fields: Mapping[str, Any] = field(default_factory=dict)
    allow_skipped: bool = False
    keep: bool = False

    @property
    def slowness(self) -> float:
        """The factor for time limits of everything but processing; at least 1."""
        return max(1.0, self.patience / PATIENCE)
