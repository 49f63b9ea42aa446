"""Judges of how a client asks for the result."""

from collections.abc import Sequence
from itertools import pairwise

from scribe_mock.gauntlet.evidence import DELIVERY, END, GET, Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.judgement import Judge, Judgement, broken, met, not_tried

#: The window in which polls are counted, in seconds, and the most in it: twice a second.
_WINDOW, _MOST = 5.0, 10
#: From so many pauses on it is wrong that they do not grow by this factor, unless they are long.
_PAUSES, _GROWTH, _LONG = 5, 1.3, 4.0


def asked(evidence: Evidence) -> list[Exchange]:
    """Each Get session after End session."""
    ended = [one.at for one in evidence.of(END)]
    return [one for one in evidence.of(GET) if ended and one.at >= min(ended)]


def sees(*statuses: int) -> Judge:
    """Get session, or a webhook, brings the final answer."""

    def judge(evidence: Evidence) -> Judgement:
        found = [one for one in evidence.of(GET) if one.status in statuses]
        told = [one for one in evidence.of(DELIVERY) if one.accepted]
        if found or told:
            return met("", found or told)
        return broken("It never asked until the result was there.", asked(evidence))

    return judge


def at_a_pace(evidence: Evidence) -> Judgement:
    """No more than two requests a second, in any five seconds."""
    times = [one.at for one in asked(evidence)]
    for place, start in enumerate(times):
        count = sum(start <= at < start + _WINDOW for at in times[place:])
        if count > _MOST:
            seen = asked(evidence)[place : place + 3]
            return broken(f"It asked {count} times in {_WINDOW:.0f} s.", seen)
    return met(f"It asked {len(times)} times.")


def backs_off(evidence: Evidence) -> Judgement:
    """The pauses become longer."""
    pauses = _pauses(asked(evidence))
    if len(pauses) < 2:
        return not_tried(f"It asked only {len(asked(evidence))} times.")
    first, last = pauses[0], max(pauses[-3:])
    if last >= _GROWTH * first or min(pauses) >= _LONG:
        return met(f"The pauses grew from {first:.1f} to {last:.1f} s.")
    if len(pauses) < _PAUSES:
        return not_tried(f"It asked only {len(pauses) + 1} times.")
    return broken(f"It asked every {sum(pauses) / len(pauses):.1f} s, at the end as at first.")


def gives_up(evidence: Evidence) -> Judgement:
    """It does not wait for ever."""
    if not evidence.runs:
        return met() if evidence.told else not_tried("Say whether the client told of it.")
    if evidence.out_of_time:
        return not_tried(
            "It still asked when it was ended; a longer --timeout shows whether it gives up."
        )
    return met()


def _pauses(polls: Sequence[Exchange]) -> list[float]:
    times = [one.at for one in polls]
    return [later - earlier for earlier, later in pairwise(times)]
