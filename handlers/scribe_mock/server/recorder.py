"""Writes what arrives into the journal."""

from starlette.types import Scope

from scribe_mock.api.callers import Callers
from scribe_mock.server.exchange import Exchange
from scribe_mock.steering.journal import Journal


class Recorder:
    """Begins and finishes the entries of one server's requests.

    Args:
        journal: Where they go.
        callers: Finds out whose a request is.
    """

    def __init__(self, journal: Journal, callers: Callers) -> None:
        self._journal = journal
        self._callers = callers

    def begin(self, scope: Scope, exchange: Exchange) -> None:
        """Begin an entry.

        Others find it in the scope under `scribe_mock.record`, and write into it.
        """
        headers = exchange.headers
        record = self._journal.begin(
            exchange.request_id,
            scope.get("method", "GET"),
            scope.get("raw_path") or scope["path"].encode(),
            self._callers.of_headers(scope["headers"]),
        )
        record.query = scope["query_string"]
        record.announced = headers.get(b"content-length")
        if scope["type"] == "websocket":
            scope["scribe_mock.operation"] = "streamAudio"
        record.scope = scope
        scope["scribe_mock.record"] = exchange.record = record

    def finish(self, scope: Scope, exchange: Exchange) -> None:
        """Complete the entry of a request."""
        record = exchange.record
        assert record is not None
        record.settle()
        record.scope = None
        if record.outcome in (None, "answered"):
            left = scope.get("scribe_mock.client_left") and not exchange.is_early
            record.outcome = "client_left" if left or not exchange.status else "answered"
        no_answer = record.outcome == "dropped" or (
            record.outcome == "client_left" and scope["type"] == "http"
        )
        record.status = 0 if no_answer else exchange.status
        self._journal.finish(record, exchange.end(), scope["headers"], exchange.answer_fields)
