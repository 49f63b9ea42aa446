"""Rules that Schemathesis tries with requests from the schemas."""

from typing import TYPE_CHECKING

from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import Faults, Rule, rule

if TYPE_CHECKING:
    from scribe_mock.contract.fuzzing.fuzz import Fuzzer

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


def _fuzzer(probe: Probe) -> "Fuzzer":
    from scribe_mock.contract.fuzzing.fuzz import Fuzzer  # a second to import: only who fuzzes pays

    return Fuzzer(probe)


def _operation(operation: str, takes_session: bool) -> Rule:
    async def check(probe: Probe) -> Faults:
        from schemathesis import GenerationMode

        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        for mode in modes:
            session: ProbeSession | None = await probe.create() if takes_session else None
            if operation == "endSession" and mode is GenerationMode.POSITIVE:
                session = None  # one End is enough for a session; links try it properly
            for fault in await _fuzzer(probe).operation(operation, mode, session):
                yield fault

    return Rule(
        id=f"fuzz.schema.{operation}",
        sentence=f"Every request to {operation} is answered as its schema says.",
        source="openapi.yaml, by Schemathesis",
        grade=Grade.PROTOCOL,
        operation=operation,
        check=check,
    )


RULES = tuple(_operation(*entry) for entry in _OPERATIONS.items())


@rule(
    "fuzz.links",
    "Requests that follow the links of the document are answered as its schemas say.",
    source="openapi.yaml, by Schemathesis",
    grade=Grade.PROTOCOL,
    operation="createSession",
)
async def links(probe: Probe) -> Faults:
    """Schemathesis follows the links from Create session in many orders."""
    for fault in await _fuzzer(probe).links():
        yield fault
