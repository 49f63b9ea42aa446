"""Delivers events to receivers, tries again, and keeps a log of the attempts.

A receiver gets few deliveries at a time, so a slow one delays its own alone. What happens to one
session reaches one webhook in order, except for what has to be tried again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scribe_mock import __version__
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clock import Clock
from scribe_mock.steering.journal import Journal
from scribe_mock.webhooks.journalling import JournalledAttempt
from scribe_mock.webhooks.posting import DeliveryError, post
from scribe_mock.webhooks.webhook import Webhook, payload, signature

#: Real seconds within which a receiver has to answer.
ANSWER_SECONDS = 30.0
#: Seconds of the clock between an attempt that failed and the next one; after the last it is over.
RETRY_SECONDS = (60.0, 300.0, 1800.0)

#: The `User-Agent` of deliveries; the control API does not obey it.
USER_AGENT = f"scribe-mock-webhooks/{__version__}"

#: The most deliveries on their way: to one receiver, and to all of them.
_AT_ONCE_TO_ONE = 8
_AT_ONCE = 128
#: The most deliveries that wait, also for their next attempt: of one webhook, and of all.
_WAITING_OF_ONE = 1000
_WAITING = 10_000
#: The most attempts in the log.
_LOGGED = 1000


@dataclass(slots=True, eq=False)
class Delivery:
    """One event for one webhook, until it was delivered or given up."""

    number: int
    webhook: Webhook
    event: str
    session_id: str
    body: bytes = field(repr=False)
    attempts: int = 0

    @property
    def order(self) -> tuple[str, str]:
        """Deliveries with the same value are sent one after the other."""
        return self.webhook.webhook_id, self.session_id


@dataclass(slots=True, eq=False)
class Attempt:
    """One entry of the log. Times are seconds since 1970; without status and error it is going on.

    `number` is 1 for the first attempt, and 0 for a delivery that found no room.
    """

    delivery: Delivery
    number: int
    at: float
    status: int | None = None
    error: str | None = None
    next_at: float | None = None


@dataclass(slots=True)
class _Lane:
    """The deliveries to one receiver: those that wait for a connection, and those under way."""

    waiting: deque[Delivery] = field(default_factory=deque)
    busy: set[tuple[str, str]] = field(default_factory=set)

    def next(self) -> Delivery | None:
        """Take the first delivery that may be sent now."""
        if len(self.busy) < _AT_ONCE_TO_ONE:
            for delivery in self.waiting:
                if delivery.order not in self.busy:
                    self.waiting.remove(delivery)
                    self.busy.add(delivery.order)
                    return delivery
        return None


class Deliveries:
    """All deliveries of one server. Use it in the server's event loop alone.

    Args:
        clock: The one clock, by which deliveries are signed and repeated.
        alarm: Waits for the times of repetitions.
        changed: Called when the log changes.
        journal: Gets an entry for each attempt.
    """

    def __init__(
        self, clock: Clock, alarm: Alarm, changed: Callable[[], None], journal: Journal
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._alarm = alarm
        self._changed = changed
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._forget_all()

    def _forget_all(self) -> None:
        self._log: deque[Attempt] = deque(maxlen=_LOGGED)
        self._lanes: dict[tuple[str, int], _Lane] = {}
        #: webhook_id → its deliveries that are not over, by number.
        self._open: dict[str, dict[int, Delivery]] = {}

    def log(self) -> Sequence[Attempt]:
        """The latest attempts, the newest first."""
        return list(reversed(self._log))

    def add(self, webhook: Webhook, event: str, at: float, session_id: str) -> None:
        """Deliver an event that happened at this time; without room it is only logged."""
        self._number += 1
        body = payload(event, at, session_id)
        delivery = Delivery(self._number, webhook, event, session_id, body)
        of_one = self._open.get(webhook.webhook_id, {})
        if len(of_one) >= _WAITING_OF_ONE or sum(map(len, self._open.values())) >= _WAITING:
            error = "not sent: too many deliveries wait already"
            self._log.append(Attempt(delivery, 0, self._clock.now(), error=error))
            self._changed()
            return
        self._open.setdefault(webhook.webhook_id, {})[delivery.number] = delivery
        self._queue(delivery)

    def forget(self, webhook_id: str) -> None:
        """Send no more to a webhook that was deleted; what is on its way may still arrive."""
        for delivery in self._open.pop(webhook_id, {}).values():
            self._alarm.cancel(_key(delivery))
        for lane in self._lanes.values():
            lane.waiting = deque(d for d in lane.waiting if d.webhook.webhook_id != webhook_id)

    def clear(self) -> None:
        """Forget all deliveries and the log, and break off what is on its way."""
        for task in self._tasks:
            task.cancel()
        for webhook_id in list(self._open):
            self.forget(webhook_id)
        self._forget_all()

    async def stop(self) -> None:
        """The same, and wait until it is broken off."""
        self.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _queue(self, delivery: Delivery) -> None:
        receiver = delivery.webhook.receiver
        lane = self._lanes.setdefault((receiver.host, receiver.port), _Lane())
        lane.waiting.append(delivery)
        self._start(lane)

    def _start(self, lane: _Lane) -> None:
        while len(self._tasks) < _AT_ONCE and (delivery := lane.next()) is not None:
            task = asyncio.get_running_loop().create_task(self._send(lane, delivery))
            self._tasks.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        """Use the connection that has become free."""
        self._tasks.discard(task)
        for key, lane in list(self._lanes.items()):
            self._start(lane)
            if not lane.waiting and not lane.busy:
                del self._lanes[key]

    async def _send(self, lane: _Lane, delivery: Delivery) -> None:
        delivery.attempts += 1
        attempt = Attempt(delivery, delivery.attempts, self._clock.now())
        self._log.append(attempt)
        self._changed()
        headers = self._headers(delivery)
        entry = JournalledAttempt(
            self._journal,
            delivery.webhook,
            delivery.session_id,
            f"delivery_{delivery.number}_{attempt.number}",
            headers,
            delivery.body,
        )
        try:
            receiver = delivery.webhook.receiver
            attempt.status = await post(receiver, headers, delivery.body, ANSWER_SECONDS)
        except DeliveryError as error:
            attempt.error = str(error)
        finally:
            entry.finish(attempt.status, attempt.error)
            lane.busy.discard(delivery.order)
        self._settle(attempt)
        self._changed()

    def _headers(self, delivery: Delivery) -> Mapping[str, str]:
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        secret = delivery.webhook.secret
        if secret is not None:
            headers["X-MSA-Signature"] = signature(secret, self._clock.now(), delivery.body)
        return headers

    def _settle(self, attempt: Attempt) -> None:
        """After an attempt: try again later, or let the delivery be over."""
        delivery = attempt.delivery
        still_open = self._open.get(delivery.webhook.webhook_id, {})
        if delivery.number not in still_open:
            return
        succeeded = attempt.status is not None and 200 <= attempt.status < 300
        if succeeded or attempt.number > len(RETRY_SECONDS):
            del still_open[delivery.number]
            return
        attempt.next_at = self._clock.now() + RETRY_SECONDS[attempt.number - 1]
        self._alarm.set(_key(delivery), attempt.next_at, lambda: self._queue(delivery))


def _key(delivery: Delivery) -> str:
    return f"delivery {delivery.number}"
