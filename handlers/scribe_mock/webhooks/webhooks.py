"""The webhooks of one server, with all that works for them."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.events import Event
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.session import Session
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.journal import Journal
from scribe_mock.store.session_store import SessionStore
from scribe_mock.webhooks.deliveries import Attempt, Deliveries
from scribe_mock.webhooks.following import Following
from scribe_mock.webhooks.receiver import Receiver
from scribe_mock.webhooks.registry import Registry
from scribe_mock.webhooks.webhook import Webhook

if TYPE_CHECKING:
    from scribe_mock.sharing.webhook_sender import WebhookSender

#: The webhook of the caller with the token of the samples; nothing listens on port 9.
DEMO_ID = "wh_3f9c2a7b1d04"


class Webhooks:
    """Registers webhooks, and delivers what happens to the sessions of their owners.

    Args:
        clocks: All clocks.
        alarm: Waits for what is due later.
        store: Tells of the sessions.
        faults: What goes wrong on purpose.
        journal: Gets each attempt to deliver.
    """

    def __init__(
        self,
        clocks: Clocks,
        alarm: Alarm,
        store: SessionStore,
        faults: Faults,
        journal: Journal,
    ) -> None:
        self._clocks = clocks
        self._store = store
        #: All webhooks.
        self.registry = Registry(store)
        self.deliveries = Deliveries(clocks, alarm, faults, store.changes.note, journal)
        self.following = Following(clocks, alarm, self.registry, self.deliveries)
        #: Sends in turn with other servers; None if there are none.
        self.sender: WebhookSender | None = None
        store.changes.watch(self._changed)

    def _changed(self, session_id: str, session: Session | None) -> None:
        (self.sender or self.following).changed(session_id, session)

    async def register(self, webhook: Webhook) -> None:
        """Add a webhook; raises InvalidRequest if there are too many, and ServiceUnavailable."""
        sessions = await self._store.of_owner(webhook.owner)
        first = not self.registry.of(webhook.owner)
        self.registry.add(webhook)
        if first and self.sender is None:
            self.following.begin(sessions)
        elif first and self.sender is not None:
            await self.sender.begin(sessions)
            self.registry.appeared(webhook.owner)

    async def plant(self, owner: str) -> None:
        """Register the webhook of a fresh server, so that samples can name one.

        It asks for little, and for nothing that happened before.
        """
        url = "http://localhost:9/hook"
        webhook = Webhook(
            webhook_id=DEMO_ID,
            owner=owner,
            url=url,
            receiver=Receiver.of(url, ()),
            events=(Event.EXPIRED,),
            created_at=self._clocks.of_owner(owner).now(),
        )
        await self.register(webhook)

    def of(self, owner: str) -> Collection[Webhook]:
        """The webhooks of an owner, the oldest first."""
        return self.registry.of(owner)

    def delete(self, owner: str, webhook_id: str) -> None:
        """Delete a webhook of this owner, and what waits for it; raises WebhookNotFound."""
        self.registry.delete(owner, webhook_id)
        self.deliveries.forget_webhook(webhook_id)

    async def flush(self) -> None:
        """Have other servers know which sessions are gone; raises ServiceUnavailable."""
        if self.sender is not None:
            await self.sender.flush()

    async def caught_up(self) -> None:
        """Wait until what has happened is told; raises ServiceUnavailable."""
        if self.sender is not None:
            await self.sender.caught_up()

    async def log(self) -> Sequence[Attempt]:
        """The latest attempts to deliver, the newest first; raises ServiceUnavailable."""
        return self.deliveries.log() if self.sender is None else await self.sender.log()

    def forget(self, scope: Scope) -> None:
        """Forget the webhooks and the deliveries of a scope; its sessions are gone already."""
        self.registry.forget(scope)
        (self.sender or self.deliveries).forget(scope)

    async def stop(self) -> None:
        """Forget everything, and wait until what is on its way is broken off."""
        self.registry.forget(Scope())
        self.following.clear()
        await self.deliveries.stop()
