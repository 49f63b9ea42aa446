"""The webhooks of one server, with all that works for them."""

from collections.abc import Collection, Sequence

from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clock import Clock
from scribe_mock.sessions.events import Event
from scribe_mock.steering.journal import Journal
from scribe_mock.store.session_store import SessionStore
from scribe_mock.webhooks.deliveries import Attempt, Deliveries
from scribe_mock.webhooks.following import Following
from scribe_mock.webhooks.receiver import Receiver
from scribe_mock.webhooks.registry import Registry
from scribe_mock.webhooks.webhook import Webhook

#: The webhook of the caller with the token of the samples; nothing listens on port 9.
DEMO_ID = "wh_3f9c2a7b1d04"


class Webhooks:
    """Registers webhooks, and delivers what happens to the sessions of their owners.

    Args:
        clock: The one clock.
        store: Tells of the sessions.
        journal: Gets each attempt to deliver.
    """

    def __init__(self, clock: Clock, store: SessionStore, journal: Journal) -> None:
        self._clock = clock
        self._store = store
        self._alarm = Alarm(clock)
        self._registry = Registry(store)
        self._deliveries = Deliveries(clock, self._alarm, store.changes.note, journal)
        self._following = Following(clock, self._alarm, self._registry, self._deliveries)
        store.changes.watch(self._following.changed)

    async def register(self, webhook: Webhook) -> None:
        """Add a webhook; raises InvalidRequest if there are too many, and ServiceUnavailable."""
        sessions = await self._store.all()
        first = not self._registry.of(webhook.owner)
        self._registry.add(webhook)
        if first:
            self._following.begin(s for s in sessions if s.owner == webhook.owner)

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
            created_at=self._clock.now(),
        )
        await self.register(webhook)

    def of(self, owner: str) -> Collection[Webhook]:
        """The webhooks of an owner, the oldest first."""
        return self._registry.of(owner)

    def delete(self, owner: str, webhook_id: str) -> None:
        """Delete a webhook of this owner, and what waits for it; raises WebhookNotFound."""
        self._registry.delete(owner, webhook_id)
        self._deliveries.forget(webhook_id)

    def log(self) -> Sequence[Attempt]:
        """The latest attempts to deliver, the newest first."""
        return self._deliveries.log()

    def clear(self) -> None:
        """Forget all webhooks and deliveries."""
        self._registry.clear()
        self._following.clear()
        self._deliveries.clear()

    async def stop(self) -> None:
        """Forget everything, and wait until what is on its way is broken off."""
        self.clear()
        await self._deliveries.stop()
        self._alarm.clear()
