"""What faults do to deliveries: late, several times, in another order, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from scribe_mock.steering.actions import Webhook
from scribe_mock.steering.fault import Target
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.reading import DELIVERY

T = TypeVar("T")

#: Seconds of the clock after which a delivery no longer waits for the one after it.
REORDER_SECONDS = 60.0


def fault_of(faults: Faults, session_id: str, owner: str) -> Webhook:
    """What happens to the next delivery about a session; without a fault nothing."""
    plan = faults.plan(Target(DELIVERY, session_id, (owner,))) if faults.any else None
    if plan is None or plan.main is None or not isinstance(plan.main.action, Webhook):
        return Webhook()
    faults.count([plan.main])
    return plan.main.action


@dataclass(slots=True)
class Swaps(Generic[T]):
    """Deliveries that wait until the one after them was sent.

    Args:
        order_of: Deliveries with the same value have an order.
    """

    order_of: Callable[[T], tuple[str, str]]
    _waiting: dict[tuple[str, str], list[T]] = field(default_factory=dict)

    def wait(self, delivery: T) -> None:
        """Let a delivery wait for the next one."""
        self._waiting.setdefault(self.order_of(delivery), []).append(delivery)

    def waiting_for(self, delivery: T) -> list[T]:
        """Those that waited for this delivery; they wait no more."""
        return self._waiting.pop(self.order_of(delivery), [])

    def remove(self, delivery: T) -> bool:
        """Let a delivery wait no more; whether it did."""
        waiting = self._waiting.get(self.order_of(delivery), [])
        if delivery not in waiting:
            return False
        waiting.remove(delivery)
        if not waiting:
            del self._waiting[self.order_of(delivery)]
        return True
