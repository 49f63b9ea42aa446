"""Scenarios of a server that is busy, or fails once."""

from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judges.retrying import waits
from scribe_mock.gauntlet.parts import (
    COMPLETE,
    NO_FALSE_ALARM,
    RETRY_AFTER,
    SAME_NUMBER,
    fault_fired,
    on_uploads,
)
from scribe_mock.gauntlet.scenario import Demand, Scenario

#: Seconds of `Retry-After`.
_WAIT = 2


def _busy(code: str) -> dict[str, object]:
    return {"answer": {"code": code, "retry_after_seconds": _WAIT}}


def _waits(source: str) -> Demand:
    return Demand(
        name="waits",
        sentence="The chunk does not come again before the time that Retry-After says.",
        source=source,
        grade=Grade.SHOULD,
        judge=waits(_WAIT),
    )


SCENARIOS = (
    Scenario(
        name="unavailable",
        title="An upload is answered 503 twice, with Retry-After: 2.",
        tried=fault_fired,
        faults=on_uploads(_busy("service_unavailable"), times=2),
        demands=(COMPLETE, SAME_NUMBER, _waits(RETRY_AFTER), NO_FALSE_ALARM),
    ),
    Scenario(
        name="rate-limited",
        title="An upload is answered 429, with Retry-After: 2.",
        tried=fault_fired,
        faults=on_uploads(_busy("rate_limit_exceeded")),
        demands=(COMPLETE, SAME_NUMBER, _waits(f"RFC 6585, 4; {RETRY_AFTER}"), NO_FALSE_ALARM),
    ),
    Scenario(
        name="server-error",
        title="An upload is answered 500 once.",
        tried=fault_fired,
        faults=on_uploads({"answer": {"code": "internal_error"}}),
        demands=(COMPLETE, SAME_NUMBER, NO_FALSE_ALARM),
    ),
)
