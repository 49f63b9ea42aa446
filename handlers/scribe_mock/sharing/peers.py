"""Messages between servers with one Redis: to all of them, with or without answers."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
from redis.exceptions import RedisError

from scribe_mock.errors import StoreUnreachable
from scribe_mock.store.redis.connection import Command, Connection

#: How long the answers of others are waited for: one that has stopped gives none.
ANSWER_SECONDS = 1.0
#: A connection without a word for so long is tried, and for so long is given up, in seconds.
_QUIET_SECONDS, _DEAD_SECONDS = 2.0, 5.0
#: The pause before a lost connection is made anew, in seconds.
_AGAIN_SECONDS = 0.2
#: What an answer is called.
_ANSWER = ""

#: Does what a message says, and gives the answer to it.
Handler = Callable[[Any], Awaitable[Any]]


class Peers:
    """The other servers. Use it in the server's event loop alone.

    Args:
        connection: Redis.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: This server.
        self.name = secrets.token_hex(8)
        self._all = f"{connection.prefix}peers"
        self._own = f"{connection.prefix}peer:{self.name}"
        self._handlers: Mapping[str, Handler] = {}
        self._missed: Callable[[], None] = _nothing
        self._numbers = count()
        self._asked: dict[int, asyncio.Queue[Any]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._listens = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()

    async def join(self, handlers: Mapping[str, Handler], missed: Callable[[], None]) -> None:
        """Begin to listen.

        Args:
            handlers: What to do, by the names of messages.
            missed: Called when messages may have been missed.
        """
        self._handlers, self._missed = handlers, missed
        self._listening = asyncio.create_task(self._listen())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listens.wait(), ANSWER_SECONDS)

    async def leave(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, *self._working, return_exceptions=True)

    def telling(self, name: str, content: Any = None) -> Command:
        """The command that tells all other servers something."""
        return ("PUBLISH", self._all, _encoded(self.name, name, None, content))

    async def tell(self, name: str, content: Any = None) -> None:
        """Tell all other servers something; those that can't be reached are not told."""
        with suppress(StoreUnreachable):
            await self._connection.run(self.telling(name, content))

    async def ask(
        self, name: str, content: Any = None, seconds: float = ANSWER_SECONDS
    ) -> Sequence[Any]:
        """The answers of all other servers, without those that take longer than this.

        Raises:
            StoreUnreachable: Redis does not pass the question on, or no answer.
        """
        await self._until_listening()
        number = next(self._numbers)
        answers = self._asked[number] = asyncio.Queue()
        try:
            question = _encoded(self.name, name, number, content)
            [listeners] = await self._connection.run(("PUBLISH", self._all, question))
            found: list[Any] = []
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while len(found) < listeners - 1:  # this one listens, too
                        found.append(await answers.get())
            return found
        finally:
            del self._asked[number]

    async def _until_listening(self) -> None:
        try:
            await asyncio.wait_for(self._listens.wait(), ANSWER_SECONDS)
        except TimeoutError:
            raise StoreUnreachable(
                "The mock's store does not pass messages on. Send the request again in a second."
            ) from None

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError, TimeoutError):
                await self._receive()
            self._listens.clear()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _receive(self) -> None:
        """Do what messages say, until the connection is lost."""
        async with self._connection.subscriptions() as subscription:
            await subscription.subscribe(self._all, self._own)
            heard = time.monotonic()
            while time.monotonic() - heard < _DEAD_SECONDS:
                message = await subscription.get_message(timeout=1.0)
                if message is not None:
                    heard = time.monotonic()
                    self._handle(message)
                elif time.monotonic() - heard > _QUIET_SECONDS:
                    await subscription.ping()

    def _handle(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "subscribe" and message["channel"].decode() == self._own:
            self._listens.set()
            self._missed()
        if message["type"] != "message":
            return
        sender, name, number, content = msgspec.msgpack.decode(message["data"])
        if name == _ANSWER:
            if number in self._asked:
                self._asked[number].put_nowait(content)
        elif sender != self.name and name in self._handlers:
            task = asyncio.create_task(self._work(sender, name, number, content))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _work(self, sender: str, name: str, number: int | None, content: Any) -> None:
        with suppress(StoreUnreachable):
            answer = await self._handlers[name](content)
            if number is not None:
                to = f"{self._connection.prefix}peer:{sender}"
                await self._connection.run(
                    ("PUBLISH", to, _encoded(self.name, _ANSWER, number, answer))
                )


def _encoded(sender: str, name: str, number: int | None, content: Any) -> bytes:
    return msgspec.msgpack.encode((sender, name, number, content))


def _nothing() -> None:
    """Nothing was missed."""
