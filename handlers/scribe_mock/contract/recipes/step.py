"""What a recipe is made of: requests, and the values that later ones need of earlier answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scribe_mock.contract.core import samples
from scribe_mock.paths import BASE_PATH

#: Bytes of a JSON body that is too large.
TOO_MUCH_JSON = 1024 * 1024 + 1

#: Bodies that every operation with a JSON body refuses.
NOT_JSON: dict[str, Any] = {"text": "not JSON", "value": ...}
TOO_LARGE: dict[str, Any] = {"text": "{}", "size": TOO_MUCH_JSON, "value": ...}

#: Why no request brings some answers about.
NO_CRASH = "a server that crashes has a bug; no request is known to cause one"
NO_ROOM = "the server's memory would have to be filled"
NO_WAIT = "a token would have to grow old"

#: What later steps need of an operation's answer: the placeholder, and the keys that lead to it.
#: `{address}` is a whole address, which stands for a step's path; the others are ids.
NAMED: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "createSession": (("session", ("session_id",)),),
    "createTemplate": (("template", ("template_id",)),),
    "registerWebhook": (("webhook", ("webhook_id",)),),
    "processTemplate": (("document", ("document_id",)),),
    "saveDocument": (
        ("address", ("data", "presigned_url")),
        ("document", ("data", "document_id")),
    ),
    "getSessionAudio": (("address", ("audio_url",)),),
    "getDocument": (("address", ("data", "presigned_url")),),
}


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values in the place of `{session}` and the other placeholders."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request of a recipe.

    `{session}`, `{template}`, `{document}` and `{address}` stand for values of earlier answers.

    Args:
        operation: The operationId; empty for a request that is meant for none.
        method, path: As documented, whole; `{expired}` is filled in too.
        value: Sent as JSON; `...` for none.
        text: Sent as it is, labelled as JSON, instead.
        audio: The extension of the sample to send, instead.
        size: Bytes that the body is padded to: text with spaces, audio with zeros.
        headers: Beside Authorization.
        token: Whether the bearer token is sent.
        until: Repeat until the session has this status.
    """

    operation: str
    method: str
    path: str
    value: Any = ...
    text: str | None = None
    audio: str | None = None
    size: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    token: bool = True
    until: str = ""

    @property
    def text_of_value(self) -> str | None:
        """The JSON or the text to send, with its placeholders; None for another body."""
        return self.text if self.value is ... else json.dumps(self.value)

    @property
    def fields(self) -> dict[str, str]:
        """Header fields, with the type of a JSON body, without Authorization."""
        is_json = self.value is not ... or self.text is not None
        return ({"Content-Type": "application/json"} if is_json else {}) | dict(self.headers)

    def body(self, values: Mapping[str, str]) -> bytes | None:
        """The bytes to send, with these values in the place of the placeholders."""
        if self.audio is not None:
            sample = samples.tiny(self.audio) if self.audio else b""
            return sample + bytes(max(0, self.size - len(sample)))
        text = self.text_of_value
        if text is not None:
            return filled(text, values).ljust(self.size).encode()
        return b"" if self.method == "POST" else None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One answer, and the steps to it; the last step gets it.

    Args:
        operation: The operationId; empty for answers of no operation.
        status: The status code.
        code: `error.code`; for Get session the `status` in the body; else empty.
        steps: The requests, in order.
        why_not: Why no client can get there, instead.
    """

    operation: str
    status: int
    code: str = ""
    steps: tuple[Step, ...] = ()
    why_not: str = ""

    @property
    def name(self) -> str:
        """`uploadAudio 400 session_ended`."""
        return " ".join(filter(None, (self.operation or "(none)", str(self.status), self.code)))

    def summary(self) -> str:
        """The way there, in a line."""
        return " → ".join(
            f"{step.method} {step.path.removeprefix(BASE_PATH)}" for step in self.steps
        )


def recipes_of(
    operation: str, *entries: tuple[int, str, tuple[Step, ...] | str]
) -> tuple[Recipe, ...]:
    """Recipes of one operation, from status, code and steps; a text says why there are none."""
    return tuple(
        Recipe(operation=operation, status=status, code=code, why_not=way)
        if isinstance(way, str)
        else Recipe(operation=operation, status=status, code=code, steps=way)
        for status, code, way in entries
    )
