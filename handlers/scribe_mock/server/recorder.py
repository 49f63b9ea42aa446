"""Writes what arrives into the journal."""

from starlette.types import Scope

from scribe_mock.api.callers import Callers
from scribe_mock.server.exchange import Exchange
from scribe_mock.steering.journal import Journal

#: How many owners are remembered by the header field of their token, and the longest of these.
_REMEMBERED, _LONGEST = 4096, 512


class Recorder:
    """Begins and finishes the entries of one server's requests.

    Args:
        journal: Where they go.
        callers: Finds out whose a request is.
    """

    def __init__(self, journal: Journal, callers: Callers) -> None:
        self._journal = journal
        self._callers = callers
        self._remembered: dict[bytes | None, str] = {}

    def begin(self, scope: Scope, exchange: Exchange) -> None:
        """Begin an entry.

        Others find it in the scope under `scribe_mock.record`, and write into it.
        """
        headers = exchange.headers
        caller = self._remembered.get(headers.get(b"authorization"))
        if caller is None:
            caller = self._caller(scope, exchange)
        journal = self._journal
        target = scope.get("raw_path") or scope["path"].encode()
        exchange.begin(journal.now(caller), scope.get("method", "GET"), target, caller)
        exchange.query = scope["query_string"]
        exchange.announced = headers.get(b"content-length")
        if scope["type"] == "websocket":
            scope["scribe_mock.operation"] = "streamAudio"
        exchange.scope = scope
        scope["scribe_mock.record"] = exchange
        exchange.is_recorded = True
        journal.add(exchange)

    def _caller(self, scope: Scope, exchange: Exchange) -> str:
        caller = self._callers.of_headers(scope["headers"])
        sent = exchange.headers.get(b"authorization")
        if len(sent or b"") <= _LONGEST and len(exchange.headers) == len(scope["headers"]):
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[sent] = caller
        return caller

    def finish(self, scope: Scope, exchange: Exchange) -> None:
        """Complete the entry of a request."""
        exchange.settle()
        exchange.scope = None
        outcome = exchange.outcome
        if outcome is None or outcome == "answered":
            left = "scribe_mock.client_left" in scope and not exchange.is_early
            outcome = "client_left" if left or not exchange.status else "answered"
            exchange.outcome = outcome
        if outcome == "dropped" or (outcome == "client_left" and scope["type"] == "http"):
            exchange.status = 0
        self._journal.finish(exchange, exchange.end(), scope["headers"], exchange.own_fields)
        exchange.leave()
