"""All webhooks of one server, in this process's memory."""

import sys
from collections.abc import Collection

from scribe_mock.errors import InvalidRequest, WebhookNotFound
from scribe_mock.sessions.scopes import Scope
from scribe_mock.store.session_store import SessionStore
from scribe_mock.webhooks.webhook import Webhook

#: The most webhooks of one token.
MAX_OF_ONE = 100


class Registry:
    """The webhooks by owner; a caller sees no other's.

    Args:
        store: Its memory holds the webhooks too.
    """

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._webhooks: dict[str, dict[str, Webhook]] = {}

    def of(self, owner: str) -> Collection[Webhook]:
        """The webhooks of an owner, the oldest first."""
        return self._webhooks.get(owner, {}).values()

    def add(self, webhook: Webhook) -> None:
        """Add a webhook; raises InvalidRequest if there are too many, and ServiceUnavailable."""
        if len(self.of(webhook.owner)) >= MAX_OF_ONE:
            raise InvalidRequest(
                f"This token has {MAX_OF_ONE} webhooks, and may not have more. Delete one first."
            )
        self._store.claim(_weight(webhook))
        self._webhooks.setdefault(webhook.owner, {})[webhook.webhook_id] = webhook

    def delete(self, owner: str, webhook_id: str) -> None:
        """Delete a webhook of this owner; raises WebhookNotFound."""
        own = self._webhooks.get(owner, {})
        if webhook_id not in own:
            raise WebhookNotFound(
                f"There is no webhook {webhook_id[:80]!r}. Use an id that List webhooks has."
            )
        self._store.unclaim(_weight(own.pop(webhook_id)))
        if not own:
            del self._webhooks[owner]

    def forget(self, scope: Scope) -> None:
        """Delete the webhooks of the owners in a scope."""
        for owner in [owner for owner in self._webhooks if scope.covers(None, owner)]:
            self._store.unclaim(sum(map(_weight, self._webhooks.pop(owner).values())))


def _weight(webhook: Webhook) -> int:
    """The bytes of memory of a webhook, rounded up; its URL is there twice."""
    return 2048 + 2 * sys.getsizeof(webhook.url) + sys.getsizeof(webhook.secret)
