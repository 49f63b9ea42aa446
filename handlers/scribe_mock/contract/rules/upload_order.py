"""Rules about the order of the checks: for each pair of rows, which one answers."""

from dataclasses import replace
from itertools import combinations
from typing import Any

from scribe_mock.contract.core import judge, prepared_sessions, samples
from scribe_mock.contract.core.exceptions import Skip
from scribe_mock.contract.core.fault import Fault
from scribe_mock.contract.core.grade import Grade
from scribe_mock.contract.core.marks import UNKNOWN_SESSION
from scribe_mock.contract.core.probe import Probe, ProbeSession
from scribe_mock.contract.core.rule import CheckFunction, Faults, Rule
from scribe_mock.contract.core.samples import WEBM
from scribe_mock.contract.rules.upload_rows import RULE_OF_ROW, judged_as_ended
from scribe_mock.contract.transport.message import Delivery

#: Row → its status and code.
REFUSALS = {
    1: (401, "authentication_failed"),
    2: (404, "session_not_found"),
    3: (410, "session_expired"),
    4: (400, "session_ended"),
    5: (400, "session_completed"),
    6: (400, "invalid_request"),
    7: (400, "invalid_audio_format"),
    8: (400, "invalid_request"),
    9: (413, "chunk_too_large"),
    10: (400, "invalid_request"),
    11: (400, "invalid_audio_format"),
}
_ONE_STATE = "a session is in one state only"
_NO_SESSION = "an unknown session has no state and no upload_type"
_NOT_TO_BE_HAD = "an expired session of that upload_type is not to be had from outside"

#: Pairs that no request can have, or that have the same answer, and why.
IMPOSSIBLE = {
    **{(2, row): _NO_SESSION for row in (3, 4, 5, 6, 11)},
    (3, 4): _ONE_STATE,
    (3, 5): _ONE_STATE,
    (4, 5): _ONE_STATE,
    (3, 6): _NOT_TO_BE_HAD,
    (3, 11): _NOT_TO_BE_HAD,
    (6, 11): "a session has one upload_type only",
    (9, 10): "a body is not both too large and empty",
    **{
        pair: "both are answered alike"
        for pair in combinations(REFUSALS, 2)
        if REFUSALS[pair[0]] == REFUSALS[pair[1]]
    },
}
#: Bytes that stay reserved while the large requests are sent.
_RESERVE = 4_000_000


async def _session(probe: Probe, rows: set[int]) -> ProbeSession | str:
    """A session that breaks the rows about sessions among these."""
    if 2 in rows:
        return UNKNOWN_SESSION
    if 3 in rows:
        return await prepared_sessions.expired(probe)
    upload_type = "stream" if 6 in rows else "single" if 11 in rows else "chunked"
    if not rows & {4, 5}:
        return await probe.create(upload_type)
    session = await probe.ended(upload_type)
    if 5 in rows:
        await probe.done(session)
    return session


def _request(probe: Probe, rows: set[int]) -> dict[str, Any]:
    """An upload that breaks the rows about the request among these."""
    chunked = not rows & {6, 11}
    name = "audio_1.webm"
    if 8 in rows:
        name = "consultation.webm" if chunked else f"{'a' * 250}_0.webm"
    body = samples.GARBAGE if 11 in rows else samples.tiny("webm")
    how: dict[str, Any] = {"delivery": Delivery.HELD}
    if 9 in rows:
        if probe.run.wire.sent_bytes + samples.TEN_MIB + _RESERVE > probe.options.max_bytes:
            raise Skip("--max-bytes leaves no room for one more upload of 10 MB")
        body = samples.padded(body, samples.TEN_MIB + 1)
    if 10 in rows:
        body, how = b"", {}
    return how | {
        "name": name,
        "body": body,
        "mime": "audio/flac" if 7 in rows else WEBM,
        "token": None if 1 in rows else "",
    }


def _pair(first: int, second: int) -> CheckFunction:
    async def check(probe: Probe) -> Faults:
        rows = {first, second}
        session = await _session(probe, rows)
        how = _request(probe, rows)
        answer = await probe.upload(session, **how)
        if first == 4 and isinstance(session, ProbeSession):
            fault = await judged_as_ended(probe, session, answer)
        elif first == 9:
            fault = judge.too_large(answer)
        else:
            fault = judge.refused(answer, *REFUSALS[first])
        if fault is not None and (answer.status, answer.code) == REFUSALS[second]:
            yield _out_of_order(fault, first, second)
        else:
            yield fault

    return check


def _out_of_order(fault: Fault, first: int, second: int) -> Fault:
    return replace(
        fault,
        expected=f"{fault.wanted}: row {first} is checked before row {second}",
        group=f"row {second} is looked at too early",
    )


def _rule(first: int, second: int) -> Rule:
    needs = [RULE_OF_ROW[first], RULE_OF_ROW[second]]
    if 8 in (first, second) and {6, 11} & {first, second}:
        needs.append("upload.name.too_long")
    if 4 in (first, second):
        needs.append(RULE_OF_ROW[5])  # processing may be over before the upload arrives
    if 9 in (first, second):  # the limits go first: they need the bytes more
        needs += ["upload.success"]
    one, other = REFUSALS[first][1], REFUSALS[second][1]
    return Rule(
        id=f"upload.order.{first}_before_{second}",
        sentence=f"Row {first} ({one}) answers before row {second} ({other}).",
        source=f"Upload audio, Checks, rows {first} and {second}",
        grade=Grade.INFERRED,
        operation="uploadAudio",
        check=_pair(first, second),
        needs=tuple(needs),
    )


RULES = tuple(_rule(*pair) for pair in combinations(REFUSALS, 2) if pair not in IMPOSSIBLE)
