"""The steering state that several servers share: entries in Redis, which each server mirrors."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from scribe_mock.errors import StoreUnreachable
from scribe_mock.sessions.noting import not_shared
from scribe_mock.sharing.mirror import Mirror
from scribe_mock.sharing.peers import Peers
from scribe_mock.sharing.steering_scripts import BEGIN, CHANGES, END, RENEW
from scribe_mock.store.plain_codec import decode_plain, encode_plain
from scribe_mock.store.redis.connection import Connection
from scribe_mock.store.redis.script import Script

#: How long a change may go on before another server may begin one, unless it is renewed, and how
#: often it is renewed, in seconds.
_TURN_SECONDS, _RENEW_SECONDS = 2.0, 0.7
#: How long a change waits for its turn, and how long between two tries, in seconds.
_WAIT_SECONDS, _LEAST_PAUSE, _MOST_PAUSE = 5.0, 0.001, 0.02
#: The names of so many removed entries are remembered.
_REMOVED = 5000

#: The message that tells of a change.
CHANGED = "steering"
#: A version that no Redis has: everything is read.
_UNKNOWN = -1


class SteeringState:
    """Mirrors what is in Redis, and changes it one server after the other.

    Args:
        connection: Redis.
        peers: The other servers, which are told of each change.
    """

    def __init__(self, connection: Connection, peers: Peers) -> None:
        self._connection, self._peers = connection, peers
        self._mirrors: Mapping[str, Mirror] = {}
        names = ("version", "floor", "entries", "order", "changed", "turn", "waiting", "latest")
        self._keys = tuple(f"{connection.prefix}steering:{name}" for name in names)
        #: What is changed here and not in Redis yet.
        self._changed: set[str] = set()
        self._version = _UNKNOWN
        self._loading = False
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._telling: asyncio.Task[None] | None = None

    def mirror(self, mirrors: Mapping[str, Mirror]) -> None:
        """Mirror these parts of the server, by the names that their entries begin with."""
        self._mirrors = mirrors
        for name, mirror in mirrors.items():
            mirror.noted = partial(self._note, name)

    async def leave(self) -> None:
        """Tell the last changes; what this server does to its parts from now on is its own."""
        for mirror in self._mirrors.values():
            mirror.noted = not_shared
        if self._telling is not None:
            await self._telling

    @property
    def version_key(self) -> str:
        """The key whose value says whether there is something to read."""
        return self._keys[0]

    async def saw(self, version: bytes | None) -> None:
        """Read what is different, if the version in Redis is not the one of this server."""
        if int(version or 0) != self._version:
            [changes] = await self._connection.run(self._command(CHANGES, self._version))
            self._load(changes)

    def unknown(self) -> None:
        """Read everything at the next occasion."""
        self._version = _UNKNOWN

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Around a change: no other server changes anything meanwhile; may be nested.

        Raises:
            StoreUnreachable: Redis does not answer, or other changes take too long.
        """
        if self._holder is asyncio.current_task():
            yield
            return
        name = secrets.token_hex(8)
        async with self._own_turn():
            await self._begin(name)
            renewing = asyncio.create_task(self._renew(name))
            self._holder = asyncio.current_task()
            try:
                yield
            finally:
                self._holder = None
                renewing.cancel()
                await self._end(name)

    @asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        """Wait for the other changes of this server."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise _too_busy() from None
        try:
            yield
        finally:
            self._turn.release()

    async def _begin(self, name: str) -> None:
        until, pause = time.monotonic() + _WAIT_SECONDS, _LEAST_PAUSE
        while True:
            arguments = (self._version, self._peers.name, name, round(_TURN_SECONDS * 1000))
            [changes] = await self._connection.run(self._command(BEGIN, *arguments))
            if changes is not None:
                self._load(changes)
                return
            if time.monotonic() > until:
                raise _too_busy()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _MOST_PAUSE)

    async def _renew(self, name: str) -> None:
        command = self._command(RENEW, name, round(_TURN_SECONDS * 1000))
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                await self._connection.run(command)
            except StoreUnreachable:
                continue  # the end of the change finds out whether the turn is lost

    async def _end(self, name: str) -> None:
        changed, self._changed = self._changed, set()
        pairs = [part for key in changed for part in (key, self._encoded(key))]
        now = time.time_ns() // 1000
        try:
            end = self._command(END, name, now, _REMOVED, *pairs)
            told = [self._peers.telling(CHANGED)] if pairs else []
            version, *_ = await self._connection.run(end, *told)
        except BaseException:
            # Nobody knows whether the others have it: they decide.
            self.unknown()
            raise
        if version < 0:
            self.unknown()
            raise _too_busy()
        self._version = version

    def _load(self, changes: Sequence[Any]) -> None:
        """Have what Redis has; answers that are older than what this server knows are dropped."""
        version, everything, found = changes
        if version <= self._version and not everything:
            return
        self._loading = True
        try:
            names = [name.decode() for name in found[::2]]
            if everything:
                for name in self._all_names().difference(names):
                    self._put(name, None)
            for name, entry in zip(names, found[1::2], strict=True):
                self._put(name, None if entry is None else decode_plain(entry))
        finally:
            self._loading = False
        self._version = version

    def _all_names(self) -> set[str]:
        return {f"{part} {key}" for part, mirror in self._mirrors.items() for key in mirror.names()}

    def _put(self, name: str, entry: Any) -> None:
        part, _, key = name.partition(" ")
        mirror = self._mirrors.get(part)
        if mirror is not None:  # else another version of the mock has it
            mirror.load(key, entry)

    def _encoded(self, name: str) -> bytes:
        part, _, key = name.partition(" ")
        entry = self._mirrors[part].entry(key)
        return b"" if entry is None else encode_plain(entry)

    def _note(self, part: str, key: str) -> None:
        if self._loading:
            return
        self._changed.add(f"{part} {key}")
        if self._holder is None and self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        """Write what was changed outside `changing`, such as what went with a session."""
        try:
            async with self.changing():
                pass
        except StoreUnreachable:
            self.unknown()
        finally:
            self._telling = None

    def _command(self, script: Script, *arguments: Any) -> tuple[Any, ...]:
        return (script, len(self._keys), *self._keys, *arguments)


def _too_busy() -> StoreUnreachable:
    return StoreUnreachable(
        "Other servers with the same store are changing something. Send the request again."
    )
