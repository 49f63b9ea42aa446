"""Connexion's response validation, for tests: an answer that breaks the spec becomes a 500."""

from typing import Any, cast

from connexion.exceptions import NonConformingResponse, NonConformingResponseHeaders
from connexion.middleware.response_validation import (
    ResponseValidationAPI,
    ResponseValidationMiddleware,
    ResponseValidationOperation,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Fields that describe the body (RFC 9110, 8), which a spec tells by its content.
_OF_THE_BODY = frozenset({"content-type", "content-length"})


class ConformingOperation(ResponseValidationOperation):
    """Holds the answers of one operation to the spec: status, header fields and body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the operation; raises NonConformingResponse in place of a wrong answer."""

        async def checked(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = str(message["status"])
                if status not in self._operation.responses:
                    raise NonConformingResponse(f"The spec does not know the status {status}.")
            await send(message)

        await super().__call__(scope, receive, checked)

    @staticmethod
    def validate_required_headers(headers: list[tuple[bytes, bytes]], definition: Any) -> None:
        """Look for fields that the spec requires or does not know, beside the gateway's."""
        known = {name.lower() for name in definition.get("headers", {})} | _OF_THE_BODY
        if unknown := {name.decode().lower() for name, _ in headers} - known:
            raise NonConformingResponseHeaders(f"The spec does not know {sorted(unknown)}.")
        # The gateway gives every answer its X-Request-Id, behind this station's back.
        every = [*headers, (b"x-request-id", b"")]
        ResponseValidationOperation.validate_required_headers(every, definition)


class ConformanceAPI(ResponseValidationAPI):
    """The answers of all operations of one spec."""

    def make_operation(self, operation: Any) -> ASGIApp:
        """The check that the spec's responses ask for."""
        made = ConformingOperation(self.next_app, operation=operation, validator_map=None)
        return cast(ASGIApp, made)


class Conformance(ResponseValidationMiddleware):
    """Holds answers to the spec."""

    api_cls = ConformanceAPI
