"""What a run is asked to do."""

from dataclasses import dataclass, field

from scribe_mock.contract.transport.address import Address

#: Sent as the bearer token when none is given: the mock takes any.
DEFAULT_TOKEN = "scribe-mock-check"
#: The session that scribe-mock ships in the state `expired`, which no client can bring about.
EXPIRED_SESSION = "demo_session_expired"
#: Seconds that processing may take, if nothing else is said.
PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to check one server. The defaults are those of `scribe-mock check`.

    Args:
        base: Where `/sessions` lies.
        token: The bearer token.
        login: Client id and secret to get a token with, instead.
        patience: Seconds that processing may take; more than the default makes other waits longer.
        seed: Decides what is random in the requests.
        only, skip: Patterns of rule ids.
        time_budget: Seconds after which nothing more is begun.
        concurrency: Requests at once.
        max_bytes: Bytes of request bodies in all.
        read_only: Try only what changes nothing.
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
    max_bytes: int = 100_000_000
    read_only: bool = False
    expired_session: str = EXPIRED_SESSION

    @property
    def slowness(self) -> float:
        """How many times longer than others the server may take for what is no processing."""
        return max(1.0, self.patience / PATIENCE)
