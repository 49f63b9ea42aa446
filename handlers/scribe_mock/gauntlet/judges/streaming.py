"""Judges of live audio: what a client does when its WebSocket breaks."""

from collections.abc import Sequence

from scribe_mock.gauntlet.evidence import STREAM, Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.judgement import Judgement, broken, met

#: The most connections in a second.
_MOST = 5
#: The close code of the scenario, as the journal has it.
_CLOSED = "1011"


def sockets(evidence: Evidence) -> Sequence[Exchange]:
    """The WebSockets, in order."""
    return evidence.of(STREAM)


def no_stream(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if a stream was broken."""
    if not sockets(evidence):
        return "The client opened no WebSocket."
    if any(_is_broken(one) for one in sockets(evidence)):
        return ""
    return "The WebSocket carried too little audio to be broken."


def _is_broken(one: Exchange) -> bool:
    """Whether a fault ended it; one that is for it need not come to that."""
    return bool(one.faults) and (one.outcome != "answered" or one.code == _CLOSED)


def reconnects(evidence: Evidence) -> Judgement:
    """After each break another WebSocket follows."""
    found = sockets(evidence)
    if _is_broken(found[-1]):
        return broken("The last WebSocket was broken, and none followed.", found)
    return met("", found)


def with_pauses(evidence: Evidence) -> Judgement:
    """It does not connect again without pause."""
    times = [one.at for one in sockets(evidence)]
    for start in times:
        if sum(start <= at < start + 1 for at in times) > _MOST:
            return broken("It opened more than five WebSockets in a second.", sockets(evidence))
    return met()
