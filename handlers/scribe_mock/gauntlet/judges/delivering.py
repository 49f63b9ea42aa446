"""Judges of webhooks: what a receiver answers to events that are late, doubled or out of order."""

from scribe_mock.gauntlet.evidence import DELIVERY, GET, Evidence
from scribe_mock.gauntlet.judgement import Judgement, broken, met

_LONGEST = 30.0


def no_webhook(evidence: Evidence) -> str:
    """Why there is nothing to judge; empty if a webhook was delivered with a fault."""
    if not evidence.of("registerWebhook"):
        return "The client registered no webhook."
    if not evidence.of(DELIVERY):
        return "No event was delivered before the client ended."
    return "" if evidence.fired else "No delivery met a fault."


def takes_each(evidence: Evidence) -> Judgement:
    """Each delivery is answered 2xx, one that comes twice too."""
    found = evidence.of(DELIVERY)
    refused = [one for one in found if not one.accepted or (one.seconds or 0) > _LONGEST]
    if refused:
        return broken("A delivery was not answered 2xx within 30 seconds.", refused)
    return met("", found)


def asks_after_event(evidence: Evidence) -> Judgement:
    """Get session has the last word: it is asked once an event has come."""
    first = min((one.at for one in evidence.of(DELIVERY)), default=float("inf"))
    later = [one for one in evidence.of(GET) if one.at >= first]
    if later:
        return met("", later)
    return broken("No Get session followed the events.", evidence.of(DELIVERY))
