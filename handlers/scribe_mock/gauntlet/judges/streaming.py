"""Judges of live audio: what a client does when its WebSocket breaks."""

from collections.abc import Sequence

from scribe_mock.gauntlet.evidence import STREAM, Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.judgement import Judgement, broken, met

#: The most connections in a second.
_MOST = 5


def sockets(evidence: Evidence) -> Sequence[Exchange]:
    """The WebSockets, in order."""
    return evidence.of(STREAM)


def no_stream(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if a stream was broken."""
    if not sockets(evidence):
        return "The client opened no WebSocket."
    return "" if evidence.fired else "The WebSocket carried too little audio to be broken."


def reconnects(evidence: Evidence) -> Judgement:
    """After each break another WebSocket follows."""
    found = sockets(evidence)
    if found and found[-1].faults:
        return broken("The last WebSocket was broken, and none followed.", found)
    return met("", found)


def with_pauses(evidence: Evidence) -> Judgement:
    """It does not connect again without pause."""
    times = [one.at for one in sockets(evidence)]
    for start in times:
        if sum(start <= at < start + 1 for at in times) > _MOST:
            return broken("It opened more than five WebSockets in a second.", sockets(evidence))
    return met()
