"""Connexion's response validation, for tests: an answer that breaks the spec becomes a 500."""

from typing import Any, cast

from connexion.middleware.response_validation import (
    ResponseValidationAPI,
    ResponseValidationMiddleware,
    ResponseValidationOperation,
)
from starlette.types import ASGIApp


class ConformingOperation(ResponseValidationOperation):
    """Holds the answers of one operation to the spec."""

    @staticmethod
    def validate_required_headers(headers: list[tuple[bytes, bytes]], definition: Any) -> None:
        """Look for the header fields that the spec requires, beside those of the gateway."""
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
