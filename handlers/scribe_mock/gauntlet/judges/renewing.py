"""Judges of how a client gets a new token."""

from scribe_mock.gauntlet.evidence import Evidence
from scribe_mock.gauntlet.exchange import Exchange
from scribe_mock.gauntlet.judgement import Judgement, broken, met

_RENEWALS = ("login", "refreshToken")


def renews(evidence: Evidence) -> Judgement:
    """After 401 `token_expired` it logs in, or refreshes its token."""
    expired = [one for one in evidence.exchanges if is_expired(one)]
    if not expired:
        return broken("No request was answered 401 token_expired.", evidence.hit)
    later = [one for one in evidence.of(*_RENEWALS) if one.at >= expired[0].at and one.accepted]
    if later:
        return met("", [expired[0], later[0]])
    return broken("It neither logged in nor refreshed its token.", expired)


def is_expired(one: Exchange) -> bool:
    """Whether a request was refused for its expired token."""
    return one.status == 401 and one.code == "token_expired"
