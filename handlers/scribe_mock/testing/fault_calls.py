"""One call for each kind of fault."""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

from scribe_mock.testing.faults import Fault, FaultList, FaultOptions

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

#: No body at all: None is the JSON value null.
_NO_BODY: Any = object()

How = Literal["reset", "close"]
Delivery = Literal["early_drain", "early_close", "early_reset", "late", "expect_only"]


class FaultCalls:
    """One call for each action of a fault; `operation` is an operationId of openapi.yaml.

    Without it, and without the options that select requests (`FaultOptions`), a fault meets every
    request of its scope. The other names are those of the actions in control.yaml.
    """

    _faults: FaultList

    def fail(
        self,
        operation: str | None = None,
        *,
        status: int | None = None,
        code: str | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = _NO_BODY,
        retry_after: int | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Give an error, or any other answer, instead of the right one: 503 if nothing is said.

        Args:
            operation: The operationId.
            status: The status; a `code` of the API has its own.
            code: The error code.
            message: The error's message.
            headers: Further header fields.
            body: JSON, or a text that is sent as it is.
            retry_after: `Retry-After`, in seconds.
            options: Which requests, and how often.
        """
        if status is None and code is None:
            status = 503
        answer = {
            "status": status,
            "code": code,
            "message": message,
            "headers": headers,
            "retry_after_seconds": retry_after,
        }
        answer = _given(answer) | ({} if body is _NO_BODY else {"body": body})
        return self._set(operation, "answer", answer, options)

    def delay(
        self,
        operation: str | None = None,
        seconds: float | None = None,
        *,
        min_seconds: float | None = None,
        max_seconds: float | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Give the right answer later: after `seconds`, or a random time between the other two."""
        action = {"seconds": seconds, "min_seconds": min_seconds, "max_seconds": max_seconds}
        return self._set(operation, "delay", _given(action), options)

    def throttle(
        self,
        operation: str | None = None,
        *,
        upload_bytes_per_second: float | None = None,
        answer_bytes_per_second: float | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Read the upload, or write the answer, at this rate."""
        action = {
            "upload_bytes_per_second": upload_bytes_per_second,
            "answer_bytes_per_second": answer_bytes_per_second,
        }
        return self._set(operation, "throttle", _given(action), options)

    def cut(
        self,
        operation: str | None = None,
        *,
        at: Literal["upload", "answer"] = "upload",
        after_bytes: int = 0,
        how: How = "reset",
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """End the connection after so many bytes of the body; nothing is stored."""
        action = {"at": at, "after_bytes": after_bytes, "how": how}
        return self._set(operation, "cut", action, options)

    def drop_answer(
        self,
        operation: str | None = None,
        *,
        how: Literal["reset", "close", "hang"] = "reset",
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Carry the request out, but send no answer."""
        return self._set(operation, "drop_answer", {"how": how}, options)

    def drop_chunk(
        self, operation: str | None = "uploadAudio", **options: Unpack[FaultOptions]
    ) -> Fault:
        """Answer an upload with 200, but store nothing."""
        return self._set(operation, "drop_chunk", {}, options)

    def limit(
        self,
        operation: str | None = "uploadAudio",
        *,
        bytes: int,
        delivery: Delivery = "early_drain",
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Answer 413 to a body of more than so many bytes, delivered in one of five ways."""
        return self._set(operation, "limit", {"bytes": bytes, "delivery": delivery}, options)

    def hold(self, operation: str | None = None, **options: Unpack[FaultOptions]) -> Fault:
        """Let requests wait until they are released."""
        return self._set(operation, "hold", {}, options)

    def expire_token(self, operation: str | None = None, **options: Unpack[FaultOptions]) -> Fault:
        """Answer the request's token with 401 `token_expired` until login or refresh."""
        return self._set(operation, "expire_token", {}, options)

    def processing(
        self,
        operation: str | None = None,
        *,
        seconds: float | None = None,
        outcome: Literal["completed", "partial", "failed"] | None = None,
        fail_template: str | None = None,
        stuck: bool | None = None,
        expire: bool | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Decide how the processing goes that End session or an uploaded transcript begins."""
        action = {
            "seconds": seconds,
            "outcome": outcome,
            "fail_template": fail_template,
            "stuck": stuck,
            "expire": expire,
        }
        return self._set(operation, "processing", _given(action), options)

    def socket(
        self,
        operation: str | None = "streamAudio",
        *,
        close_code: int | None = None,
        reason: str | None = None,
        after_bytes: int | None = None,
        pause_seconds: float | None = None,
        ignore_pings: bool | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Close the WebSocket, read it no more for some time, or send it no pongs."""
        action = {
            "close_code": close_code,
            "reason": reason,
            "after_bytes": after_bytes,
            "pause_seconds": pause_seconds,
            "ignore_pings": ignore_pings,
        }
        return self._set(operation, "socket", _given(action), options)

    def webhook(
        self,
        operation: str | None = "deliverWebhook",
        *,
        delay_seconds: float | None = None,
        repeat: int | None = None,
        reorder: bool | None = None,
        lose: bool | None = None,
        **options: Unpack[FaultOptions],
    ) -> Fault:
        """Deliver webhooks late, several times, in another order, or not at all."""
        action = {
            "delay_seconds": delay_seconds,
            "repeat": repeat,
            "reorder": reorder,
            "lose": lose,
        }
        return self._set(operation, "webhook", _given(action), options)

    def faults(self) -> list[Fault]:
        """The faults of this scope, the oldest first."""
        return self._faults.all()

    def unfired(self) -> list[Fault]:
        """The faults of this scope that never fired, but for those that are optional."""
        return self._faults.unfired()

    def _set(
        self,
        operation: str | None,
        action: str,
        values: Mapping[str, Any],
        options: FaultOptions,
    ) -> Fault:
        return self._faults.add(operation, {action: values}, options)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
