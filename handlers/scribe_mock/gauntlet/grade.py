"""How much a demand counts, and how a scenario ended."""

from enum import StrEnum


class Grade(StrEnum):
    """The grade of a demand, from the firmest."""

    MUST = "must"
    SHOULD = "should"
    OPTIONAL = "optional"


class Verdict(StrEnum):
    """How a demand or a scenario ended, from the best."""

    PASSED = "passed"
    #: Only an optional demand is not met.
    NOTED = "noted"
    #: A demand of the grade should is not met.
    WARNED = "warned"
    #: Nothing was seen that could be judged. It is never the same as passed.
    NOT_TRIED = "not tried"
    FAILED = "failed"


#: How a demand that is not met ends.
BROKEN = {
    Grade.MUST: Verdict.FAILED,
    Grade.SHOULD: Verdict.WARNED,
    Grade.OPTIONAL: Verdict.NOTED,
}
