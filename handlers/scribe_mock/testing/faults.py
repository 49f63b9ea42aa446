"""Faults that a test set on a running mock."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypedDict

from scribe_mock.testing.control_client import ControlError
from scribe_mock.testing.scope_calls import ScopeCalls

#: pytest leaves this module out of tracebacks: they end at the test's own line.
__tracebackhide__ = True

_MATCH = ("sequence", "file_name", "upload_type", "direction")
_LIMITS = ("after", "times", "probability", "seed")


class FaultOptions(TypedDict, total=False):
    """Which requests a fault meets, how often, and whether a test may end without it."""

    sequence: int
    file_name: str
    upload_type: Literal["chunked", "single", "stream"]
    direction: Literal["stream"]
    #: Only requests of this session.
    session_id: str
    #: So many matches pass first.
    after: int
    #: How often it fires: once, if not given; None for ever.
    times: int | None
    probability: float
    seed: int
    #: Whether it may go unfired.
    optional: bool


class Fault:
    """A fault on the mock; `matched` and `fired` are asked for each time."""

    def __init__(self, faults: "FaultList", found: Mapping[str, Any], *, optional: bool) -> None:
        self._faults = faults
        self.id: str = found["id"]
        #: As control.yaml has them in `SetFault`.
        self.match: Mapping[str, Any] = found["match"]
        self.action: Mapping[str, Any] = found["action"]
        self.after: int = found["after"]
        self.times: int | None = found["times"]
        self.optional = optional
        self._session_id: str | None = found.get("scope", {}).get("session_id")

    @property
    def matched(self) -> int:
        """How many requests it matched until now."""
        return int(self._now()["matched"])

    @property
    def fired(self) -> int:
        """How often it fired until now."""
        return int(self._now()["fired"])

    def remove(self) -> None:
        """Take it away; raises ControlError if it is gone already."""
        self._faults.remove(self.id)

    def __str__(self) -> str:
        ((action, options),) = self.action.items()
        met = ", ".join(f"{name} {value}" for name, value in self.match.items())
        told = ", ".join(f"{name} {value}" for name, value in options.items())
        return f"{self.id}: {action}{f' ({told})' if told else ''} on {met or 'every request'}"

    def __repr__(self) -> str:
        return f"<Fault {self}>"

    def _now(self) -> Mapping[str, Any]:
        return self._faults.read(self.id, self._session_id)


class FaultList:
    """Sets, lists and removes faults.

    Args:
        calls: The calls of the scope that they are for.
    """

    def __init__(self, calls: ScopeCalls) -> None:
        self._calls = calls
        self._optional: set[str] = set()
        #: The sessions that have faults of their own.
        self._sessions: dict[str, None] = {}

    def add(self, operation: str | None, action: Mapping[str, Any], options: FaultOptions) -> Fault:
        """Set one; raises ControlError."""
        given: Mapping[str, Any] = options
        match = {name: given[name] for name in _MATCH if name in given}
        fault = {"match": match if operation is None else {"operation": operation} | match}
        fault |= {name: given[name] for name in _LIMITS if name in given}
        scope = dict(self._calls.scope)
        if session_id := given.get("session_id"):
            scope = {"session_id": session_id}
            self._sessions[session_id] = None
        if scope:
            fault["scope"] = scope
        found = self._calls.send("POST", "/faults", {**fault, "action": action})
        if optional := given.get("optional", False):
            self._optional.add(found["id"])
        return Fault(self, found, optional=optional)

    def remove(self, fault_id: str) -> None:
        """Remove one; raises ControlError."""
        self._calls.send("DELETE", f"/faults/{fault_id}")

    def read(self, fault_id: str, session_id: str | None) -> Mapping[str, Any]:
        """One as it is now; raises ControlError if it is gone."""
        for found in self._listed({"session_id": session_id} if session_id else self._calls.scope):
            if found["id"] == fault_id:
                return found
        raise ControlError(
            f"The fault {fault_id} is gone: it was removed, or its session or its scope was reset."
        )

    def all(self) -> list[Fault]:
        """All of them, the oldest first."""
        return self._faults()

    def unfired(self) -> list[Fault]:
        """Those that never fired and are not optional."""
        return [fault for fault in self._faults(unfired="true") if not fault.optional]

    def _faults(self, **query: str) -> list[Fault]:
        found = {
            each["id"]: each for scope in self._scopes() for each in self._listed(scope, **query)
        }
        return [Fault(self, each, optional=name in self._optional) for name, each in found.items()]

    def _scopes(self) -> Iterator[Mapping[str, str]]:
        yield self._calls.scope
        if self._calls.scope:
            yield from ({"session_id": session_id} for session_id in self._sessions)

    def _listed(self, scope: Mapping[str, str], **query: str) -> list[Mapping[str, Any]]:
        answer = self._calls.send("GET", "/faults", query={**scope, **query})
        faults: list[Mapping[str, Any]] = answer["faults"]
        return faults
