"""Long lists, looked through in slices, so that other requests wait only for one of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

T = TypeVar("T")

#: So many entries take a few milliseconds.
_SLICE = 1000


async def sliced(items: Sequence[T]) -> AsyncIterator[T]:
    """Each of the items; other tasks of the event loop run in between."""
    for start in range(0, len(items), _SLICE):
        if start:
            await asyncio.sleep(0)
        for item in items[start : start + _SLICE]:
            yield item
