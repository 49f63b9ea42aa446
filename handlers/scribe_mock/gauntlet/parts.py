"""What scenarios have in common: faults on uploads, and demands that come again and again."""

from collections.abc import Mapping
from typing import Any

from scribe_mock.gauntlet.evidence import UPLOAD, Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judges.arriving import complete, nothing_recorded
from scribe_mock.gauntlet.judges.retrying import same_number
from scribe_mock.gauntlet.judges.telling import says_all_is_well
from scribe_mock.gauntlet.scenario import Demand

Fault = Mapping[str, Any]

#: Sources that several demands cite.
STORING = "CONTRACT.md, Upload audio, Storing"
SAFE_REPEATS = "RFC 9110, 9.2.2; CONTRACT.md, Upload audio, Storing"
RETRIES = 'Guide "Retries"'
RETRY_AFTER = "RFC 9110, 10.2.3"

COMPLETE = Demand(
    name="complete",
    sentence="Every word arrives, and the session is ended.",
    source=f"{STORING}; CONTRACT.md, End session",
    grade=Grade.MUST,
    judge=complete,
)
SAME_NUMBER = Demand(
    name="same-number",
    sentence="The chunk is sent again under the same number.",
    source=SAFE_REPEATS,
    grade=Grade.MUST,
    judge=same_number,
)
NO_FALSE_ALARM = Demand(
    name="no-false-alarm",
    sentence="Nothing was lost, so the client ends with exit code 0, or shows no failure.",
    source=RETRIES,
    grade=Grade.SHOULD,
    judge=says_all_is_well,
)


def on_uploads(action: Fault, *, times: int | None = 1) -> tuple[Fault, ...]:
    """Faults for the second upload on, or the only one of a client that sends whole recordings."""
    return tuple(
        {
            "match": {"operation": UPLOAD, "upload_type": upload_type},
            "after": after,
            "times": times,
            "action": action,
        }
        for upload_type, after in (("chunked", 1), ("single", 0))
    )


def on_one_chunk(action: Fault) -> tuple[Fault, ...]:
    """Faults for chunk 1, or the whole recording, whenever it comes."""
    chunk = {"operation": UPLOAD, "sequence": 1, "upload_type": "chunked"}
    whole = {"operation": UPLOAD, "upload_type": "single"}
    return tuple({"match": match, "times": None, "action": action} for match in (chunk, whole))


#: What makes the upload wait at which something is done.
CUE = on_uploads({"hold": {}})


def fault_fired(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if a fault of the scenario fired."""
    if reason := nothing_recorded(evidence):
        return reason
    return "" if evidence.fired else "The client sent no request that the fault was for."


def deed_done(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if what happens in the middle has happened."""
    if reason := nothing_recorded(evidence):
        return reason
    return "" if evidence.cued else "The client sent no second upload, at which it would happen."
