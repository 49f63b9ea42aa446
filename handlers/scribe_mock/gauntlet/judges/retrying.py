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
        refused: dict[tuple[object, ...], list[Exchange]] = {}
        for one in evidence.uploads:
            if 400 <= one.status < 500:
                what = one.chunk, one.content_type, one.announced or one.size
                refused.setdefault(what, []).append(one)
        for alike in refused.values():
            if (count := _same(alike)) > most + 1:
                return broken(f"The same request was sent {count} times.", alike)
        return met("", [one for alike in refused.values() for one in alike])

    return judge


def _same(alike: Sequence[Exchange]) -> int:
    """How many of these have the same bytes; an early refusal leaves the digest unknown."""
    known = Counter(one.sha256 for one in alike if one.sha256)
    return max(known.values(), default=0) + sum(one.sha256 is None for one in alike)


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
