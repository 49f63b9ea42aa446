"""Scenarios that are armed for one token each, for clients that a person drives."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from scribe_mock.api.deeds import Deeds
from scribe_mock.control_errors import ExaminationNotFound
from scribe_mock.errors import ApiError, InvalidRequest
from scribe_mock.gauntlet.parts import CUE
from scribe_mock.gauntlet.scenario import Deed, Scenario
from scribe_mock.sessions.scopes import Scope
from scribe_mock.steering.faults import Faults
from scribe_mock.steering.held import Held
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
        held: The requests that wait.
        deeds: Does what happens in the middle of a recording.
    """

    def __init__(self, faults: Faults, reader: FaultReader, held: Held, deeds: Deeds) -> None:
        self._faults = faults
        self._reader = reader
        self._held = held
        self._deeds = deeds
        self._armed: dict[str, Examination] = {}

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
        del self._armed[examination_id]
        if armed.task is not None:
            armed.task.cancel()
        for fault_id in armed.fault_ids:
            with suppress(ApiError):
                self._faults.remove(fault_id)

    def forget(self, scope: Scope) -> None:
        """End those of a scope; a session has none."""
        if scope.session_id is None:
            for armed in self.listed(scope):
                self.remove(armed.examination_id)

    async def _happen(self, armed: Examination, token: str) -> None:
        """Do what the scenario does when the second upload waits."""
        held = await self._held.first_of(Scope(owner=armed.owner))
        armed.cued = True
        assert armed.scenario.deed is not None
        # The session may be gone meanwhile, and then there is nothing to do to it.
        with suppress(ApiError):
            async for fault_id in self._deeds.do(armed.scenario.deed, held, token):
                armed.fault_ids.append(fault_id)
