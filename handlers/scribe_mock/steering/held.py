"""Lock-step: requests that wait until a test releases them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.fault import Target

#: The most requests that wait at once, and the most real seconds of one.
MAX_HELD = 1000
HOLD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error with which a held request is answered."""

    status: int | None = None
    code: str | None = None
    message: str | None = None


@dataclass(slots=True, eq=False)
class HeldRequest:
    """One request that waits.

    Args:
        request_id: Its id.
        target: What is known of it.
        since: When the wait began, in seconds since 1970.
        announced: Its Content-Length; 0 without one.
        decided: Done when it may go on; the value is None, or how it is refused.
        answered: Set when it has been answered.
    """

    request_id: str
    target: Target
    since: float
    announced: int
    decided: asyncio.Future[Refusal | None]
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def decide(self, refusal: Refusal | None) -> None:
        """Let it go on, or be refused, unless that is decided already."""
        if not self.decided.done():
            self.decided.set_result(refusal)

    def within(self, scope: Scope) -> bool:
        """Whether it is one of a scope."""
        owners = self.target.owners or (None,)
        return any(scope.covers(self.target.session_id, owner) for owner in owners)


class Held:
    """The requests of one server that wait. Use it in the server's event loop alone."""

    def __init__(self) -> None:
        self._held: dict[str, HeldRequest] = {}
        self._arrivals: set[asyncio.Future[None]] = set()
        #: Called when a request waits, and with the id of one that was answered.
        self.began: Callable[[], None] = _nobody
        self.ended: Callable[[str], None] = _nobody_needs

    def listed(self, scope: Scope) -> Sequence[HeldRequest]:
        """The waiting requests of a scope, the oldest first."""
        return [held for held in self._held.values() if held.within(scope)]

    @contextmanager
    def arrival(self) -> Iterator[asyncio.Future[None]]:
        """What is done when the next request waits."""
        arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals.add(arrival)
        try:
            yield arrival
        finally:
            self._arrivals.discard(arrival)

    def has(self, request_id: str) -> bool:
        """Whether a request waits."""
        return request_id in self._held

    def hold(
        self, request_id: str, target: Target, now: float, announced: int
    ) -> HeldRequest | None:
        """Let a request wait from now on; None if too many wait already, or one with its id."""
        if len(self._held) >= MAX_HELD or request_id in self._held:
            return None
        decided: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        held = self._held[request_id] = HeldRequest(request_id, target, now, announced, decided)
        self.wake()
        self.began()
        return held

    def wake(self) -> None:
        """End the waits for a request that waits, here or at another server."""
        for arrival in self._arrivals:
            if not arrival.done():
                arrival.set_result(None)

    def forget_request(self, held: HeldRequest) -> None:
        """A request was answered, or its client has left."""
        held.answered.set()
        self.went_on(held)
        self.ended(held.request_id)

    def went_on(self, held: HeldRequest) -> None:
        """A request waits no more."""
        if self._held.get(held.request_id) is held:
            del self._held[held.request_id]

    def release(self, request_id: str, refusal: Refusal | None = None) -> HeldRequest | None:
        """Let a request go on, or be refused; None if it does not wait."""
        held = self._held.get(request_id)
        if held is not None:
            self.went_on(held)
            held.decide(refusal)
        return held

    def forget(self, scope: Scope) -> None:
        """Let all requests of a scope go on."""
        for held in self.listed(scope):
            self.release(held.request_id)


def _nobody() -> None:
    """Nobody else waits for requests."""


def _nobody_needs(request_id: str) -> None:
    """Nobody else waits for an answer."""
