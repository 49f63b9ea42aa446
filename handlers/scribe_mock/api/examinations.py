"""Scenarios that are armed for one token each, for clients that a person drives."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from scribe_mock.api.deeds import Deeds
from scribe_mock.control_errors import ExaminationNotFound
from scribe_mock.errors import ApiError, InvalidRequest
from scribe_mock.gauntlet.parts import CUE
from scribe_mock.gauntlet.scenario import Deed, Scenario
from scribe_mock.gauntlet.scenarios import SCENARIOS
from scribe_mock.sessions.noting import Noted, not_shared
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.lock_step import LockStep
from scribe_mock.steering.reading import FaultReader

#: The most that are armed at the same time.
MOST = 100


@dataclass(eq=False)
class Examination:
    """A scenario that is armed for one token.

    Args:
        examination_id: Its id.
        scenario: The scenario.
        owner: The owner that the token stands for.
        token_start: The first characters of the token, to show it.
        armed_at: When it was armed, in seconds since 1970.
        fault_ids: The faults that are part of it.
        cued: Whether what happens in the middle has happened.
        task: Waits for the upload at which it happens.
    """

    examination_id: str
    scenario: Scenario
    owner: str
    token_start: str
    armed_at: float
    fault_ids: list[str] = field(default_factory=list)
    cued: bool = False
    task: asyncio.Task[None] | None = None


class Examinations:
    """The examinations of one server. Use it in the server's event loop alone.

    Args:
        faults: All faults.
        reader: Reads faults from JSON.
        lock_step: Knows the requests that wait.
        deeds: Does what happens in the middle of a recording.
    """

    def __init__(
        self, faults: Faults, reader: FaultReader, lock_step: LockStep, deeds: Deeds
    ) -> None:
        self._faults = faults
        self._reader = reader
        self._lock_step = lock_step
        self._deeds = deeds
        self._armed: dict[str, Examination] = {}
        #: Is told of each that is armed, has happened or is over (`sharing`).
        self.noted: Noted = not_shared

    async def arm(self, scenario: Scenario, token: str, owner: str, now: float) -> Examination:
        """Set the faults of a scenario for a token; raises InvalidRequest if there are too many."""
        if len(self._armed) >= MOST:
            raise InvalidRequest(f"At most {MOST} scenarios are armed at once. Remove some.")
        name = f"exam_{secrets.token_hex(6)}"
        armed = Examination(name, scenario, owner, token[:4], now)
        # A person kills the client: nothing has to wait for that.
        happens = scenario.deed not in (None, Deed.KILL)
        for fault in (*scenario.faults, *(CUE if happens else ())):
            read = await self._reader.read({"scope": {"token": token}, **fault})
            armed.fault_ids.append(self._faults.add(read).fault_id)
        armed.cued = scenario.deed is Deed.KILL
        if happens:
            armed.task = asyncio.create_task(self._happen(armed, token))
        self._armed[name] = armed
        self.noted(name)
        return armed

    def find(self, examination_id: str) -> Examination:
        """One of them; raises ExaminationNotFound."""
        found = self._armed.get(examination_id)
        if found is None:
            raise ExaminationNotFound(
                f"There is no examination {examination_id[:80]!r}. Arming another scenario for its "
                "token, or a reset, ends one."
            )
        return found

    def listed(self, scope: Scope) -> Sequence[Examination]:
        """Those of a scope, the oldest first."""
        return [one for one in self._armed.values() if scope.owner in (None, one.owner)]

    def remove(self, examination_id: str) -> None:
        """End one, and remove its faults; raises ExaminationNotFound."""
        armed = self.find(examination_id)
        self.load(examination_id, None)
        self.noted(examination_id)
        for fault_id in armed.fault_ids:
            with suppress(ApiError):
                self._faults.remove(fault_id)

    def forget(self, scope: Scope) -> None:
        """End those of a scope; a session has none."""
        if scope.session_id is None:
            for armed in self.listed(scope):
                self.remove(armed.examination_id)

    def names(self) -> list[str]:
        """The ids of all of them."""
        return list(self._armed)

    def entry(self, key: str) -> Mapping[str, Any] | None:
        """One of them as plain data; None if there is none with this id."""
        armed = self._armed.get(key)
        if armed is None:
            return None
        return {
            "scenario": armed.scenario.name,
            "owner": armed.owner,
            "token_start": armed.token_start,
            "armed_at": armed.armed_at,
            "fault_ids": armed.fault_ids,
            "cued": armed.cued,
        }

    def load(self, key: str, entry: Mapping[str, Any] | None) -> None:
        """Know of one that another server has armed; None ends it."""
        known = self._armed.get(key)
        if entry is None:
            if known is not None:
                del self._armed[key]
                if known.task is not None:
                    known.task.cancel()
        elif known is None or known.task is None:
            scenario = next((s for s in SCENARIOS if s.name == entry["scenario"]), None)
            if scenario is not None:  # else another version of the mock has it
                self._armed[key] = Examination(key, **{**entry, "scenario": scenario})

    async def _happen(self, armed: Examination, token: str) -> None:
        """Do what the scenario does when the second upload waits."""
        held = await self._lock_step.first_of(Scope(owner=armed.owner))
        armed.cued = True
        self.noted(armed.examination_id)
        assert armed.scenario.deed is not None
        # The session may be gone meanwhile, and then there is nothing to do to it.
        with suppress(ApiError):
            async for fault_id in self._deeds.do(armed.scenario.deed, held, token):
                armed.fault_ids.append(fault_id)
                self.noted(armed.examination_id)
