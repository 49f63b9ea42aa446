"""Commands of requests that go on at the same time are sent together.

A round trip costs the same for one command and for twenty, most of it in this process.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

#: How many batches are under way at most, and how many requests are in one.
_MOST_BATCHES, _MOST_REQUESTS = 2, 32

#: Sends commands; an answer may be an exception.
Send = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]


class Batches:
    """Collects commands while others are under way. Use it in one event loop alone.

    Args:
        send: Sends the commands of a batch, in a bounded time.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: deque[tuple[Sequence[Any], asyncio.Future[Sequence[Any]]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, commands: Sequence[Any]) -> asyncio.Future[Sequence[Any]]:
        """The answers to commands, in their order; raises what `send` raises."""
        answers: asyncio.Future[Sequence[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((commands, answers))
        if len(self._tasks) < _MOST_BATCHES:
            self._tasks.add(asyncio.create_task(self._work()))
        return answers

    async def _work(self) -> None:
        try:
            await self._send_waiting()
        finally:
            # At once: a callback would come later, and what is added meanwhile would be never sent.
            self._tasks.discard(_this_task())

    async def _send_waiting(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), _MOST_REQUESTS)
            batch = [self._waiting.popleft() for _ in range(count)]
            try:
                found = await self._send([one for commands, _ in batch for one in commands])
            except Exception as error:
                # Those that came later would wait as long for the same.
                for _, answers in [*batch, *self._waiting]:
                    if not answers.done():
                        answers.set_exception(error)
                self._waiting.clear()
                continue
            first = 0
            for commands, answers in batch:
                if not answers.done():
                    answers.set_result(found[first : first + len(commands)])
                first += len(commands)


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None, "it runs in a task"
    return task
