"""The connections to one Redis, with a bound on the time of every command."""

import asyncio
from collections.abc import Sequence
from typing import Any

import redis as blocking
from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection
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
from scribe_mock.store.redis.batches import Batches
from scribe_mock.store.redis.script import Script
from scribe_mock.store_address import redis_prefix, without_query, without_secrets

#: Seconds until a connection counts as failed, and until a command does.
CONNECT_SECONDS, ANSWER_SECONDS = 1.0, 1.5
#: Seconds after a failure for which nothing is asked: a request may need Redis more than once, and
#: would wait each time.
_AWAY_SECONDS = 0.3
#: The most connections for commands, and for subscriptions.
_MOST_CONNECTIONS = 64
#: What an error of Redis is, or begins with, that tells of its state and is no mistake of ours.
_STATES = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError)
_STATE_WORDS = ("BUSY", "LOADING", "MISCONF", "NOREPLICAS", "UNKILLABLE")

#: Waits until this Redis has on its disk what was written; for less time than an answer may take.
_ON_DISK = ("WAITAOF", 1, 0, 1400)

#: A command with its arguments: a name, or a script followed by the number of its keys.
Command = Sequence[Any]


class Connection:
    """Sends commands to Redis. Use it in one event loop alone.

    Args:
        address: `redis://…` or `rediss://…`, as the setting `store` has it.
        durable: Whether `write` waits until Redis has it on its disk.
    """

    def __init__(self, address: str, *, durable: bool = False) -> None:
        #: What every key begins with.
        self.prefix = redis_prefix(address)
        #: The address as it can be shown.
        self.address = without_secrets(without_query(address))
        #: Whether the latest command was answered.
        self.reachable = True
        self._away_until = 0.0
        # Bounded by `_send`: redis-py's own bounds on each read and write cost more than those.
        self._pool = _pool(address, None)
        #: redis-py's client, for what `run` can't do; its errors are the caller's.
        self.client: Redis = Redis(connection_pool=_pool(address, ANSWER_SECONDS))
        # The answers are as Redis sends them, in the third version of its protocol.
        self.client.response_callbacks.clear()
        self._url, self._durable = address, durable
        self._batches = Batches(self._send)
        self._writes = Batches(self._send_durably) if durable else self._batches

    async def run(self, *commands: Command) -> Sequence[Any]:
        """The answers to commands that are sent together, in one round trip.

        Other clients' commands may come between them; only a script is one step.

        Raises:
            StoreUnreachable: Redis did not answer in time, or can't write; nobody knows which of
                the commands it carried out.
        """
        return await self._answers(self._batches, commands)

    async def write(self, *commands: Command) -> Any:
        """The answer to the last of some commands that write; raises StoreUnreachable."""
        return (await self._answers(self._writes, commands))[-1]

    async def _answers(self, batches: Batches, commands: Sequence[Command]) -> Sequence[Any]:
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            raise self._refusal()
        try:
            answers = await batches.add(commands)
        except (OSError, TimeoutError, RedisError) as error:
            raise self._unreachable(error) from error
        for answer in answers:
            if isinstance(answer, Exception):
                raise self._unreachable(answer) from answer
        self.reachable = True
        return answers

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with asyncio.timeout(ANSWER_SECONDS):
            answers = await self._pipeline([_by_digest(command) for command in commands])
            unknown = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if unknown:
                again = await self._pipeline([_whole(commands[n]) for n in unknown])
                for number, answer in zip(unknown, again, strict=True):
                    answers[number] = answer
        return answers

    async def _send_durably(self, commands: Sequence[Command]) -> list[Any]:
        """The answers, once what was written is on the disk."""
        *answers, waited = await self._send([*commands, _ON_DISK])
        if isinstance(waited, Exception):
            raise waited
        if not waited[0]:
            raise TimeoutError("Redis has not written to its disk in time")
        return answers

    async def _pipeline(self, commands: Sequence[Command]) -> list[Any]:
        # redis-py's own pipeline packs in Python, which takes longer than all the rest.
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.send_packed_command([pack_command(tuple(one)) for one in commands])
            return [await _answer(connection) for _ in commands]
        except BaseException:
            # What is left of the answers must not be taken for those of others.
            await connection.disconnect(nowait=True)
            raise
        finally:
            await self._pool.release(connection)

    def _unreachable(self, error: Exception) -> Exception:
        """What an error of a command becomes: a refusal, unless it is a mistake of ours."""
        told = isinstance(error, _STATES) or str(error).startswith(_STATE_WORDS)
        if isinstance(error, ResponseError) and not told:
            return error
        self.reachable = False
        self._away_until = asyncio.get_running_loop().time() + _AWAY_SECONDS
        return self._refusal()

    def _refusal(self) -> StoreUnreachable:
        return StoreUnreachable(
            "The mock's store does not answer. Send the request again in a second."
        )

    def subscriptions(self) -> PubSub:
        """A connection that receives messages, to be closed by the caller."""
        return self.client.pubsub()

    def check(self) -> None:
        """Raise StoreError unless Redis can do what is asked of it; this waits for a second."""
        client = blocking.Redis.from_url(
            without_query(self._url),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=blocking.retry.Retry(NoBackoff(), 0),
        )
        with client:
            try:
                client.ping()
            except RedisError as error:
                raise StoreError(
                    f"--store: {self.address} can't be used ({error}). Start a Redis there, or "
                    "name another one."
                ) from error
            if self._durable:
                self._check_disk(client)

    def _check_disk(self, client: Any) -> None:
        try:
            client.execute_command(*_ON_DISK)
        except RedisError as error:
            raise StoreError(
                f"--redis-durable: {self.address} can't tell what it has on its disk ({error}). It "
                "takes Redis 7.2 or newer, or Valkey, with appendonly yes."
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self.client.connection_pool.disconnect()
        await self._pool.disconnect()


def _pool(address: str, seconds: float | None) -> ConnectionPool:
    """Connections whose reads and writes are bounded by so many seconds."""
    pool: ConnectionPool = ConnectionPool.from_url(
        without_query(address),
        max_connections=_MOST_CONNECTIONS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=seconds,
        # Nobody knows whether a command whose answer was lost was carried out.
        retry=Retry(NoBackoff(), 0),
        protocol=3,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return pool


async def _answer(connection: AbstractConnection) -> Any:
    """The next answer; an error of the command is one, too."""
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error


def _by_digest(command: Command) -> Command:
    name = command[0]
    return ("EVALSHA", name.sha, *command[1:]) if isinstance(name, Script) else command


def _whole(command: Command) -> Command:
    return ("EVAL", command[0].text, *command[1:])
