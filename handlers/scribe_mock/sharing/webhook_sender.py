"""One of several servers follows the sessions and sends the webhooks.

What was told and what waits is in Redis, so that another server goes on when this one is gone. It
may send again what was under way, but misses nothing: it looks at all sessions first.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from scribe_mock.errors import ServiceUnavailable, SessionNotFound, StoreUnreachable
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session
from scribe_mock.sharing.peers import Handler, Peers
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.sharing.webhook_records import (
    WebhookRecords,
    decode_attempt,
    encode_attempt,
)
from scribe_mock.steering.faults import Faults
from scribe_mock.store.redis.connection import Connection
from scribe_mock.store.session_store import SessionStore
from scribe_mock.webhooks.deliveries import Attempt, Deliveries
from scribe_mock.webhooks.following import Following, told_until
from scribe_mock.webhooks.registry import Registry

#: For how long a server sends after it has last said so, and how often it says so, in seconds.
_TURN_SECONDS, _SAY_SECONDS = 3.0, 1.0
#: Changes of so many seconds are told together.
_TOGETHER_SECONDS = 0.01
#: How often all sessions are looked at, since a server may be gone before it told of a change.
_LOOK_SECONDS = 30.0


class WebhookSender:
    """Follows and sends, as long as it is this server's turn.

    Args:
        connection: Redis.
        peers: The other servers.
        sharing: What others have of this server.
        store: The sessions.
        clocks: All clocks.
        faults: What goes wrong on purpose.
        registry: All webhooks.
        following: Follows sessions.
        deliveries: Sends.
    """

    def __init__(
        self,
        connection: Connection,
        peers: Peers,
        sharing: Sharing,
        store: SessionStore,
        clocks: Clocks,
        faults: Faults,
        registry: Registry,
        following: Following,
        deliveries: Deliveries,
    ) -> None:
        self._peers, self._sharing = peers, sharing
        self._store, self._clocks, self._faults = store, clocks, faults
        self._registry, self._following, self._deliveries = registry, following, deliveries
        self._records = WebhookRecords(connection, peers.name, following, deliveries)
        self._woken = self._records.woken
        #: Whether it is this server's turn.
        self._sends = False
        #: The sessions to look at, those to tell others of, and whether they were gone meanwhile.
        self._queue: dict[str, bool] = {}
        self._touched: dict[str, bool] = {}
        self._looking, self._turning = asyncio.Lock(), asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        following.due = self.look_at
        registry.appeared = self._appeared
        registry.disappeared = deliveries.forget_webhook

    def handlers(self) -> dict[str, Handler]:
        """What this server does when others tell or ask."""
        return {
            "touched": self._on_touched,
            "webhook_log": self._on_log,
            "webhooks_done": self._on_done,
            "sender": self._on_let_go,
        }

    async def join(self) -> None:
        """Begin to send when it is this server's turn."""
        await self._take_turn()
        self._tasks = [
            asyncio.create_task(work()) for work in (self._take_turns, self._work, self._look_again)
        ]

    async def leave(self) -> None:
        """Let another server go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sends:
            with suppress(StoreUnreachable):
                await self._records.write()
                await self._records.let_go()
            self._stop()
            await self._peers.tell("sender")

    def changed(self, session_id: str, session: Session | None) -> None:
        """A session was stored or changed through this server; None when it is gone."""
        if session is not None and not self._registry.of(session.owner):
            return
        if self._sends:
            self.look_at(session_id, gone=session is None)
        elif self._registry.owners():
            gone = session is None or self._touched.get(session_id, False)
            self._touched[session_id] = gone
            self._woken.set()

    async def caught_up(self) -> None:
        """Wait until what has happened is told, or for a moment; raises StoreUnreachable."""
        await self._tell_others()
        if self._sends:
            await self._look_at_queued()
        else:
            await self._peers.ask("webhooks_done")

    async def begin(self, sessions: Iterable[Session]) -> None:
        """Have told all that happened to sessions until now; raises StoreUnreachable."""
        await self._records.begin(
            (session.session_id, told_until(session, self._clocks.of(session).now()))
            for session in sessions
        )

    def look_at(self, session_id: str, *, gone: bool = False) -> None:
        """Tell soon what happened to a session, which may have been gone meanwhile."""
        self._queue[session_id] = gone or self._queue.get(session_id, False)
        self._woken.set()

    def forget(self, scope: Scope) -> None:
        """Forget the deliveries and the log of a scope, if this server sends."""
        if self._sends:
            self._leave_gone()
            self._deliveries.forget(scope)
            self._records.relog()

    async def flush(self) -> None:
        """Have others know which sessions are gone; raises StoreUnreachable."""
        await self._tell_others()
        self._leave_gone()
        await self._write()

    def _leave_gone(self) -> None:
        """Know no more what was told of sessions that are gone, or were meanwhile."""
        for session_id, gone in self._queue.items():
            if gone:
                self._following.changed(session_id, None)
                self._queue[session_id] = False

    async def log(self) -> Sequence[Attempt]:
        """The latest attempts to deliver, the newest first; raises StoreUnreachable."""
        await self.caught_up()
        await asyncio.sleep(0)  # the deliveries that it began begin their attempts
        if self._sends:
            return self._deliveries.log()
        answers = await self._peers.ask("webhook_log")
        told = next((answer for answer in answers if answer is not None), None)
        if told is None:  # nobody sends at the moment
            return await self._records.log()
        return [decode_attempt(one) for one in told]

    def _appeared(self, owner: str) -> None:
        """Another server has a webhook of an owner: what was told before, it has written."""
        if self._sends:
            task = asyncio.create_task(self._look_at_owner(owner, anew=True))
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    async def _on_touched(self, touched: Mapping[str, bool]) -> None:
        if self._sends:
            for session_id, gone in touched.items():
                self.look_at(session_id, gone=gone)

    async def _on_done(self, _: None) -> None:
        if self._sends:
            await self._look_at_queued()

    async def _on_log(self, _: None) -> list[bytes] | None:
        if not self._sends:
            return None
        return [encode_attempt(attempt) for attempt in self._deliveries.log()]

    async def _on_let_go(self, _: None) -> None:
        await self._take_turn()

    async def _take_turns(self) -> None:
        heard = time.monotonic()
        while True:
            await asyncio.sleep(_SAY_SECONDS)
            with suppress(StoreUnreachable):
                await self._take_turn()
                heard = time.monotonic()
            if self._sends and time.monotonic() - heard > _TURN_SECONDS:
                self._stop()

    async def _take_turn(self) -> None:
        async with self._turning:
            sends = await self._records.hold(_TURN_SECONDS)
            if self._sends and not sends:
                self._stop()
            elif sends and not self._sends:
                await self._records.load()
                self._sends = True
                await self._look_at_all()

    def _stop(self) -> None:
        """Leave all to another server."""
        self._sends = False
        self._following.clear()
        self._deliveries.forget(Scope())
        self._queue.clear()
        self._records.clear()

    async def _work(self) -> None:
        while True:
            await self._woken.wait()
            await asyncio.sleep(_TOGETHER_SECONDS)
            self._woken.clear()
            try:
                await self._tell_others()
                await self._look_at_queued()
                await self._write()
            except ServiceUnavailable:
                await asyncio.sleep(_SAY_SECONDS)
                self._woken.set()

    async def _tell_others(self) -> None:
        if self._touched:
            touched, self._touched = self._touched, {}
            await self._peers.tell("touched", touched)

    async def _look_at_queued(self) -> None:
        async with self._looking:
            while self._queue and self._sends:
                self._leave_gone()
                session_id = next(iter(self._queue))
                del self._queue[session_id]
                try:
                    await self._look(session_id)
                except BaseException:
                    self.look_at(session_id)
                    raise

    async def _look(self, session_id: str) -> None:
        """Tell what happened to a session and was not told yet; raises StoreUnreachable."""
        try:
            session = await self._store.get(session_id)
        except SessionNotFound:
            self._following.changed(session_id, None)
            return
        if self._registry.of(session.owner):
            await self._recall(session)
        if not self._sends:
            return
        if not self._faults.any:
            self._following.changed(session_id, session)
            return
        async with self._sharing.changing():
            self._following.changed(session_id, session)

    async def _recall(self, session: Session) -> None:
        """Know what was told of a session."""
        if self._following.told(session.session_id) is None:
            told = await self._records.told(session.session_id)
            self._following.recall(session, told)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(StoreUnreachable):
                if self._sends:
                    await self._look_at_all()

    async def _look_at_all(self) -> None:
        for owner in self._registry.owners():
            await self._look_at_owner(owner)

    async def _look_at_owner(self, owner: str, *, anew: bool = False) -> None:
        if anew:
            self._following.leave(owner)
        with suppress(StoreUnreachable):
            for session in await self._store.of_owner(owner):
                self.look_at(session.session_id)

    async def _write(self) -> None:
        """Write what was told and what is to be delivered; raises StoreUnreachable."""
        if self._sends and not await self._records.write():
            self._stop()
