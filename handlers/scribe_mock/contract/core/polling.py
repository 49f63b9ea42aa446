"""Asking again until an answer is the wanted one, with a real deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")

#: Seconds between the first two requests; each later pause is longer, up to the second figure.
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


async def poll_until(
    get: Callable[[], Awaitable[_T]], done: Callable[[_T], object], seconds: float
) -> _T:
    """Ask until an answer is the wanted one or the time is up.

    The time that the answers take counts, too. The last request is sent at the deadline at the
    latest, so this takes no longer than `seconds` and one answer.

    Args:
        get: Sends one request.
        done: Whether an answer is the wanted one.
        seconds: From now to the deadline.

    Returns:
        The last answer, whether it is the wanted one or not.
    """
    deadline = time.monotonic() + seconds
    pause = _PAUSE
    while True:
        answer = await get()
        left = deadline - time.monotonic()
        if done(answer) or left <= 0:
            return answer
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
