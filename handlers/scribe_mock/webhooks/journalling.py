"""An attempt to deliver a webhook, as an entry of the journal."""

import time
from collections.abc import Mapping

from scribe_mock.steering.journal import Journal
from scribe_mock.webhooks.webhook import Webhook


class JournalledAttempt:
    """One attempt: begins its entry, and completes it.

    Args:
        journal: Where the entry goes.
        webhook: Where the delivery goes, and whose it is.
        session_id: The session that it tells of.
        name: Identifies the attempt; deliveries have no `X-Request-Id`.
        at: When it begins, in seconds since 1970.
        headers: The header fields, besides those that every request has.
        body: What is sent.
    """

    def __init__(
        self,
        journal: Journal,
        webhook: Webhook,
        session_id: str,
        name: str,
        at: float,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self._journal = journal
        self._headers = headers
        self._began = time.perf_counter()
        if not journal.is_on:
            self._record = None
            return
        url, _, query = webhook.url.partition("?")
        record = journal.begin(name.encode(), "POST", url.encode(), webhook.owner, at)
        record.query = query.encode()
        record.operation = "deliverWebhook"
        record.session_id, record.owner = session_id, webhook.owner
        record.announced = b"%d" % len(body)
        record.arrived(body)
        record.whole = True
        self._record = record

    def finish(self, status: int | None, problem: str | None) -> None:
        """Complete the entry, with the status of the answer or why there was none."""
        record = self._record
        if record is None:
            return
        record.status = status or 0
        record.outcome = record.outcome or ("answered" if status else "dropped")
        record.warning = record.warning or problem
        fields = [
            *((name.lower().encode(), value.encode()) for name, value in self._headers.items()),
            (b"content-length", b""),
        ]
        self._journal.finish(record, time.perf_counter() - self._began, fields, ())
