"""Response validation, for tests: an answer that breaks the spec becomes a 500."""

from typing import Any, cast

from connexion.exceptions import NonConformingResponse, NonConformingResponseHeaders
from connexion.middleware.response_validation import (
    ResponseValidationAPI,
    ResponseValidationMiddleware,
    ResponseValidationOperation,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scribe_mock.server.connexion_internals import next_operation

#: Header fields that describe the body (RFC 9110, 8); a spec has them as `content`.
_OF_THE_BODY = frozenset({"content-type", "content-length"})


class ConformingOperation(ResponseValidationOperation):
    """Validates the answers of one operation: status, header fields and body."""

    def __init__(self, next_app: ASGIApp, operation: Any) -> None:
        super().__init__(next_app, operation=operation, validator_map=None)
        self._statuses = frozenset(operation.responses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the operation; raises NonConformingResponse instead of sending a wrong answer."""

        async def checked(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = str(message["status"])
                if status not in self._statuses:
                    raise NonConformingResponse(f"The spec does not have the status {status}.")
            await send(message)

        await super().__call__(scope, receive, checked)

    @staticmethod
    def validate_required_headers(headers: list[tuple[bytes, bytes]], definition: Any) -> None:
        """Check for header fields that the spec requires or does not have."""
        known = {name.lower() for name in definition.get("headers", {})} | _OF_THE_BODY
        if unknown := {name.decode().lower() for name, _ in headers} - known:
            raise NonConformingResponseHeaders(f"The spec does not have {sorted(unknown)}.")
        # The gateway adds X-Request-Id to every answer afterwards.
        every = [*headers, (b"x-request-id", b"")]
        ResponseValidationOperation.validate_required_headers(every, definition)


class ConformanceAPI(ResponseValidationAPI):
    """The response validation of all operations of one spec."""

    def make_operation(self, operation: Any) -> ASGIApp:
        """The validation of this operation's answers."""
        next_app = next_operation(self.next_app, operation.operation_id)
        return cast(ASGIApp, ConformingOperation(next_app, operation))


class Conformance(ResponseValidationMiddleware):
    """Validates answers against the spec."""

    api_cls = ConformanceAPI
