"""Rules that are tried with requests made at random from the schemas of openapi.yaml."""

import asyncio

from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import Faults, Rule, rule
from scribe_mock.contract.fuzzing.cases import Mode, cases
from scribe_mock.contract.fuzzing.fuzz import send_all
from scribe_mock.contract.fuzzing.links import SCENARIOS, follow

#: Operation → whether its path has a session.
_OPERATIONS = {
    "createSession": False,
    "uploadAudio": True,
    "endSession": True,
    "getSession": True,
    "updateSession": True,
    "processTemplate": True,
    "login": False,
    "refreshToken": False,
}
_SOURCE = "openapi.yaml, its schemas"


def _operation(operation: str, takes_session: bool) -> Rule:
    async def check(probe: Probe) -> Faults:
        trials = []
        for mode in Mode:
            session: ProbeSession | None = await probe.create() if takes_session else None
            if operation == "endSession" and mode is Mode.KEEPING:
                session = None  # one End is enough for a session; links try it properly
            trials.append((cases(probe, operation, mode, session), session))
        sending = (send_all(probe, requests, session) for requests, session in trials)
        for faults in await asyncio.gather(*sending):
            for fault in faults:
                yield fault

    return Rule(
        id=f"fuzz.schema.{operation}",
        sentence=f"Every request to {operation} is answered as its schema says.",
        source=_SOURCE,
        grade=Grade.PROTOCOL,
        operation=operation,
        check=check,
    )


RULES = tuple(_operation(*entry) for entry in _OPERATIONS.items())


@rule(
    "fuzz.links",
    "Requests that follow the links of the document are answered as its schemas say.",
    source=_SOURCE,
    grade=Grade.PROTOCOL,
    operation="createSession",
)
async def links(probe: Probe) -> Faults:
    """Several sessions are created, and the links of each are followed in a random order."""
    seeds = [probe.random.getrandbits(32) for _ in range(SCENARIOS)]
    for faults in await asyncio.gather(*(follow(probe, seed) for seed in seeds)):
        for fault in faults:
            yield fault
