"""In which order rules are tried, and how many at a time."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Sequence

from scribe_mock.contract.core.rule import Rule

#: Subjects whose rules begin first: they send many requests one after another, or wait for each
#: other, so that on a slow server nothing else would be left to do meanwhile.
_LONG = ("race", "together", "fuzz", "process", "webhook", "history", "record", "audio")


async def try_all(
    rules: Sequence[Rule],
    attempt: Callable[[Rule], Awaitable[None]],
    at_once: int,
    all_began: Callable[[], None] = lambda: None,
) -> None:
    """Try rules, each after those that it waits for; of those that can begin, the first one does.

    Tasks that wait for each other and then for a semaphore were simpler, but what had waited for
    another rule then waited for all rules, and on a slow server a quarter of the time was lost.

    Args:
        rules: What to try.
        attempt: Tries one rule.
        at_once: Most rules at a time.
        all_began: Called once when every rule has begun, while the last ones are still tried.
    """
    order = long_first(rules)
    known = {rule.id for rule in order}
    waiting = {rule.id: known & {*rule.needs, *rule.after} for rule in order}
    ready = [place for place, rule in enumerate(order) if not waiting[rule.id]]
    under_way: dict[asyncio.Future[None], str] = {}
    left = len(order)
    try:
        while ready or under_way:
            while ready and len(under_way) < at_once:
                rule = order[heapq.heappop(ready)]
                under_way[asyncio.ensure_future(attempt(rule))] = rule.id
                left -= 1
                if not left:
                    all_began()
            done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            ended = {under_way.pop(task) for task in done}
            for task in done:
                task.result()
            for place, rule in enumerate(order):
                if waiting[rule.id] & ended:
                    waiting[rule.id] -= ended
                    if not waiting[rule.id]:
                        heapq.heappush(ready, place)
    finally:
        for task in under_way:
            task.cancel()


def long_first(rules: Iterable[Rule]) -> list[Rule]:
    """The rules in their order, but those of long subjects, and what these wait for, first."""
    rules = list(rules)
    known = {rule.id: rule for rule in rules}
    first: set[str] = set()
    waiting = [rule.id for rule in rules if rule.subject in _LONG]
    while waiting:
        rule = known.get(waiting.pop())
        if rule is not None and rule.id not in first:
            first.add(rule.id)
            waiting += (*rule.needs, *rule.after)
    return sorted(rules, key=lambda rule: rule.id not in first)
