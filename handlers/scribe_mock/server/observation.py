"""Tells the metrics, the traces and the log of each request and stream."""

import asyncio
import os
from typing import Any

from starlette.types import Scope

from scribe_mock.server.exchange import Exchange
from scribe_mock.server.request_log import RequestLog
from scribe_mock.server.tracing import Tracing, start_tracing
from scribe_mock.steering.metrics import Metrics


class Observation:
    """What one server tells of its requests, besides the journal.

    Args:
        metrics: Counts them.
        log: Gets requests, except for those of the mock's own pages; None for no log.
    """

    def __init__(self, metrics: Metrics, log: RequestLog | None) -> None:
        self._metrics = metrics
        self._log = log
        self._tracing: Tracing | None = None

    def start(self) -> None:
        """Begin to trace, if that is wanted and possible."""
        self._tracing = start_tracing(os.environ)

    async def stop(self) -> None:
        """Send the last traces."""
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)

    def begin(self, scope: Scope) -> Any:
        """A request or stream begins; `finish` gets what this returns."""
        return None if self._tracing is None else self._tracing.begin(scope)

    def finish(self, scope: Scope, exchange: Exchange, span: Any) -> None:
        """A request or stream is over."""
        code, received = scope.get("scribe_mock.code"), exchange.request_bytes
        status, sent = exchange.status, exchange.answer_bytes
        if scope["type"] == "websocket":
            operation: str | None = "streamAudio"
            code = code or exchange.code
            self._metrics.add(operation, status, code, received, sent, None)
        else:
            operation = scope.get("scribe_mock.operation")
            seconds = exchange.seconds or exchange.end()
            self._metrics.add(operation, status, code, received, sent, seconds)
            if self._log is not None:
                self._log.add(scope, exchange)
        if self._tracing is not None:
            self._tracing.finish(span, operation, status, code, received, sent)
