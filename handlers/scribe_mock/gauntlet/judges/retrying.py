"""Judges of repeats: which requests are sent again, when, and how often."""

from collections import Counter
from collections.abc import Callable, Sequence

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.judgement import Judge, Judgement, broken, met, not_tried

#: Clocks, and the times that a journal notes, may differ by so many seconds.
_TOLERANCE = 0.1


def same_number(evidence: Evidence) -> Judgement:
    """A chunk that was hit is sent again under the same number, until it is stored."""
    for one in [hit for hit in evidence.hit if hit in evidence.uploads]:
        later = evidence.after(one)
        if not any(other.accepted for other in later):
            return broken("It was not sent again under the same number.", [one, *later])
    return met("", evidence.hit)


def waits(seconds: float) -> Judge:
    """A request that got `Retry-After` is not sent again before that."""

    def judge(evidence: Evidence) -> Judgement:
        early = []
        for one in [hit for hit in evidence.hit if hit in evidence.uploads]:
            early += [
                (other.at - one.ended, one, other)
                for other in evidence.after(one)[:1]
                if other.at - one.ended < seconds - _TOLERANCE
            ]
        if early:
            pause, one, other = min(early, key=lambda found: found[0])
            said = f"Retry-After was {seconds:.0f} s; the chunk came again after {pause:.2f} s."
            return broken(said, [one, other])
        if not any(evidence.after(one) for one in evidence.hit if one in evidence.uploads):
            return not_tried("The chunk was not sent again.")
        return met("", evidence.hit)

    return judge


def bounded(most: int) -> Judge:
    """The same bytes are not sent again for more than so many times once they were refused."""

    def judge(evidence: Evidence) -> Judgement:
        refused = [one for one in evidence.uploads if 400 <= one.status < 500]
        counts = Counter(_what(one) for one in refused)
        for what, count in counts.items():
            if count > most + 1:
                seen = [one for one in refused if _what(one) == what]
                return broken(f"The same request was sent {count} times.", seen)
        return met("", refused)

    return judge


def _what(one: Exchange) -> tuple[object, ...]:
    """What a request sends: the chunk, its type and its bytes as far as they arrived."""
    return one.chunk, one.content_type, one.sha256 or one.size


def at_most(most: int, which: Callable[[Exchange], bool], said: Callable[[int], str]) -> Judge:
    """No more than so many requests are of this kind.

    Args:
        most: How many may be.
        which: Whether an exchange is one.
        said: What is wrong with so many.
    """

    def judge(evidence: Evidence) -> Judgement:
        found = [one for one in evidence.exchanges if which(one)]
        return broken(said(len(found)), found) if len(found) > most else met("", found)

    return judge


def given_up(uploads: Sequence[Exchange]) -> list[Exchange]:
    """The uploads that the client broke off itself."""
    return [one for one in uploads if one.outcome == "client_left"]


def never_gives_up(evidence: Evidence) -> Judgement:
    """No upload is broken off since it is slow."""
    found = given_up(evidence.uploads)
    if found:
        return broken("An upload that went on slowly was broken off.", found)
    return met()
