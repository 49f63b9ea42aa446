"""JSON bodies, and the fields that create and update session share."""

import json
import re

from tests.contract.independent_server.base import Base
from tests.contract.independent_server.refusal import Refusal


class Bodies(Base):
    async def json(self, call, required=True):
        data = await self.read_json(call)
        if not data and not required:
            return {}
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise self.not_json() from None
        if not isinstance(value, dict):
            raise self.broken("$")
        return value

    def not_json(self):
        return Refusal(400, "invalid_request")

    async def read_json(self, call):
        data = await call.body()
        if len(data) > 1024 * 1024:
            raise Refusal(413, "request_too_large")
        depth = 0
        for char in re.findall(rb"[\[{]|[\]}]", data):
            depth += 1 if char in b"[{" else -1
            if depth > 100:
                raise Refusal(400, "invalid_request")
        return data

    def broken(self, path):
        return Refusal(422, "invalid_request", path=path)

    def check_fields(self, body):
        for name in ("additional_data", "patient_details"):
            if name in body and not isinstance(body[name], dict):
                raise self.broken(f"$.{name}")
        choices = {
            "session_mode": ("dictation", "consultation"),
            "model": self.models,
            "communication_protocol": ("http", "websocket", "rpc"),
        }
        for name, allowed in choices.items():
            if name in body and body[name] not in allowed:
                raise self.broken(f"$.{name}")
        for name in ("user_status", "processing_status"):
            if not isinstance(body.get(name, ""), str) or len(body.get(name, "")) > 128:
                raise self.broken(f"$.{name}")
        self.check_templates(body)
        hints = body.get("language_hint", [])
        if (
            not isinstance(hints, list)
            or len(hints) > 20
            or not all(
                isinstance(hint, str) and re.fullmatch("[a-z]{2}|auto_detect", hint)
                for hint in hints
            )
        ):
            raise self.broken("$.language_hint")
        spoken = body.get("transcript_language", "en")
        if not isinstance(spoken, str) or not re.fullmatch("[a-z]{2}", spoken):
            raise self.broken("$.transcript_language")

    def check_templates(self, body):
        names = body.get("templates", [])
        good = isinstance(names, list) and all(
            isinstance(name, str) and 0 < len(name) <= 128 for name in names
        )
        if not good or len(names) > self.max_templates() or len(set(names)) < len(names):
            raise self.broken("$.templates")
        if any(name not in self.known_templates() for name in names):
            raise self.unknown_template()

    def known_templates(self):
        return (*self.own_templates, *self.made_templates)

    def unknown_template(self):
        return Refusal(400, "invalid_template")

    def max_templates(self):
        return 2
