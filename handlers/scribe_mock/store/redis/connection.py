"""The connections to one Redis, with a bound on the time of every command."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.maint_notifications import MaintNotificationsConfig

from scribe_mock.errors import StoreError, StoreUnreachable
from scribe_mock.store.redis.script import Script
from scribe_mock.store_address import redis_prefix, without_query, without_secrets

#: Seconds until a connection counts as failed, and until a command does.
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 1.5
#: The most connections for commands; more requests at the same time are refused.
_MOST_CONNECTIONS = 512
#: What an error of Redis is, or begins with, that tells of its state and is no mistake of ours.
_STATES = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError)
_STATE_WORDS = ("BUSY", "LOADING", "MISCONF", "NOREPLICAS", "UNKILLABLE")

#: A command with its arguments: a name, or a script followed by the number of its keys.
Command = Sequence[Any]


class Connection:
    """Sends commands to Redis. Use it in one event loop alone.

    Args:
        address: `redis://…` or `rediss://…`, as the setting `store` has it.
    """

    def __init__(self, address: str) -> None:
        #: What every key begins with.
        self.prefix = redis_prefix(address)
        #: The address as it can be shown.
        self.address = without_secrets(without_query(address))
        #: Whether the latest command was answered.
        self.reachable = True
        self._pool = ConnectionPool.from_url(
            without_query(address),
            max_connections=_MOST_CONNECTIONS,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            # Nobody knows whether a command whose answer was lost was carried out.
            retry=Retry(NoBackoff(), 0),
            protocol=3,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        #: redis-py's client, for what `run` can't do; its errors are the caller's.
        self.client: Redis = Redis(connection_pool=self._pool)
        # The answers are as Redis sends them, in the third version of its protocol.
        self.client.response_callbacks.clear()

    async def run(self, *commands: Command) -> list[Any]:
        """The answers to commands that are sent together, in one round trip.

        Other clients' commands may come between them; only a script is one step.

        Raises:
            StoreUnreachable: Redis did not answer in time, or can't write; nobody knows which of
                the commands it carried out.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answers = await self._send(commands)
        except (OSError, TimeoutError, RedisError) as error:
            raise self._unreachable(error) from error
        self.reachable = True
        return answers

    async def write(self, command: Command) -> Any:
        """The answer to a command that writes; raises StoreUnreachable."""
        [answer] = await self.run(command)
        return answer

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        answers = await self._pipeline([_by_digest(command) for command in commands])
        unknown = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            again = await self._pipeline([_whole(commands[n]) for n in unknown])
            for number, answer in zip(unknown, again, strict=True):
                answers[number] = answer
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _pipeline(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return await pipeline.execute(raise_on_error=False)

    def _unreachable(self, error: Exception) -> Exception:
        """What an error of a command becomes: a refusal, unless it is a mistake of ours."""
        told = isinstance(error, _STATES) or str(error).startswith(_STATE_WORDS)
        if isinstance(error, ResponseError) and not told:
            return error
        self.reachable = False
        return StoreUnreachable(
            "The mock's store does not answer. Send the request again in a second."
        )

    def subscriptions(self) -> PubSub:
        """A connection that receives messages, to be closed by the caller."""
        return self.client.pubsub()

    async def check(self) -> None:
        """Raise StoreError unless Redis answers."""
        try:
            await self.run(("PING",))
        except StoreUnreachable as error:
            raise StoreError(
                f"--store: {self.address} can't be reached: {error.__cause__} Start a Redis "
                "there, or name another one."
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self._pool.disconnect()


def _by_digest(command: Command) -> Command:
    name = command[0]
    return ("EVALSHA", name.sha, *command[1:]) if isinstance(name, Script) else command


def _whole(command: Command) -> Command:
    return ("EVAL", command[0].text, *command[1:])
