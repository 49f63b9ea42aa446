"""The faults of one server, and those that match a request."""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from scribe_mock.control_errors import FaultNotFound
from scribe_mock.errors import InvalidRequest
from scribe_mock.sessions.noting import Noted, not_shared
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.actions import Delay, Throttle
from scribe_mock.steering.fault import Fault, Target
from scribe_mock.steering.stored_faults import stored_fault, stored_form

#: The most faults of all scopes of one kind: of a session, and of a token or for all.
MAX_OF_SESSION, MAX_OF_OTHERS = 100, 1000
#: The most faults of one server.
MAX_FAULTS = 100_000

#: Where a fault is looked up in its scope: an operation, or None for any; likewise a sequence.
_Place = tuple[str | None, int | None]
#: The session and the owner of a scope; their hash takes less time than that of a Scope.
_Whose = tuple[str | None, str | None]


@dataclass(slots=True)
class Plan:
    """The faults that fire on one request: at most one that decides, and those that slow it.

    Args:
        main: The fault that decides what the request meets.
        delays: Seconds by which the answer comes later, together.
        throttles: How fast it is read and answered.
        faults: All of them, in the order in which they were set.
    """

    main: Fault | None = None
    delay: float = 0.0
    throttles: list[Throttle] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class Faults:
    """All faults of one server. Use it in the server's event loop alone."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._places: dict[_Whose, dict[_Place, list[Fault]]] = {}
        self._scopes: dict[Scope, int] = {}
        self._latest = 0
        #: Is told of each fault that is set, counted or removed (`sharing`).
        self.noted: Noted = not_shared
        #: Whether there is any.
        self.any = False
        #: How often faults did what they do, by their action; a reset does not change it.
        self.fired: Counter[str] = Counter()

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._faults)

    def add(self, fault: Fault) -> Fault:
        """Set a fault, and give it an id; raises InvalidRequest if there are too many."""
        self.require_room(fault.scope, 1)
        fault.fault_id = f"fault_{secrets.token_hex(6)}"
        fault.number = self._latest + 1
        self._add(fault)
        self.noted(fault.fault_id)
        return fault

    def _add(self, fault: Fault) -> None:
        self._latest = max(self._latest, fault.number)
        self._faults[fault.fault_id] = fault
        self.any = True
        self._scopes[fault.scope] = self._scopes.get(fault.scope, 0) + 1
        places = self._places.setdefault(_whose(fault), {})
        for place in _places(fault):
            places.setdefault(place, []).append(fault)

    def require_room(self, scope: Scope, more: int) -> None:
        """Raise InvalidRequest unless so many more faults fit into a scope."""
        most = MAX_OF_OTHERS if scope.session_id is None else MAX_OF_SESSION
        if self._scopes.get(scope, 0) + more > most or len(self._faults) + more > MAX_FAULTS:
            raise InvalidRequest(
                f"There are too many faults: at most {most} in this scope and {MAX_FAULTS} on the "
                "server. Remove some, or reset the scope."
            )

    def remove(self, fault_id: str) -> None:
        """Remove a fault; raises FaultNotFound."""
        fault = self._faults.pop(fault_id, None)
        if fault is None:
            raise FaultNotFound(f"There is no fault {fault_id[:80]!r}.")
        self._remove(fault)
        self.noted(fault_id)

    def _remove(self, fault: Fault) -> None:
        self.any = bool(self._faults)
        self._scopes[fault.scope] -= 1
        if not self._scopes[fault.scope]:
            del self._scopes[fault.scope]
        places = self._places[_whose(fault)]
        for place in _places(fault):
            places[place].remove(fault)
            if not places[place]:
                del places[place]
        if not places:
            del self._places[_whose(fault)]

    def forget(self, scope: Scope) -> None:
        """Remove the faults of a scope; for all, those of every scope."""
        for fault in self.listed(scope):
            self.remove(fault.fault_id)

    def session_changed(self, session_id: str, session: object | None) -> None:
        """The faults of a session that is gone go with it."""
        if session is None:
            self.forget(Scope(session_id=session_id))

    def listed(self, scope: Scope) -> Sequence[Fault]:
        """The faults of a scope, the oldest first; for all, those of every scope.

        Those of a token's sessions are in the scope of the token.
        """
        if scope == Scope():
            return list(self._faults.values())
        if scope.session_id is not None and scope not in self._scopes:
            return []
        return [fault for fault in self._faults.values() if fault.is_in(scope)]

    def names(self) -> list[str]:
        """The ids of all faults."""
        return list(self._faults)

    def entry(self, key: str) -> Mapping[str, Any] | None:
        """A fault with its counts as plain data, by its id; None if there is none."""
        fault = self._faults.get(key)
        return None if fault is None else stored_form(fault)

    def load(self, key: str, entry: Mapping[str, Any] | None) -> None:
        """Have a fault as another server has it; None removes it."""
        fault = self._faults.get(key)
        if entry is None:
            if fault is not None:
                del self._faults[key]
                self._remove(fault)
        elif fault is None:
            self._add(stored_fault(key, entry))
        else:
            fault.matched, fault.fired = entry["matched"], entry["fired"]

    def matches(self, target: Target) -> bool:
        """Whether a request matches any fault, which need not fire on it."""
        return bool(self._matching(target))

    def spare(self, fault: Fault) -> None:
        """Take back that a fault fired: it had no occasion to do what it does."""
        fault.spared()
        self.noted(fault.fault_id)

    def plan(self, target: Target) -> Plan | None:
        """The faults that fire on a request; None if there are none."""
        found = self._matching(target)
        if not found:
            return None
        plan = Plan()
        for fault in sorted(found, key=lambda fault: fault.number):
            self.noted(fault.fault_id)
            slows = isinstance(fault.action, Delay | Throttle)
            if plan.main is not None and not slows:
                fault.passes()
            elif fault.fires():
                plan.faults.append(fault)
                if isinstance(fault.action, Delay):
                    plan.delay += _seconds(fault, fault.action)
                elif isinstance(fault.action, Throttle):
                    plan.throttles.append(fault.action)
                else:
                    plan.main = fault
        return plan if plan.faults else None

    def count(self, faults: Iterable[Fault]) -> None:
        """Count faults that did what they do, for the metrics."""
        self.fired.update(next(iter(fault.given["action"])) for fault in faults)

    def _matching(self, target: Target) -> list[Fault]:
        scopes: list[_Whose] = [(None, None), *((None, owner) for owner in target.owners)]
        if target.session_id is not None:
            scopes.append((target.session_id, None))
        operation, sequence = target.operation, target.sequence
        keys: list[_Place] = [(None, None), (operation, None)]
        if sequence is not None:
            keys += [(None, sequence), (operation, sequence)]
        found = []
        for whose in scopes:
            places = self._places.get(whose)
            if places is not None:
                for key in keys:
                    if key in places:
                        found += [fault for fault in places[key] if fault.match.covers(target)]
        return found


def _whose(fault: Fault) -> _Whose:
    return fault.scope.session_id, fault.scope.owner


def _places(fault: Fault) -> Iterator[_Place]:
    return product(fault.match.operations or (None,), (fault.match.sequence,))


def _seconds(fault: Fault, delay: Delay) -> float:
    return delay.least + (delay.most - delay.least) * fault.chance(-fault.matched)
