"""Lock-step as tests use it: which requests wait, and their releases."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scribe_mock.control_errors import RequestNotHeld
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.held import Held, HeldRequest, Refusal

#: How many ids of waiting requests an error lists.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is told of a request that waits; `announced` is its Content-Length."""

    request_id: str
    operation: str
    session_id: str | None
    sequence: int | None
    since: float
    announced: int

    @classmethod
    def of(cls, held: HeldRequest) -> Self:
        """That of a request."""
        target = held.target
        return cls(
            held.request_id,
            target.operation,
            target.session_id,
            target.sequence,
            held.since,
            held.announced,
        )


class LockStep:
    """Lists and releases the requests that wait at one server.

    Args:
        held: The requests that wait.
    """

    def __init__(self, held: Held) -> None:
        self._held = held

    async def listed(self, scope: Scope) -> Sequence[Waiting]:
        """The waiting requests of a scope, the oldest first."""
        return [Waiting.of(held) for held in self._held.listed(scope)]

    async def first_of(self, scope: Scope) -> Waiting:
        """The oldest waiting request of a scope, as soon as there is one."""
        while True:
            with self._held.arrival() as arrival:
                found = await self.listed(scope)
                if found:
                    return found[0]
                await arrival

    async def release(self, request_id: str, refusal: Refusal | None = None) -> None:
        """Let a request go on, or be refused; raises RequestNotHeld."""
        if not await self._release(request_id, refusal):
            await self._refuse(request_id)

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
            await self._release_and_wait(request_id)

    async def _arrived(self, request_id: str, seconds: float) -> None:
        """Wait until a request is held, for at most so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            with self._held.arrival() as arrival:
                if await self._holds(request_id) or loop.time() >= until:
                    return
                await asyncio.wait({arrival}, timeout=until - loop.time())

    async def _holds(self, request_id: str) -> bool:
        return self._held.has(request_id)

    async def _release(self, request_id: str, refusal: Refusal | None) -> bool:
        return self._held.release(request_id, refusal) is not None

    async def _release_and_wait(self, request_id: str) -> None:
        """Let a request go on, and wait until it was answered; raises RequestNotHeld."""
        held = self._held.release(request_id)
        if held is None:
            await self._refuse(request_id)
        else:
            await held.answered.wait()

    async def _refuse(self, request_id: str) -> None:
        """Raise RequestNotHeld."""
        known = [waiting.request_id for waiting in await self.listed(Scope())]
        raise RequestNotHeld(
            f"No request {request_id[:80]!r} is held. List held requests shows those that are.",
            held=known[:_LISTED],
        )
