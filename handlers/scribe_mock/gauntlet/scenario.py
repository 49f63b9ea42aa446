"""A scenario: what is done to a client, and what is demanded of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.grade import Grade
from scribe_mock.gauntlet.judgement import Judge

#: Why there was nothing to judge; empty if there was.
Tried = Callable[[Evidence], str]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One thing that a client has to do.

    Args:
        name: In a word or two, with dashes.
        sentence: What it has to do.
        source: Where that is written: a section of an RFC, of CONTRACT.md, or a guide.
        grade: How much it counts.
        judge: Says whether it did so.
    """

    name: str
    sentence: str
    source: str
    grade: Grade
    judge: Judge


class Deed(StrEnum):
    """What is done in the middle of a recording, while an upload waits."""

    #: Connections are reset, and the port refuses new ones for ten seconds.
    OFFLINE = "offline"
    #: The session expires.
    EXPIRE = "expire"
    #: The session is deleted.
    DELETE = "delete"
    #: The client is killed, and started again.
    KILL = "kill"
    #: The upload is answered 413, and so is whatever has more than 0.6 of its bytes in its place.
    LIMIT = "limit"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One part of the gauntlet.

    Args:
        name: Its name, which the client finds in `SCRIBE_MOCK_SCENARIO`.
        title: What happens to the client, in a line.
        demands: What it has to do.
        tried: Why there was nothing to judge.
        faults: As `SetFault` of control.yaml has them, without a scope.
        deed: What is done when the second upload arrives.
        unreachable: Whether the port refuses connections for three seconds from the first one on.
        at_once: How many clients run at the same time, with one token.
        by_hand: What a person has to do for it; empty where nothing is to do.
        only_command: Whether only `scribe-mock examine` can do it, with a relay of its own.
        most_seconds: When the client is ended although it may still wait; None for --timeout.
    """

    name: str
    title: str
    demands: tuple[Demand, ...]
    tried: Tried
    faults: tuple[Mapping[str, Any], ...] = ()
    deed: Deed | None = None
    unreachable: bool = False
    at_once: int = 1
    by_hand: str = ""
    only_command: bool = False
    most_seconds: float | None = None
