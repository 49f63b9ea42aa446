"""Brings the server, or a scope of it, back to the state after its start."""

from collections.abc import Sequence
from typing import Protocol

from scribe_mock.scenarios.seeding import Seeder
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sharing.sharing import Sharing
from scribe_mock.store.session_store import SessionStore
from scribe_mock.store.templates import Templates
from scribe_mock.webhooks.webhooks import Webhooks


class Part(Protocol):
    """What has something that was made or set for a scope."""

    def forget(self, scope: Scope) -> None:
        """Forget all that belongs to a scope; everything else stays as it is."""


class Resets:
    """Resets all, an owner, or a session.

    Args:
        store: The sessions; they go before the parts, so that nothing happens to them any more.
        parts: What else has to forget, in this order.
        journal: Forgets before all others: it need not hash what is stored until then.
        seeder: Stores the sessions of a fresh server again.
        templates: Has the templates of a fresh server again.
        webhooks: Has the webhook of a fresh server again.
        sharing: Lets other servers forget, too.
    """

    def __init__(
        self,
        store: SessionStore,
        parts: Sequence[Part],
        *,
        journal: Part,
        seeder: Seeder,
        templates: Templates,
        webhooks: Webhooks,
        sharing: Sharing,
    ) -> None:
        self._store = store
        self._parts = parts
        self._journal = journal
        self._seeder = seeder
        self._templates = templates
        self._webhooks = webhooks
        self._sharing = sharing

    async def reset(self, scope: Scope) -> None:
        """Forget a scope, and give the demo owner back what a fresh server has.

        Raises:
            ServiceUnavailable: the sessions of other owners leave no memory for the demo owner's.
        """
        self._journal.forget(scope)
        await self._store.forget(scope)
        await self._webhooks.flush()
        await self._sharing.forget(scope)
        for part in self._parts:
            part.forget(scope)
        await self._webhooks.flush()
        if scope.covers(None, self._seeder.owner):
            await self.plant()
        self._store.changes.note()

    async def plant(self) -> None:
        """Make what a fresh server has."""
        self._templates.plant()
        await self._seeder.plant()
        await self._webhooks.plant(self._seeder.owner)
