"""Errors as answers: the one place that turns an exception into the envelope."""

import logging

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from scribe_mock.errors import ApiError, InternalError

logger = logging.getLogger("scribe_mock")


def answer_to(error: Exception) -> JSONResponse:
    """The envelope for any error; one that is not ours is logged and answered 500."""
    if not isinstance(error, ApiError):
        logger.error("A request failed in the mock itself.", exc_info=error)
        error = InternalError()
    return JSONResponse(error.envelope(), error.status, dict(error.headers))


class ErrorMiddleware:
    """Answers the errors that operations raise on purpose; the gateway sees to all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app; answer its error."""
        try:
            await self._app(scope, receive, send)
        except ApiError as error:
            await answer_to(error)(scope, receive, send)
