"""One webhook, and the signature of its deliveries."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from scribe_mock.sessions.clock import rfc3339
from scribe_mock.webhooks.receiver import Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What a client registered (CONTRACT.md, "Webhooks").

    `owner` is a digest of the token that registered it.
    """

    webhook_id: str
    owner: str
    url: str
    receiver: Receiver
    events: Collection[str]
    created_at: float
    secret: str | None = field(default=None, repr=False)


def new_webhook_id() -> str:
    """An id for a webhook: `wh_` and 12 hexadecimal digits."""
    return f"wh_{secrets.token_hex(6)}"


def payload(event: str, at: float, session_id: str) -> bytes:
    """The body of a delivery: the event, its time and its session, and nothing else."""
    told = {"event": event, "timestamp": rfc3339(at), "session_id": session_id}
    return json.dumps(told, separators=(",", ":")).encode()


def signature(secret: str, now: float, body: bytes) -> str:
    """The value of `X-MSA-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256>`."""
    seconds = int(now)
    signed = f"{seconds}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
