"""Faults of webhooks, and of what they deliver."""

import json

from starlette.responses import JSONResponse, Response

from tests.contract.independent_server import Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("answers.fields", only=["webhook.register"])
class WebhookWithoutId(Server):
    def show_hook(self, hook):
        return {
            name: value for name, value in super().show_hook(hook).items() if name != "webhook_id"
        }


@mutant("webhook.register")
class WebhookForAllEvents(Server):
    def show_hook(self, hook):
        return super().show_hook(hook) | {"events": ["session.started"]}


@note("webhook.register")
class NoReceiverIsGoodEnough(Server):
    def check_receiver(self, parts):
        raise self.broken("$.url")


@mutant("webhook.list")
class WebhooksAreNotListed(Server):
    async def webhooks(self, call):
        if call.scope["method"] == "POST":
            return await super().webhooks(call)
        self.authorize(call)
        return JSONResponse({"webhooks": []})


@note("webhook.secret")
class SecretIsShown(Server):
    def show_hook(self, hook):
        return dict(hook)


@mutant("webhook.delete")
class WebhookStays(Server):
    def forget_hook(self, name):
        pass


@note("webhook.delete_twice")
class DeletingAWebhookTwiceSucceeds(Server):
    async def webhook(self, call, name):
        self.authorize(call)
        self.hooks.pop(name, None)
        if name == "wh_no_such_webhook":
            raise self.no_webhook()
        return Response(b"", 204)


@mutant("webhook.unknown")
class UnknownWebhookIsA400(Server):
    def no_webhook(self):
        return Refusal(400, "invalid_request")


@mutant("webhook.schema")
class AnyWebhookIsTaken(Server):
    def check_hook(self, body):
        body["url"] = str(body.get("url", "http://localhost:9/"))
        if not isinstance(body.get("events"), list) or not body["events"]:
            body["events"] = ["session.failed"]
        body["events"] = [str(one) for one in body["events"]]


@note("webhook.events")
class AnyEventIsTaken(Server):
    def check_events(self, events):
        events[:] = [one for one in events if one != "session.paused"] or ["session.failed"]


@note("webhook.plain")
class AnyReceiverIsTaken(Server):
    def check_receiver(self, parts):
        pass


@mutant("webhook.token")
class WebhooksArePublic(Server):
    async def webhooks(self, call):
        call.headers = [("authorization", "Bearer x")]
        return await super().webhooks(call)


@mutant("webhook.delivery.events")
class EndIsNotTold(Server):
    def wants(self, hook, event):
        return super().wants(hook, event) and event != "session.ended"


@mutant("webhook.delivery.asked")
class EverythingIsTold(Server):
    def wants(self, hook, event):
        return True


@mutant("webhook.delivery.events")
class CompletionIsNotTold(Server):
    def wants(self, hook, event):
        return super().wants(hook, event) and event != "session.completed"


@mutant("webhook.delivery.events")
class CreationIsNotTold(Server):
    def wants(self, hook, event):
        return super().wants(hook, event) and event != "session.started"


@note("webhook.delivery.events")
class NothingIsTold(Server):
    def wants(self, hook, event):
        return False


@mutant("webhook.delivery.body")
class DeliveryHasTheTranscript(Server):
    def event_body(self, event, session_id):
        return super().event_body(event, session_id) | {"transcript": "Patient: I have a cough."}


@mutant("webhook.delivery.body")
class DeliveryHasUnixSeconds(Server):
    def event_body(self, event, session_id):
        return super().event_body(event, session_id) | {"timestamp": 1780755667}


@mutant("webhook.delivery.signature")
class SignatureIsOfTheBodyAlone(Server):
    def sign(self, secret, now, body):
        right = super().sign(secret, now, body)
        wrong = super().sign(secret, "", body)
        return f"{right.partition(',')[0]},{wrong.partition(',')[2]}"


@mutant("webhook.delivery.signature")
class SignatureOfOtherBytes(Server):
    def sign(self, secret, now, body):
        return super().sign(secret, now, json.dumps(json.loads(body), indent=1).encode())


@mutant("webhook.delivery.signature")
class SignatureWithoutTime(Server):
    def sign(self, secret, now, body):
        return super().sign(secret, now, body).partition(",")[2]
