"""The operations on webhooks (CONTRACT.md, "Webhooks")."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.services import OperationGroup
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.webhooks.receiver import Receiver
from scribe_mock.webhooks.webhook import Webhook, new_webhook_id


class WebhookOperations(OperationGroup):
    """The operations with the tag Webhooks."""

    async def register_webhook(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Register a webhook of the caller."""
        services = self._services
        owner = services.callers.of(request)
        webhook = Webhook(
            webhook_id=new_webhook_id(),
            owner=owner,
            url=body["url"],
            receiver=self._receiver(body["url"]),
            events=tuple(body["events"]),
            created_at=services.clocks.of_owner(owner).now(),
            secret=body.get("secret"),
        )
        async with services.sharing.changing():
            await services.webhooks.register(webhook)
        return JsonAnswer(_shown(webhook), 201)

    async def list_webhooks(self, request: Request) -> JsonAnswer:
        """Answer with the caller's webhooks."""
        listed = self._services.webhooks.of(self._services.callers.of(request))
        return JsonAnswer({"webhooks": [_shown(webhook) for webhook in listed]})

    async def delete_webhook(self, request: Request, webhook_id: str) -> Response:
        """Delete one of the caller's webhooks."""
        async with self._services.sharing.changing():
            self._services.webhooks.delete(self._services.callers.of(request), webhook_id)
        return Response(status_code=204)

    def _receiver(self, url: str) -> Receiver:
        try:
            return Receiver.of(url, self._services.settings.webhook_host)
        except ValueError as error:
            refuse_body("$.url", str(error))


def _shown(webhook: Webhook) -> dict[str, Any]:
    """A webhook's JSON form; it never has the secret."""
    return {
        "webhook_id": webhook.webhook_id,
        "url": webhook.url,
        "events": list(webhook.events),
        "status": "active",
        "created_at": rfc3339(webhook.created_at),
    }
