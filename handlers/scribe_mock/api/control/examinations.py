"""The operations of the control API on examinations: scenarios of the gauntlet, by hand."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from scribe_mock.api.answers import JsonAnswer
from scribe_mock.api.bodies import refuse_body
from scribe_mock.api.control.faults import set_fault
from scribe_mock.api.control.ledger import LedgerControl
from scribe_mock.api.control.scoping import owner_of_query, sessions_of
from scribe_mock.api.control.session_forms import MOST_CHUNKS
from scribe_mock.api.examinations import Examination
from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.forms import outcome_form, scenario_form
from scribe_mock.gauntlet.grading import grade
from scribe_mock.gauntlet.judges.arriving import recorded
from scribe_mock.gauntlet.scenario import Scenario
from scribe_mock.gauntlet.scenarios import SCENARIOS
from scribe_mock.sessions.clock import rfc3339
from scribe_mock.sessions.scopes import Scope
from scribe_mock.sessions.states import State
from scribe_mock.steering.entries import described

#: What a person says of the client.
_TOLD = {"true": True, "false": False}


class ExaminationControl(LedgerControl):
    """The operations with the tag examinations."""

    async def list_examinations(self, request: Request, token: str | None = None) -> JsonAnswer:
        """Answer with the scenarios, and with those that are armed."""
        scope = Scope(owner=owner_of_query(self._services, token))
        armed = self._services.examinations.listed(scope)
        return JsonAnswer(
            {
                "scenarios": [scenario_form(scenario) for scenario in SCENARIOS],
                "examinations": [_short(one) for one in armed],
            }
        )

    async def arm_examination(self, request: Request, body: Mapping[str, Any]) -> JsonAnswer:
        """Arm a scenario for a token, which begins anew."""
        services = self._services
        scenario = _scenario(body["scenario"])
        token = body.get("token") or self._new_token()
        owner = services.callers.of_text(token)
        async with services.sharing.changing():
            await services.resets.reset(Scope(owner=owner))
            now = services.clocks.of_owner(owner).now()
            armed = await services.examinations.arm(scenario, token, owner, now)
        services.store.changes.note()
        return JsonAnswer({**_short(armed), "token": token}, 201)

    async def get_examination(
        self, request: Request, examination_id: str, told: str | None = None
    ) -> JsonAnswer:
        """Answer with what the client did until now, graded."""
        armed = self._services.examinations.find(examination_id)
        evidence = await self._evidence(armed)
        if told is not None:
            evidence = replace(evidence, told=_TOLD[told])
        outcome = outcome_form(grade(armed.scenario, evidence))
        return JsonAnswer(
            {
                **_short(armed),
                "state": _state(evidence),
                "requests": len(evidence.exchanges),
                "sessions": [one["session_id"] for one in evidence.sessions],
                "outcome": outcome,
            }
        )

    async def remove_examination(self, request: Request, examination_id: str) -> Response:
        """End an examination; its faults go with it."""
        async with self._services.sharing.changing():
            self._services.examinations.remove(examination_id)
        self._services.store.changes.note()
        return Response(status_code=204)

    def _new_token(self) -> str:
        """One that nobody else has, and that a person can type; or the server's own."""
        listed = self._services.settings.token
        return listed[0] if listed else f"examine-{secrets.token_hex(3)}"

    async def _evidence(self, armed: Examination) -> Evidence:
        services, scope = self._services, Scope(owner=armed.owner)
        journal = await services.journal.read()
        forms = await described(journal, journal.records(scope))
        sessions = [session.snapshot() for session in await sessions_of(services, armed.owner)]
        now, ids = services.clocks.times(), set(armed.fault_ids)
        exchanges = [Exchange.of(form) for form in forms]
        return Evidence(
            exchanges=[
                replace(one, faults=tuple(name for name in one.faults if name in ids))
                for one in exchanges
            ],
            sessions=[{"session_id": s.session_id, "status": s.state(now(s))} for s in sessions],
            ledgers={
                s.session_id: (await self._ledger(s.session_id)).form(0, MOST_CHUNKS)
                for s in sessions
            },
            faults=[set_fault(f) for f in services.faults.listed(scope) if f.fault_id in ids],
            cued=armed.cued,
        )


def _scenario(name: str) -> Scenario:
    known = {one.name: one for one in SCENARIOS if not one.only_command}
    if name not in known:
        refuse_body("$.scenario", f"expected one of {', '.join(known)}")
    return known[name]


def _short(armed: Examination) -> dict[str, Any]:
    return {
        "id": armed.examination_id,
        "scenario": armed.scenario.name,
        "token_start": armed.token_start,
        "token_sha256": armed.owner,
        "armed_at": rfc3339(armed.armed_at),
    }


def _state(evidence: Evidence) -> str:
    """`waiting` until audio comes, `recording` while a session is open, then `ended`."""
    if not evidence.uploads and not evidence.of("streamAudio"):
        return "waiting"
    states = {one["session_id"]: one["status"] for one in evidence.sessions}
    open_ = (State.CREATED, State.RECORDING)
    return "recording" if any(states[name] in open_ for name in recorded(evidence)) else "ended"
