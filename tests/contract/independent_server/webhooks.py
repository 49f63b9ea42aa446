"""Webhooks, and what they deliver: each event in a thread of its own, without second tries."""

import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from tests.contract.independent_server.creating import Creating
from tests.contract.independent_server.ending import Ending
from tests.contract.independent_server.refusal import Refusal

EVENTS = ("started", "ended", "completed", "partial", "failed", "expired")


class Webhooks(Creating, Ending):
    def __init__(self):
        super().__init__()
        self.hooks = {}

    async def webhooks(self, call):
        self.authorize(call)
        if call.scope["method"] == "POST":
            return await self.register(call)
        return JSONResponse({"webhooks": [self.show_hook(hook) for hook in self.hooks.values()]})

    async def register(self, call):
        body = await self.json(call)
        self.check_hook(body)
        hook = {name: body[name] for name in ("url", "events", "secret") if name in body}
        hook |= {"webhook_id": f"wh_{secrets.token_hex(6)}", "status": "active"}
        hook["created_at"] = self.stamp(datetime.now(UTC))
        self.hooks[hook["webhook_id"]] = hook
        return JSONResponse(self.show_hook(hook), 201)

    def check_hook(self, body):
        if not isinstance(body.get("url"), str) or not isinstance(body.get("secret", ""), str):
            raise self.broken("$")
        events = body.get("events")
        if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
            raise self.broken("$.events")
        self.check_events(events)
        self.check_receiver(urlsplit(body["url"]))

    def check_events(self, events):
        known = {f"session.{name}" for name in EVENTS}
        if not events or set(events) - known:
            raise self.broken("$.events")

    def check_receiver(self, parts):
        here = parts.hostname in ("localhost", "127.0.0.1")
        if parts.scheme != "https" and not (here and parts.scheme == "http"):
            raise self.broken("$.url")

    def show_hook(self, hook):
        return {name: value for name, value in hook.items() if name != "secret"}

    async def webhook(self, call, name):
        self.authorize(call)
        if name not in self.hooks:
            raise self.no_webhook()
        self.forget_hook(name)
        return Response(b"", 204)

    def no_webhook(self):
        return Refusal(404, "webhook_not_found")

    def forget_hook(self, name):
        del self.hooks[name]

    async def create(self, call):
        answer = await super().create(call)
        self.tell("started", json.loads(answer.body)["session_id"])
        return answer

    def finish(self, session, body):
        super().finish(session, body)
        self.tell("ended", session.id)
        self.tell(session.outcome, session.id, after=self.processing)

    def tell(self, name, session_id, after=0.0):
        body = self.event_body(f"session.{name}", session_id)
        for hook in list(self.hooks.values()):
            if self.wants(hook, f"session.{name}"):
                arguments = (hook, json.dumps(body).encode(), after)
                threading.Thread(target=self.post, args=arguments, daemon=True).start()

    def wants(self, hook, event):
        return event in hook["events"]

    def event_body(self, event, session_id):
        now = self.stamp(datetime.now(UTC))
        return {"event": event, "timestamp": now, "session_id": session_id}

    def post(self, hook, body, after):
        time.sleep(after)
        headers = {"Content-Type": "application/json"}
        if "secret" in hook:
            headers["X-MSA-Signature"] = self.sign(hook["secret"], int(time.time()), body)
        request = urllib.request.Request(hook["url"], body, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError):  # the receiver may be gone
            opener.open(request, timeout=5).close()

    def sign(self, secret, now, body):
        digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
        return f"t={now},v1={digest.hexdigest()}"
