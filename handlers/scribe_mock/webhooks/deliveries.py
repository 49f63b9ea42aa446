"""Delivers events to receivers, tries again, and keeps a log of the attempts.

A receiver gets few deliveries at a time, so a slow one delays its own alone. What happens to one
session reaches one webhook in order, except for what has to be tried again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scribe_mock import __version__
from scribe_mock.sessions.alarm import Alarm
from scribe_mock.sessions.clocks import Clocks
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.actions import Webhook as Faulty
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.journal import Journal
from scribe_mock.webhooks.faulty import REORDER_SECONDS, Swaps, fault_of
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
LOGGED = 1000


@dataclass(slots=True, eq=False)
class Delivery:
    """One event for one webhook, until it was delivered or given up."""

    number: int
    webhook: Webhook
    event: str
    session_id: str
    body: bytes = field(repr=False)
    attempts: int = 0
    #: When it is queued, by its clock; None if it is queued or under way.
    next_at: float | None = None

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
        clocks: All clocks; a delivery is signed and repeated by the one of its session.
        alarm: Waits for the times of repetitions.
        faults: What goes wrong on purpose.
        changed: Called when the log changes.
        journal: Gets an entry for each attempt.
    """

    def __init__(
        self,
        clocks: Clocks,
        alarm: Alarm,
        faults: Faults,
        changed: Callable[[], None],
        journal: Journal,
    ) -> None:
        self._journal = journal
        self._clocks = clocks
        self._alarm = alarm
        self._faults = faults
        self._changed = changed
        self._swaps = Swaps[Delivery](lambda delivery: delivery.order)
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        #: The number of the latest delivery.
        self.number = 0
        #: Are told of each delivery that begins, waits or is over, and of each attempt that is.
        self.noted: Callable[[int], None] = _nobody
        self.attempted: Callable[[Attempt], None] = _nobody
        self._log: deque[Attempt] = deque(maxlen=LOGGED)
        self._lanes: dict[tuple[str, int], _Lane] = {}
        #: webhook_id → its deliveries that are not over, by number.
        self._open: dict[str, dict[int, Delivery]] = {}

    def log(self) -> Sequence[Attempt]:
        """The latest attempts, the newest first."""
        return list(reversed(self._log))

    def add(self, webhook: Webhook, event: str, at: float, session_id: str) -> None:
        """Deliver an event that happened at this time; without room it is only logged."""
        body = payload(event, at, session_id)
        fault = fault_of(self._faults, session_id, webhook.owner)
        for _ in range(1 + fault.repeat):
            self.number += 1
            self._begin(Delivery(self.number, webhook, event, session_id, body), fault)

    def _begin(self, delivery: Delivery, fault: Faulty) -> None:
        webhook_id = delivery.webhook.webhook_id
        of_one = self._open.get(webhook_id, {})
        if len(of_one) >= _WAITING_OF_ONE or sum(map(len, self._open.values())) >= _WAITING:
            self._give_up(delivery, "not sent: too many deliveries wait already")
        elif fault.lose:
            self._give_up(delivery, "not sent: a fault lost it")
        else:
            self._open.setdefault(webhook_id, {})[delivery.number] = delivery
            self.noted(delivery.number)
            wait = max(fault.delay_seconds, REORDER_SECONDS if fault.reorder else 0.0)
            if wait:
                self._later(delivery, self._now(delivery) + wait)
            if fault.reorder:
                self._swaps.wait(delivery)
            elif not wait:
                self._queue(delivery)

    def _give_up(self, delivery: Delivery, error: str) -> None:
        attempt = Attempt(delivery, 0, self._now(delivery), error=error)
        self._log.append(attempt)
        self.attempted(attempt)
        self._changed()

    def find(self, number: int) -> Delivery | None:
        """A delivery that is not over."""
        return next((found[number] for found in self._open.values() if number in found), None)

    def restore(self, deliveries: Iterable[Delivery], log: Iterable[Attempt]) -> None:
        """Go on with deliveries that another server began, after these attempts."""
        self._log.extend(log)
        for delivery in deliveries:
            self._open.setdefault(delivery.webhook.webhook_id, {})[delivery.number] = delivery
            if delivery.next_at is None:
                self._queue(delivery)
            else:
                self._later(delivery, delivery.next_at)

    def _later(self, delivery: Delivery, at: float) -> None:
        """Queue a delivery at a time of its clock."""
        delivery.next_at = at
        self.noted(delivery.number)
        self._alarm.set(
            _key(delivery),
            at,
            lambda: self._queue(delivery),
            session_id=delivery.session_id,
            owner=delivery.webhook.owner,
        )

    def forget_webhook(self, webhook_id: str) -> None:
        """Send no more to a webhook that was deleted; what is on its way may still arrive."""
        self._drop(lambda delivery: delivery.webhook.webhook_id == webhook_id)

    def forget(self, scope: Scope) -> None:
        """Forget the deliveries and the log of a scope, and break off what is on its way."""

        def covered(delivery: Delivery) -> bool:
            return scope.covers(delivery.session_id, delivery.webhook.owner)

        for task, delivery in self._tasks.items():
            if covered(delivery):
                task.cancel()
        self._drop(covered)
        kept = (attempt for attempt in self._log if not covered(attempt.delivery))
        self._log = deque(kept, maxlen=LOGGED)

    async def stop(self) -> None:
        """Forget everything, and wait until what is on its way is broken off."""
        self.forget(Scope())
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _drop(self, gone: Callable[[Delivery], bool]) -> None:
        """Let deliveries be over that are not on their way."""
        for webhook_id, of_one in list(self._open.items()):
            for delivery in [delivery for delivery in of_one.values() if gone(delivery)]:
                self._alarm.cancel(_key(delivery))
                self._swaps.remove(delivery)
                del of_one[delivery.number]
                self.noted(delivery.number)
            if not of_one:
                del self._open[webhook_id]
        for lane in self._lanes.values():
            lane.waiting = deque(d for d in lane.waiting if not gone(d))

    def _now(self, delivery: Delivery) -> float:
        return self._clocks.find(delivery.session_id, delivery.webhook.owner).now()

    def _queue(self, delivery: Delivery) -> None:
        self._swaps.remove(delivery)
        delivery.next_at = None
        lane = self._lanes.setdefault(_lane_of(delivery), _Lane())
        lane.waiting.append(delivery)
        for swapped in self._swaps.waiting_for(delivery):
            self._alarm.cancel(_key(swapped))
            lane.waiting.append(swapped)
        self._start(lane)

    def _start(self, lane: _Lane) -> None:
        while len(self._tasks) < _AT_ONCE and (delivery := lane.next()) is not None:
            task = asyncio.get_running_loop().create_task(self._send(delivery))
            self._tasks[task] = delivery
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        """Use the connection that has become free."""
        done = self._tasks.pop(task)
        # Not in the task: one that is cancelled before it begins runs none of its own lines.
        self._lanes[_lane_of(done)].busy.discard(done.order)
        for key, lane in list(self._lanes.items()):
            self._start(lane)
            if not lane.waiting and not lane.busy:
                del self._lanes[key]

    async def _send(self, delivery: Delivery) -> None:
        delivery.attempts += 1
        attempt = Attempt(delivery, delivery.attempts, self._now(delivery))
        self._log.append(attempt)
        self._changed()
        headers = self._headers(delivery)
        entry = JournalledAttempt(
            self._journal,
            delivery.webhook,
            delivery.session_id,
            f"delivery_{delivery.number}_{attempt.number}",
            attempt.at,
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
        self._settle(attempt)
        self.attempted(attempt)
        self._changed()

    def _headers(self, delivery: Delivery) -> Mapping[str, str]:
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        secret = delivery.webhook.secret
        if secret is not None:
            headers["X-MSA-Signature"] = signature(secret, self._now(delivery), delivery.body)
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
            self.noted(delivery.number)
            return
        attempt.next_at = self._now(delivery) + RETRY_SECONDS[attempt.number - 1]
        self._later(delivery, attempt.next_at)


def _nobody(_: Any) -> None:
    """Nobody is told."""


def _lane_of(delivery: Delivery) -> tuple[str, int]:
    return delivery.webhook.receiver.host, delivery.webhook.receiver.port


def _key(delivery: Delivery) -> str:
    return f"delivery {delivery.number}"
