"""All webhooks of one server, in this process's memory."""

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any

from scribe_mock.errors import InvalidRequest, WebhookNotFound
from scribe_mock.sessions.noting import Noted, not_shared
from scribe_mock.sessions.scopes import Scope
from scribe_mock.store.session_store import SessionStore
from scribe_mock.webhooks.receiver import Receiver
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
        #: Is told of each webhook that is registered or deleted (`sharing`).
        self.noted: Noted = not_shared
        #: Are told of webhooks of others: of a new one by its owner, of a gone one by its id.
        self.appeared: Callable[[str], None] = not_shared
        self.disappeared: Callable[[str], None] = not_shared

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
        self.noted(_key(webhook.owner, webhook.webhook_id))

    def delete(self, owner: str, webhook_id: str) -> None:
        """Delete a webhook of this owner; raises WebhookNotFound."""
        own = self._webhooks.get(owner, {})
        if webhook_id not in own:
            raise WebhookNotFound(
                f"There is no webhook {webhook_id[:80]!r}. Use an id that List webhooks has."
            )
        self._remove(owner, webhook_id)

    def _remove(self, owner: str, webhook_id: str) -> None:
        self.load(_key(owner, webhook_id), None)
        self.noted(_key(owner, webhook_id))

    def forget(self, scope: Scope) -> None:
        """Delete the webhooks of the owners in a scope."""
        for owner in [owner for owner in self._webhooks if scope.covers(None, owner)]:
            for webhook_id in list(self._webhooks[owner]):
                self._remove(owner, webhook_id)

    def owners(self) -> Collection[str]:
        """The owners that have webhooks."""
        return list(self._webhooks)

    def names(self) -> list[str]:
        """The keys of all webhooks."""
        return [_key(owner, name) for owner, own in self._webhooks.items() for name in own]

    def entry(self, key: str) -> Mapping[str, Any] | None:
        """The fields of a webhook; None if there is none."""
        owner, _, webhook_id = key.partition(" ")
        webhook = self._webhooks.get(owner, {}).get(webhook_id)
        return None if webhook is None else asdict(webhook)

    def load(self, key: str, entry: Mapping[str, Any] | None) -> None:
        """Have a webhook as another server has it; None removes it."""
        owner, _, webhook_id = key.partition(" ")
        own = self._webhooks.setdefault(owner, {})
        earlier = own.get(webhook_id)
        if earlier is not None:
            self._store.unclaim(_weight(earlier))
        if entry is None:
            own.pop(webhook_id, None)
        else:
            fields = {**entry, "receiver": Receiver(**entry["receiver"])}
            own[webhook_id] = Webhook(**{**fields, "events": tuple(entry["events"])})
            # Another server found room for it, so this one must not refuse it.
            self._store.unclaim(-_weight(own[webhook_id]))
        if not own:
            del self._webhooks[owner]
        if entry is None:
            self.disappeared(webhook_id)
        elif earlier is None:
            self.appeared(owner)


def _key(owner: str, webhook_id: str) -> str:
    return f"{owner} {webhook_id}"


def _weight(webhook: Webhook) -> int:
    """The bytes of memory of a webhook, rounded up; its URL is there twice."""
    return 2048 + 2 * sys.getsizeof(webhook.url) + sys.getsizeof(webhook.secret)
