"""Scenarios of refusals: those that the same request always meets again, and a token's end."""

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judgement import Judgement, broken, met, not_tried
from scribe_mock.gauntlet.judges.arriving import complete, complete_or_told, recorded
from scribe_mock.gauntlet.judges.renewing import is_expired, renews
from scribe_mock.gauntlet.judges.retrying import at_most, bounded
from scribe_mock.gauntlet.judges.telling import tells
from scribe_mock.gauntlet.parts import (
    COMPLETE,
    NO_FALSE_ALARM,
    RETRIES,
    SAME_NUMBER,
    deed_done,
    fault_fired,
    on_one_chunk,
    on_uploads,
)
from scribe_mock.gauntlet.scenario import Deed, Demand, Scenario

_CLIENT_ERRORS = "RFC 9110, 15.5; CONTRACT.md, Upload audio, Checks"
#: A 401 may meet as many uploads as are under way at the same time, and each once more.
_MOST_EXPIRED = 12


def _ends_with_the_rest(evidence: Evidence) -> Judgement:
    """All chunks but the refused one arrive, and the session is ended."""
    if complete(evidence).met:
        return met()
    if all(one.sequence is None for one in evidence.uploads):
        return not_tried("The recording was sent in one piece.")
    refused = {one.sequence for one in evidence.hit}
    for name in recorded(evidence):
        ledger = evidence.ledgers[name]
        others = [
            one["message"]
            for one in ledger["problems"]
            if one["code"] in ("gap", "refused_never_stored") and one["sequence"] not in refused
        ]
        if ledger["verdict"] != "open" and not others:
            return met()
    return broken("The other chunks did not arrive, or the session was not ended.")


_REST = Demand(
    name="the-rest",
    sentence="The other chunks arrive, and the session is ended.",
    source='Guide "Retries"',
    grade=Grade.SHOULD,
    judge=_ends_with_the_rest,
)


def _no_repeat(grade: Grade, most: int, sentence: str) -> Demand:
    return Demand(
        name="no-repeat" if most == 0 else "bounded",
        sentence=sentence,
        source=f"{_CLIENT_ERRORS}; {RETRIES}",
        grade=grade,
        judge=bounded(most),
    )


def _told(name: str, *words: str) -> Demand:
    return Demand(
        name="told",
        sentence=f"The user is told that {name}.",
        source=RETRIES,
        grade=Grade.MUST,
        judge=tells(*words),
    )


_ONCE = _no_repeat(Grade.SHOULD, 0, "The same request is not sent again.")
_NO_REPEAT = _no_repeat(Grade.MUST, 0, "The same request is not sent again.")
_BOUNDED = _no_repeat(Grade.MUST, 2, "The same request is not sent again and again.")

SCENARIOS = (
    Scenario(
        name="token-expired",
        title="In the middle of the recording the token expires: 401 token_expired.",
        tried=fault_fired,
        faults=on_uploads({"expire_token": {}}),
        demands=(
            Demand(
                name="renews",
                sentence="It gets a new token by login or refresh.",
                source='CONTRACT.md, Authentication; RFC 6750, 3.1; Guide "Retries"',
                grade=Grade.MUST,
                judge=renews,
            ),
            COMPLETE,
            SAME_NUMBER,
            Demand(
                name="stops-asking",
                sentence="The expired token is not sent again and again.",
                source=RETRIES,
                grade=Grade.SHOULD,
                judge=at_most(
                    _MOST_EXPIRED,
                    is_expired,
                    lambda count: f"{count} requests were answered 401 token_expired.",
                ),
            ),
            NO_FALSE_ALARM,
        ),
    ),
    Scenario(
        name="chunk-too-large",
        title="One chunk is answered 413, however often it comes; a half of it is not.",
        tried=deed_done,
        deed=Deed.LIMIT,
        demands=(
            _BOUNDED,
            Demand(
                name="split-or-told",
                sentence="The chunk is split, or the user is told that a part is missing.",
                source=f"RFC 9110, 15.5.14; {RETRIES}",
                grade=Grade.MUST,
                judge=complete_or_told(
                    "413", "chunk_too_large", "too large", "lost", "missing", "refused", "failed"
                ),
            ),
            _ONCE,
            _REST,
        ),
    ),
    Scenario(
        name="invalid-audio-format",
        title="One chunk is always answered 400 invalid_audio_format.",
        tried=fault_fired,
        faults=on_one_chunk({"answer": {"code": "invalid_audio_format"}}),
        demands=(
            _NO_REPEAT,
            _told(
                "a part is missing",
                *("400", "invalid_audio_format", "format", "lost", "missing", "refused", "failed"),
            ),
            _REST,
        ),
    ),
    Scenario(
        name="not-found",
        title="In the middle of the recording the session is gone: 404 session_not_found.",
        tried=deed_done,
        deed=Deed.DELETE,
        demands=(
            _NO_REPEAT,
            Demand(
                name="told-or-again",
                sentence="The user is told, or a new session gets every word.",
                source=RETRIES,
                grade=Grade.MUST,
                judge=complete_or_told(
                    "404", "session_not_found", "not found", "no session", "gone", "lost", "failed"
                ),
            ),
            Demand(
                name="stops",
                sentence="No more than a few chunks are sent to a session that is gone.",
                source=RETRIES,
                grade=Grade.SHOULD,
                judge=at_most(
                    6,
                    lambda one: one.status == 404,
                    lambda count: f"{count} requests were answered 404.",
                ),
            ),
        ),
    ),
)
