"""Lock-step: requests that wait until a test releases them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from scribe_mock.control_errors import RequestNotHeld
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
        decided: Done when it may go on; the value is None, or how it is refused.
        answered: Set when it has been answered.
    """

    request_id: str
    target: Target
    since: float
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

    def listed(self, scope: Scope) -> Sequence[HeldRequest]:
        """The waiting requests of a scope, the oldest first."""
        return [held for held in self._held.values() if held.within(scope)]

    async def first_of(self, scope: Scope) -> HeldRequest:
        """The oldest waiting request of a scope, as soon as there is one."""
        while not (found := self.listed(scope)):
            arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arrivals.add(arrival)
            try:
                await arrival
            finally:
                self._arrivals.discard(arrival)
        return found[0]

    def hold(self, request_id: str, target: Target, now: float) -> HeldRequest | None:
        """Let a request wait from now on; None if too many wait already, or one with its id."""
        if len(self._held) >= MAX_HELD or request_id in self._held:
            return None
        decided: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        held = self._held[request_id] = HeldRequest(request_id, target, now, decided)
        for arrival in self._arrivals:
            if not arrival.done():
                arrival.set_result(None)
        return held

    def forget_request(self, held: HeldRequest) -> None:
        """A request was answered, or its client has left."""
        held.answered.set()
        self.went_on(held)

    def went_on(self, held: HeldRequest) -> None:
        """A request waits no more."""
        if self._held.get(held.request_id) is held:
            del self._held[held.request_id]

    def release(self, request_id: str, refusal: Refusal | None = None) -> None:
        """Let a request go on, or be refused; raises RequestNotHeld."""
        held = self._require(request_id)
        self.went_on(held)
        held.decide(refusal)

    async def release_in_order(self, order: Sequence[str], wait_seconds: float) -> None:
        """Release requests, each when the one before was answered; raises RequestNotHeld.

        Those that are not held yet are waited for, for at most `wait_seconds` together.
        """
        loop = asyncio.get_running_loop()
        left = wait_seconds
        for request_id in order:
            began = loop.time()
            await self._arrived(request_id, left)
            left = max(0.0, left - (loop.time() - began))
            held = self._require(request_id)
            self.release(request_id)
            await held.answered.wait()

    def forget(self, scope: Scope) -> None:
        """Let all requests of a scope go on."""
        for held in self.listed(scope):
            self.release(held.request_id)

    async def _arrived(self, request_id: str, seconds: float) -> None:
        """Wait until a request is held, for at most so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while request_id not in self._held and loop.time() < until:
            arrival: asyncio.Future[None] = loop.create_future()
            self._arrivals.add(arrival)
            await asyncio.wait({arrival}, timeout=until - loop.time())
            self._arrivals.discard(arrival)

    def _require(self, request_id: str) -> HeldRequest:
        if request_id not in self._held:
            known = list(self._held)[:20]
            raise RequestNotHeld(
                f"No request {request_id[:80]!r} is held. List held requests shows those that are.",
                held=known,
            )
        return self._held[request_id]
