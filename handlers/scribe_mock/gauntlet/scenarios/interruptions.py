"""Scenarios of interruptions: a session that expires, a client that is killed, and two tabs."""

from scribe_mock.gauntlet.evidence import CREATE, Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judgement import Judgement, broken, met, not_tried
from scribe_mock.gauntlet.judges.arriving import (
    all_complete,
    complete_or_told,
    nothing_recorded,
    problems,
    recorded,
)
from scribe_mock.gauntlet.judges.retrying import bounded
from scribe_mock.gauntlet.parts import RETRIES, deed_done
from scribe_mock.gauntlet.scenario import Deed, Demand, Scenario


def _apart(evidence: Evidence) -> Judgement:
    """Each client has a session of its own, and no chunk of the other's in it."""
    names = recorded(evidence)
    mixed = [
        problem["message"]
        for name in names
        for problem in evidence.ledgers[name]["problems"]
        if problem["code"] == "replaced"
    ]
    if mixed:
        return broken(" ".join(mixed), evidence.of(CREATE))
    if len(names) < 2 and not evidence.tells(("already", "another", "other tab")):
        return broken("Both recorded into one session.", evidence.of(CREATE))
    return met("", evidence.of(CREATE))


def _two(evidence: Evidence) -> str:
    if reason := nothing_recorded(evidence):
        return reason
    if not evidence.runs and len(recorded(evidence)) < 2:
        return "Only one session was recorded."
    return ""


def _resumes(evidence: Evidence) -> Judgement:
    """After a restart the same session goes on, or the client says that a recording broke off."""
    begun = recorded(evidence)[0]
    if not list(problems(evidence.ledgers[begun])):
        return met()
    told = evidence.tells(("resum", "interrupted", "unfinished", "recover", "lost", "broke off"))
    if told is None:
        return not_tried("Say whether the client told of it.")
    if told:
        return met()
    return broken("The recording that broke off was left behind, and nothing was said of it.")


SCENARIOS = (
    Scenario(
        name="expired",
        title="In the middle of the recording the session expires: 410 session_expired.",
        tried=deed_done,
        deed=Deed.EXPIRE,
        demands=(
            Demand(
                name="told-or-again",
                sentence="The user is told, or a new session gets every word.",
                source=f"CONTRACT.md, Upload audio, Checks, row 3; {RETRIES}",
                grade=Grade.MUST,
                judge=complete_or_told("410", "expired", "lost", "failed"),
            ),
            Demand(
                name="no-repeat",
                sentence="The same request is not sent again.",
                source=f"RFC 9110, 15.5.11; {RETRIES}",
                grade=Grade.MUST,
                judge=bounded(0),
            ),
        ),
    ),
    Scenario(
        name="killed",
        title="In the middle of the recording the client is killed, and started again.",
        tried=deed_done,
        deed=Deed.KILL,
        by_hand="Reload the page, or end the app and start it again, in the middle of a recording.",
        demands=(
            Demand(
                name="resumes",
                sentence="The recording goes on where it broke off, or the user is told.",
                source=RETRIES,
                grade=Grade.OPTIONAL,
                judge=_resumes,
            ),
        ),
    ),
    Scenario(
        name="two-tabs",
        title="Two clients record at the same time with one token.",
        tried=_two,
        at_once=2,
        by_hand="Record in two tabs, or on two devices, at the same time.",
        demands=(
            Demand(
                name="apart",
                sentence="Each has a session of its own.",
                source="CONTRACT.md, States: sessions share nothing",
                grade=Grade.MUST,
                judge=_apart,
            ),
            Demand(
                name="complete",
                sentence="Every word arrives in each.",
                source="CONTRACT.md, Upload audio, Storing",
                grade=Grade.MUST,
                judge=all_complete,
            ),
        ),
    ),
)
