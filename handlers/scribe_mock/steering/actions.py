"""What a fault does to a request: one frozen class for each action of `control.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

#: Stands for a body that an answer does not name; null is a body.
NO_BODY: Any = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """This answer instead of the right one; nothing changes.

    Args:
        status: The status; None where the code of the contract says it.
        code: The error code; None where the status says it.
        message: The error's message; None for the documented one.
        headers: Header fields besides those of the answer.
        body: A JSON value, or a text that is sent as it is.
        retry_after_seconds: The value of `Retry-After`.
    """

    status: int | None = None
    code: str | None = None
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: Any = NO_BODY
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """The right answer, between `least` and `most` seconds later."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Throttle:
    """The upload is read, and the answer written, at these rates in bytes a second."""

    upload_bytes_per_second: float | None = None
    answer_bytes_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection ends after so many bytes of the request's or the answer's body."""

    at: str
    after_bytes: int = 0
    how: str = "reset"


@dataclass(frozen=True, slots=True)
class DropAnswer:
    """The request is carried out, but no answer arrives."""

    how: str = "reset"


@dataclass(frozen=True, slots=True)
class DropChunk:
    """The upload is answered as if it were stored."""


@dataclass(frozen=True, slots=True)
class Limit:
    """413 for a body of more than `bytes` bytes, in one of five ways."""

    bytes: int
    delivery: str = "early_drain"


@dataclass(frozen=True, slots=True)
class Hold:
    """The request waits until it is released."""


@dataclass(frozen=True, slots=True)
class ExpireToken:
    """The token of the request has expired from now on."""


@dataclass(frozen=True, slots=True)
class Processing:
    """How the processing goes that a request begins."""

    seconds: float | None = None
    outcome: str | None = None
    fail_template: str | None = None
    stuck: bool = False
    expire: bool = False


@dataclass(frozen=True, slots=True)
class Socket:
    """What happens to a WebSocket once so many bytes have arrived in its messages."""

    close_code: int | None = None
    reason: str = ""
    after_bytes: int = 0
    pause_seconds: float = 0.0
    ignore_pings: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """What happens to the delivery of a webhook."""

    delay_seconds: float = 0.0
    repeat: int = 0
    reorder: bool = False
    lose: bool = False


Action = (
    Answer
    | Delay
    | Throttle
    | Cut
    | DropAnswer
    | DropChunk
    | Limit
    | Hold
    | ExpireToken
    | Processing
    | Socket
    | Webhook
)

_CLASSES: Mapping[str, type[Any]] = {
    "answer": Answer,
    "throttle": Throttle,
    "cut": Cut,
    "drop_answer": DropAnswer,
    "drop_chunk": DropChunk,
    "limit": Limit,
    "hold": Hold,
    "expire_token": ExpireToken,
    "processing": Processing,
    "socket": Socket,
    "webhook": Webhook,
}


def action_of(name: str, fields: Mapping[str, Any]) -> Action:
    """The action with this name in `control.yaml`, from fields that its schema accepts."""
    if name == "delay":
        least = fields.get("seconds", fields.get("min_seconds", 0.0))
        return Delay(least, fields.get("seconds", fields.get("max_seconds", least)))
    action: Action = _CLASSES[name](**fields)
    return action
