"""The scenarios of the gauntlet, in the order in which they are listed."""

from collections.abc import Iterable

from scribe_mock.gauntlet.matching import matches
from scribe_mock.gauntlet.scenario import Scenario
from scribe_mock.gauntlet.scenarios import ends, interruptions, networks, refusals, servers, streams

SCENARIOS: tuple[Scenario, ...] = (
    *networks.SCENARIOS[:1],
    *networks.SCENARIOS[1:3],
    *servers.SCENARIOS,
    *networks.SCENARIOS[3:],
    *refusals.SCENARIOS,
    *ends.SCENARIOS,
    *interruptions.SCENARIOS,
    *streams.SCENARIOS,
)


def chosen(only: Iterable[str], skip: Iterable[str]) -> list[Scenario]:
    """The scenarios that fit one of `only`, if there is any, and none of `skip`."""
    wanted = list(only)
    return [
        one
        for one in SCENARIOS
        if (not wanted or matches(one.name, wanted)) and not matches(one.name, skip)
    ]
