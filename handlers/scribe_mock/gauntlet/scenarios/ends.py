"""Scenarios of the end: End session, and the result."""

from scribe_mock.gauntlet.evidence import END, UPLOAD, Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judges.arriving import nothing_recorded
from scribe_mock.gauntlet.judges.asking import at_a_pace, backs_off, gives_up, sees
from scribe_mock.gauntlet.judges.ending import end_waits
from scribe_mock.gauntlet.judges.telling import tells
from scribe_mock.gauntlet.parts import COMPLETE, NO_FALSE_ALARM, RETRIES, Fault, fault_fired
from scribe_mock.gauntlet.scenario import Demand, Scenario

_POLLING = 'Guide "Polling"'
#: Chunks have numbers below this one.
_MOST_CHUNKS = 60


def _each_fails_once() -> tuple[Fault, ...]:
    """The first attempt of each chunk is refused, and every answer comes late."""
    busy = {"answer": {"code": "service_unavailable", "retry_after_seconds": 1}}
    late = {
        "match": {"operation": UPLOAD},
        "times": None,
        "action": {"delay": {"seconds": 0.5}},
    }
    return (
        late,
        *(
            {"match": {"operation": UPLOAD, "sequence": number}, "action": busy}
            for number in range(_MOST_CHUNKS)
        ),
    )


def _ended(evidence: Evidence) -> str:
    reason = nothing_recorded(evidence)
    if reason or evidence.of(END):
        return reason
    return "The client sent no End session."


def _processing(**action: object) -> tuple[Fault, ...]:
    return ({"match": {"operation": END}, "times": None, "action": {"processing": action}},)


def _sees(*statuses: int) -> Demand:
    return Demand(
        name="result",
        sentence="The client asks until the result is there.",
        source=f"CONTRACT.md, Get session; {_POLLING}",
        grade=Grade.MUST,
        judge=sees(*statuses),
    )


def _told(what: str, *words: str) -> Demand:
    return Demand(
        name="told",
        sentence=f"The user is told that {what}.",
        source=f"CONTRACT.md, Get session; {_POLLING}",
        grade=Grade.MUST,
        judge=tells(*words),
    )


SCENARIOS = (
    Scenario(
        name="end-overtakes",
        title="Answers to uploads are late, and the first attempt of each chunk gets 503.",
        tried=fault_fired,
        faults=_each_fails_once(),
        demands=(
            Demand(
                name="end-waits",
                sentence="End session is sent when every upload was answered.",
                source="CONTRACT.md, End session; CONTRACT.md, Upload audio, Checks, row 4",
                grade=Grade.MUST,
                judge=end_waits,
            ),
            COMPLETE,
            NO_FALSE_ALARM,
        ),
    ),
    Scenario(
        name="end-answer-lost",
        title="End session is carried out, but its answer never arrives.",
        tried=fault_fired,
        faults=(
            {
                "match": {"operation": END},
                "action": {"drop_answer": {"how": "reset"}},
            },
        ),
        demands=(
            COMPLETE,
            Demand(
                name="result",
                sentence="It takes 400 session_ended as a yes, and asks for the result.",
                source=f"RFC 9110, 9.2.2; CONTRACT.md, End session; {RETRIES}",
                grade=Grade.MUST,
                judge=sees(200, 206),
            ),
            NO_FALSE_ALARM,
        ),
    ),
    Scenario(
        name="long-processing",
        title="Processing does not end: Get session is 202 for as long as the client asks.",
        tried=_ended,
        faults=_processing(stuck=True),
        most_seconds=45.0,
        demands=(
            Demand(
                name="pace",
                sentence="It asks no more than twice a second.",
                source=_POLLING,
                grade=Grade.MUST,
                judge=at_a_pace,
            ),
            Demand(
                name="backs-off",
                sentence="Its pauses become longer.",
                source=_POLLING,
                grade=Grade.SHOULD,
                judge=backs_off,
            ),
            Demand(
                name="gives-up",
                sentence="It gives up at some time.",
                source=_POLLING,
                grade=Grade.SHOULD,
                judge=gives_up,
            ),
        ),
    ),
    Scenario(
        name="partial",
        title="The result is partial: 206, and processing_errors says what is missing.",
        tried=_ended,
        faults=_processing(outcome="partial"),
        demands=(
            COMPLETE,
            _sees(206),
            _told(
                "a part of the result is missing", "206", "partial", "incomplete", "missing", "fail"
            ),
        ),
    ),
    Scenario(
        name="failed",
        title="Processing fails: 200 with the status failed.",
        tried=_ended,
        faults=_processing(outcome="failed"),
        demands=(
            COMPLETE,
            _sees(200),
            _told("there is no result", "fail", "error", "no result"),
        ),
    ),
)
