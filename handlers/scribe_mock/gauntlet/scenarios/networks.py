"""Scenarios of networks: the plain run, and connections that break, crawl or do not come about."""

from scribe_mock.gauntlet.evidence import UPLOAD, Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judges.arriving import complete_or_told, nothing_recorded
from scribe_mock.gauntlet.judges.asking import sees
from scribe_mock.gauntlet.judges.retrying import never_gives_up
from scribe_mock.gauntlet.judges.telling import says_all_is_well
from scribe_mock.gauntlet.parts import (
    COMPLETE,
    NO_FALSE_ALARM,
    RETRIES,
    SAME_NUMBER,
    deed_done,
    fault_fired,
    on_uploads,
)
from scribe_mock.gauntlet.scenario import Deed, Demand, Scenario


def _unreachable(evidence: Evidence) -> str:
    return "" if evidence.cued else "The client did not try to connect."


SCENARIOS = (
    Scenario(
        name="plain",
        title="Nothing goes wrong.",
        tried=nothing_recorded,
        demands=(
            COMPLETE,
            Demand(
                name="result",
                sentence="The client asks until the result is there.",
                source="CONTRACT.md, Get session",
                grade=Grade.SHOULD,
                judge=sees(200, 206),
            ),
            Demand(
                name="exit-code",
                sentence="The client ends with exit code 0, or shows no failure.",
                source=RETRIES,
                grade=Grade.MUST,
                judge=says_all_is_well,
            ),
        ),
    ),
    Scenario(
        name="upload-cut",
        title="The connection is reset after the first 1,000 bytes of an upload.",
        tried=fault_fired,
        faults=on_uploads({"cut": {"at": "upload", "after_bytes": 1000, "how": "reset"}}),
        demands=(COMPLETE, SAME_NUMBER, NO_FALSE_ALARM),
    ),
    Scenario(
        name="answer-lost",
        title="An upload is stored, but its answer never arrives.",
        tried=fault_fired,
        faults=on_uploads({"drop_answer": {"how": "reset"}}),
        demands=(COMPLETE, SAME_NUMBER, NO_FALSE_ALARM),
    ),
    Scenario(
        name="slow-network",
        title="Uploads are read at 20 kB a second.",
        tried=fault_fired,
        faults=(
            {
                "match": {"operation": UPLOAD},
                "times": None,
                "action": {"throttle": {"upload_bytes_per_second": 20_000}},
            },
        ),
        demands=(
            COMPLETE,
            Demand(
                name="patience",
                sentence="No upload that goes on is broken off.",
                source=RETRIES,
                grade=Grade.SHOULD,
                judge=never_gives_up,
            ),
            NO_FALSE_ALARM,
        ),
    ),
    Scenario(
        name="offline",
        title="Ten seconds without network: connections are reset, and new ones are refused.",
        tried=deed_done,
        deed=Deed.OFFLINE,
        demands=(
            COMPLETE,
            NO_FALSE_ALARM,
        ),
    ),
    Scenario(
        name="unreachable",
        title="The server can't be reached for three seconds from the first attempt on.",
        tried=_unreachable,
        unreachable=True,
        only_command=True,
        demands=(
            Demand(
                name="complete-or-told",
                sentence="Every word arrives, or the user is told that there is no connection.",
                source=RETRIES,
                grade=Grade.MUST,
                judge=complete_or_told("connect", "reach", "network", "refused", "offline"),
            ),
            Demand(
                name="comes-again",
                sentence="It tries again by itself, and every word arrives.",
                source=RETRIES,
                grade=Grade.SHOULD,
                judge=COMPLETE.judge,
            ),
        ),
    ),
)
