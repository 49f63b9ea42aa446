"""Lock-step over several servers: a request waits at one, and is released through any."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from typing import Any

from scribe_mock.sessions.scopes import Scope
from scribe_mock.sharing.peers import Handler, Peers
from scribe_mock.steering.held import HOLD_SECONDS, Held, Refusal
from scribe_mock.steering.lock_step import LockStep, Waiting

#: The longest wait for the answer of a request that was released, in seconds.
_ANSWER_SECONDS = 5 * HOLD_SECONDS


class SharedLockStep(LockStep):
    """Lists and releases the requests that wait at any server.

    Args:
        held: The requests that wait at this one.
        peers: The other servers.
    """

    def __init__(self, held: Held, peers: Peers) -> None:
        super().__init__(held)
        self._peers = peers
        self._answers: dict[str, asyncio.Event] = {}
        self._telling: set[asyncio.Task[None]] = set()
        held.began = lambda: self._tell("held", None)
        held.ended = lambda request_id: self._tell("answered", request_id)

    def handlers(self) -> dict[str, Handler]:
        """What this server does when others tell or ask."""
        return {
            "held": self._on_held,
            "answered": self._on_answered,
            "list_held": self._on_list,
            "holds": self._on_holds,
            "release": self._on_release,
        }

    async def listed(self, scope: Scope) -> Sequence[Waiting]:
        """The waiting requests of a scope, the oldest first."""
        found = list(await super().listed(scope))
        for lines in await self._peers.ask("list_held", (scope.session_id, scope.owner)):
            found += [Waiting(*line) for line in lines]
        return sorted(found, key=lambda waiting: waiting.since)

    async def _holds(self, request_id: str) -> bool:
        if await super()._holds(request_id):
            return True
        return any(await self._peers.ask("holds", request_id))

    async def _release(self, request_id: str, refusal: Refusal | None) -> bool:
        if await super()._release(request_id, refusal):
            return True
        told = None if refusal is None else astuple(refusal)
        return any(await self._peers.ask("release", (request_id, told)))

    async def _release_and_wait(self, request_id: str) -> None:
        if self._held.has(request_id):
            await super()._release_and_wait(request_id)
            return
        answered = self._answers.setdefault(request_id, asyncio.Event())
        try:
            await self.release(request_id)
            with suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), _ANSWER_SECONDS)
        finally:
            self._answers.pop(request_id, None)

    def _tell(self, name: str, content: Any) -> None:
        task = asyncio.create_task(self._peers.tell(name, content))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _on_held(self, _: None) -> None:
        self._held.wake()

    async def _on_answered(self, request_id: str) -> None:
        if request_id in self._answers:
            self._answers[request_id].set()

    async def _on_list(self, scope: tuple[str | None, str | None]) -> list[Any]:
        return [astuple(waiting) for waiting in await super().listed(Scope(*scope))]

    async def _on_holds(self, request_id: str) -> bool:
        return self._held.has(request_id)

    async def _on_release(self, asked: tuple[str, Any]) -> bool:
        request_id, told = asked
        return self._held.release(request_id, told and Refusal(*told)) is not None
